"""Calls the code of an architecture: what it raises, and code that does not end, become one line with its place."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from zoo.errors import ContractError, RoundTripError, ZooError
from zoo.models.keras_errors import reason_of
from zoo.plugin_code.advice import described
from zoo.plugin_code.limits import call_limited, plugin_limits
from zoo.plugin_code.places import definition_of, file_of, has_place, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Architecture

Result = TypeVar("Result")

GET_CONFIG = "the get_config of a layer has been running"
FROM_CONFIG = "the from_config of a layer has been running"


@contextmanager
def reported(
    architecture: Architecture,
    what: str = "its backbone cannot be built",
    function: Callable[..., object] | None = None,
) -> Iterator[None]:
    """Raise a ContractError for any other error in the body, which runs a function of the plugin.

    Args:
        function: which one; None: its backbone.
    """
    try:
        yield
    except (ZooError, KeyboardInterrupt):
        raise
    except BaseException as error:  # third-party code may raise anything
        name, function = architecture.name, function or architecture.backbone
        reason = reason_of(error)
        reason = "" if reason == type(error).__name__ else reason  # it has no message
        line = described(error, reason, file_of(function), name, definition_of(function))
        raise ContractError(f"architecture '{name}': {what}: {line}") from error


@contextmanager
def located(architecture: Architecture) -> Iterator[None]:
    """Complete a ContractError of the body: it begins with the architecture and ends with the line of the plugin.

    That is the line which the error passed, such as the call of `zoo.flatten`; otherwise that of the backbone.
    """
    try:
        yield
    except RoundTripError:  # of three lines
        raise
    except ContractError as error:
        whose, message, backbone = f"architecture '{architecture.name}'", str(error), architecture.backbone
        if not has_place(message):
            message += place_of(error, file_of(backbone)) or definition_of(backbone)
        error.args = (message if message.startswith(whose) else f"{whose}: {message}",)
        raise


def call_layers(function: Callable[[], Result], activity: str) -> Result:
    """Call functions of a network's layers, which may be of any plugin; see `call_watched`.

    Raises:
        TimeLimitError: they were stopped after `Limits.working`.
    """
    limits = plugin_limits()
    return call_limited(function, activity, "", limits.working, limits.notice)


def call_watched(
    architecture: Architecture, function: Callable[[], Result], activity: str, *, limited: bool
) -> Result:
    """Call a function of the architecture; a line on standard error reports where it is after a minute.

    Args:
        activity: such as "its backbone has been building".
        limited: stop it after `Limits.working`. Otherwise it may take its time, as for a download.

    Raises:
        TimeLimitError: it was stopped.
    """
    limits = plugin_limits()
    return call_limited(
        function,
        f"architecture '{architecture.name}': {activity}",
        file_of(architecture.backbone),
        limits.working if limited else None,
        limits.notice,
    )
