"""Refuses a backbone that connects to another host while it is built without weights."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
import traceback
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zoo.errors import ContractError
from zoo.plugin_code.places import file_of, innermost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import Architecture

SCHEMES = ("http", "https", "ftp")
LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname")

_thread = threading.local()


@contextmanager
def offline(architecture: Architecture) -> Iterator[None]:
    """Raise a ContractError for the first connection of this thread to another host in the body.

    It is refused before it is made, so whether there is a network makes no difference, and even if the body suppresses
    the exception. Only connections through Python's own modules are seen. An architecture with `online` may connect.
    """
    if architecture.online:
        yield
        return
    _install_hook()
    _thread.watch = watch = _Watch(file_of(architecture.backbone))
    try:
        yield
    except BaseException as error:
        if watch.host:
            raise _refusal(architecture, watch) from error
        raise
    finally:
        _thread.watch = None
    if watch.host:
        raise _refusal(architecture, watch)


def _refusal(architecture: Architecture, watch: _Watch) -> ContractError:
    return ContractError(
        f"architecture '{architecture.name}': its backbone connects to {watch.host}{watch.place} without weights to "
        "load: download in Architecture.fetch_weights, or only where it gets `weights`"
    )


class _Connection(BaseException):
    """Ends a backbone that connects, which may catch an Exception and go on with something else."""


class _Watch:
    """The first connection of a thread."""

    def __init__(self, file: str) -> None:
        self.host, self.place, self._file = "", "", file

    def refuse(self, host: str) -> None:
        """Remember where the plugin connects to this host, and end it."""
        if not self.host:
            stack = traceback.StackSummary.extract(traceback.walk_stack(None), lookup_lines=False)
            self.host, self.place = host, innermost(reversed(stack), self._file)
        raise _Connection


@cache
def _install_hook() -> None:
    """Install the audit hook, which cannot be removed, once."""
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if getattr(_thread, "watch", None) is None:
        return
    host = _host_of(event, arguments)
    if host and not _is_local(host):
        _thread.watch.refuse(host)


def _host_of(event: str, arguments: tuple[object, ...]) -> str:
    """Return the host that an event of Python's audit table connects to; empty for another event."""
    if event == "urllib.Request":  # before a proxy is chosen, which may be on this machine
        parts = urlsplit(str(arguments[0]))
        return parts.hostname or "" if parts.scheme in SCHEMES else ""
    if event in LOOK_UPS:
        return _text(arguments[0])
    if event == "socket.connect" and isinstance(arguments[1], tuple):  # a Unix socket has a path
        return _text(arguments[1][0])
    return ""


def _text(host: object) -> str:
    return host.decode(errors="replace") if isinstance(host, bytes) else str(host or "")


def _is_local(host: str) -> bool:
    """Whether a name or an address is of this machine."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", socket.gethostname()) or host.endswith(".localhost")
