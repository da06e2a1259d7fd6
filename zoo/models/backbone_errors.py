"""Reports what a plugin's backbone raises, and one that does not end, in one line with the place in the plugin."""

from __future__ import annotations

import inspect
import sys
import threading
import traceback
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ContractError, ZooError
from zoo.models.keras_errors import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from zoo.interfaces import Architecture

ZOO = Path(__file__).parent.parent
CALLER = 2  # frames above `watched`, since contextlib calls it
LONG = 60.0  # seconds after which a build is reported


@contextmanager
def reported(architecture: Architecture, what: str = "its backbone cannot be built") -> Iterator[None]:
    """Raise a ContractError for any other error in the body, which runs the plugin's code, by default its backbone."""
    try:
        yield
    except ZooError:
        raise
    except (Exception, SystemExit) as error:  # third-party code may raise anything
        raise ContractError(
            f"architecture '{architecture.name}': {what}: {type(error).__name__}: "
            f"{reason_of(error)}{_place(error)}"
        ) from error


@contextmanager
def watched(architecture: Architecture, seconds: float = LONG) -> Iterator[None]:
    """Report on standard error where the body is if it takes longer than this, for it may never end."""
    thread, outer = threading.get_ident(), sys._getframe(CALLER).f_back

    def report() -> None:
        inner = takewhile(
            lambda each: each[0] is not outer, traceback.walk_stack(sys._current_frames()[thread])
        )
        stack = reversed(traceback.StackSummary.extract(inner))
        print(
            f"architecture '{architecture.name}': its backbone has been building for {seconds:g} s"
            f"{_innermost(stack)}: check for an endless loop; Ctrl-C ends the work",
            file=sys.stderr,
        )

    timer = threading.Timer(seconds, report)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def place_of(function: Callable[..., object]) -> str:
    """Return where a function is defined, as ` (my-plugins/tiny.py:14)`; empty where that is unknown."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code else ""


def _place(error: BaseException) -> str:
    """Return the innermost line of the plugin that the error passed, as ` (my-plugins/tiny.py:14)`."""
    return _innermost(traceback.extract_tb(error.__traceback__))


def _innermost(stack: Iterable[traceback.FrameSummary]) -> str:
    frames = [frame for frame in stack if not Path(frame.filename).is_relative_to(ZOO)]
    if not frames:
        return ""
    plugin = Path(frames[0].filename).parent
    frame = [frame for frame in frames if Path(frame.filename).is_relative_to(plugin)][-1]
    return f" ({frame.filename}:{frame.lineno})"
