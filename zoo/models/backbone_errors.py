"""Reports what a plugin's backbone raises in one line, with the place in the plugin."""

from __future__ import annotations

import inspect
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ContractError, ZooError
from zoo.models.keras_errors import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Architecture

ZOO = Path(__file__).parent.parent


@contextmanager
def reported(architecture: Architecture) -> Iterator[None]:
    """Raise a ContractError for any other error in the body, which builds the backbone with known values."""
    try:
        yield
    except ZooError:
        raise
    except (Exception, SystemExit) as error:  # third-party code may raise anything
        raise ContractError(
            f"architecture '{architecture.name}': its backbone cannot be built: {type(error).__name__}: "
            f"{reason_of(error)}{_place(error)}"
        ) from error


def place_of(function: Callable[..., object]) -> str:
    """Return where a function is defined, as ` (my-plugins/tiny.py:14)`; empty where that is unknown."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code else ""


def _place(error: BaseException) -> str:
    """Return the innermost line of the plugin that the error passed, as ` (my-plugins/tiny.py:14)`."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not Path(frame.filename).is_relative_to(ZOO)
    ]
    if not frames:
        return ""
    plugin = Path(frames[0].filename).parent
    frame = [frame for frame in frames if Path(frame.filename).is_relative_to(plugin)][-1]
    return f" ({frame.filename}:{frame.lineno})"
