"""The process that owns a run or a search, and whether it is still alive."""

from __future__ import annotations

import os
import socket
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

ENDED_SILENTLY = "its process ended without reporting an error"
"""The error of a run or search that is recorded as running, but whose process has ended."""

_SAME_START_SECONDS = 2


def this_process() -> str:
    """`host:pid:start`; the start, in seconds after the machine's, distinguishes processes that had the same id."""
    return _owner(os.getpid())


@cache
def _owner(pid: int) -> str:
    import psutil

    return f"{socket.gethostname()}:{pid}:{_start(psutil.Process(pid)):.0f}"


def shown(owner: str | None) -> str:
    """`host:pid`, for messages; empty if no owner is recorded."""
    return ":".join((owner or "").split(":")[:2])


def alive(owner: str | None) -> bool:
    """Whether the owner may still be running; assumed for other machines and unknown owners."""
    import psutil

    if owner == this_process():
        return True
    host, pid, start = _parse(owner)
    if host != socket.gethostname() or pid is None:
        return True
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return start is None or abs(_start(process) - start) <= _SAME_START_SECONDS
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def at_work_elsewhere(owner: str | None) -> bool:
    """Whether another living process of this machine is the owner."""
    host, pid, _ = _parse(owner)
    return host == socket.gethostname() and pid not in (None, os.getpid()) and alive(owner)


def _start(process: psutil.Process) -> float:
    # Not the time of day: if the clock is set while a process runs, the process would seem to be another one.
    import psutil

    return float(process.create_time() - psutil.boot_time())


def _parse(owner: str | None) -> tuple[str, int | None, float | None]:
    """Host, process id and start; registries before schema 0002 have no start."""
    host, *numbers = (owner or "").split(":")
    if len(numbers) not in (1, 2) or not all(number.lstrip("-").isdigit() for number in numbers):
        return host, None, None
    return host, int(numbers[0]), float(numbers[1]) if len(numbers) > 1 else None
