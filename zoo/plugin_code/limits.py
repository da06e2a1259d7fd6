"""Stops a plugin's code that does not end, with the line that it was at."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from zoo.errors import PluginError, TimeLimitError
from zoo.plugin_code.places import innermost

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

Result = TypeVar("Result")

TIMEOUT = "ZOO_PLUGIN_TIMEOUT"
WAKE = signal.SIGURG  # ignored unless a handler is installed, and used by nothing else
SWITCHES = 100  # of threads, after which an exception that is set has been raised
AGAIN = 1.0  # seconds until a function that has suppressed the exception gets it once more
STEP = 0.005  # seconds between two looks at whether the function has ended


@dataclass(frozen=True)
class Limits:
    """Seconds that a plugin's code may take.

    Args:
        notice: after which a line reports where it is.
        loading: for the import of a plugin and the hooks that describe it.
        working: for building a network without weights, and for any other hook.
    """

    notice: float = 60
    loading: float = 120
    working: float = 600


def plugin_limits() -> Limits:
    """Return the limits, those of the environment variable `ZOO_PLUGIN_TIMEOUT` in place of the defaults.

    Raises:
        PluginError: it is not a number of seconds.
    """
    text = os.environ.get(TIMEOUT, "")
    if not text.strip():
        return Limits()
    try:
        seconds = float(text)
        if not 0 < seconds <= threading.TIMEOUT_MAX:
            raise ValueError
    except ValueError:
        raise PluginError(f"{TIMEOUT} is '{text}', which is not a number of seconds: write 300") from None
    return Limits(loading=seconds, working=seconds)


def call_limited(
    function: Callable[[], Result], activity: str, file: str, seconds: float | None, notice: float
) -> Result:
    """Call a function of a plugin, which is stopped when it takes too long.

    It is stopped by an exception in its thread, once more after each second until it ends; in the main thread also in
    the handler that suppresses it. Compiled code that computes is stopped when it returns to Python; one that waits, as
    for the network, too, unless it is in the main thread, where a signal ends the wait.

    Args:
        activity: the subject of the message, such as "architecture 'tiny': its backbone has been building".
        file: of the plugin; empty: unknown.
        seconds: until it is stopped; None: never.
        notice: seconds until a line on standard error reports where it is.

    Raises:
        TimeLimitError: it was stopped; the message has the line that it was at.
    """
    watch = _Watch(activity, file, seconds, notice, sys._getframe())
    handled = sys.exception()
    cause = None
    # The exception may be raised at any line below until `close` has returned.
    try:
        try:
            watch.start()
            result = function()
        finally:
            watch.closing = True  # without a call, at which the exception might be raised first
            watch.close()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if not watch.stopped:
            raise
        watch.close()  # once more, in case the exception has interrupted it
        cause = error
    if watch.stopped:  # also where the function has suppressed the exception
        # Python 3.11 goes on handling an exception that a trace function raised in a handler, so that it would be
        # the context of every later one.
        ctypes.pythonapi.PyErr_SetHandledException(ctypes.py_object(handled))
        raise watch.stopped from cause
    return result


class _Stop(BaseException):
    """Ends the code of a plugin, which catches hardly more than Exception."""


def _wake(_number: int, frame: FrameType | None) -> None:
    """Handle the signal in the main thread: raise the exception there if a call has suppressed it before."""
    watch = _Watch.insistent
    if watch is not None and not watch.closing:
        watch.trace(frame)
        raise _Stop


def _follow(_frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
    """Trace a function of the plugin until the exception is raised in it."""
    return _stop_next_line if event == "exception" and argument[0] is _Stop else _follow


def _stop_next_line(_frame: FrameType, event: str, _argument: Any) -> Callable[..., Any]:
    """Raise the exception in the line that follows, which is one of the `except` that has suppressed it."""
    if event == "line":
        raise _Stop
    return _stop_next_line


class _Watch:
    """The thread that waits for the end of a call, in the frame `outer` of the thread that creates it."""

    insistent: ClassVar[_Watch | None] = None
    """That whose exception the function in the main thread has suppressed."""

    def __init__(
        self, activity: str, file: str, seconds: float | None, notice: float, outer: FrameType
    ) -> None:
        self.stopped: TimeLimitError | None = None
        self._activity, self._file, self._outer = activity, file, outer
        self._seconds, self._notice = seconds, notice
        self._caller = threading.get_ident()
        self.closing = False  # whether the call has ended, after which the exception is not set again
        self._ended, self._finished = threading.Event(), False
        self._replaced: list[Any] = []  # the trace function of the thread, if it was replaced
        self._turn: dict[str, int] = {}  # the thread that takes it first decides whether the call is stopped
        self._thread = threading.Thread(target=self._wait, daemon=True)

    def start(self) -> None:
        """Start the time."""
        if threading.current_thread() is threading.main_thread() and not callable(signal.getsignal(WAKE)):
            signal.signal(WAKE, _wake)
        self._thread.start()

    def close(self) -> None:
        """End the time; when this returns, no exception will be raised any more."""
        self.closing = True
        if self._takes_turn():
            self._ended.set()
            return
        while not self._has_raised_all():
            pass
        if _Watch.insistent is self:
            _Watch.insistent = None
        if self._replaced:
            sys.settrace(self._replaced[0])

    def trace(self, frame: FrameType | None) -> None:
        """Let the lines of the plugin that handle the next exception raise it again."""
        self._replaced = self._replaced or [sys.gettrace()]
        for each, line in takewhile(lambda each: each[0] is not self._outer, traceback.walk_stack(frame)):
            if innermost([traceback.FrameSummary(each.f_code.co_filename, line, "")], self._file):
                each.f_trace = _follow
        sys.settrace(lambda *_: None)  # without one, those of the frames are not called

    def _takes_turn(self) -> bool:
        """Whether this thread is the first that calls this."""
        own = threading.get_ident()
        return self._turn.setdefault("thread", own) == own

    def _has_raised_all(self) -> bool:
        """Wait until no exception is set any more, nor waits to be raised; False if one was raised here."""
        try:
            while not self._finished:
                time.sleep(STEP)
            for _ in range(SWITCHES):
                time.sleep(0)
        except _Stop:
            return False
        return True

    def _wait(self) -> None:
        limit = threading.TIMEOUT_MAX if self._seconds is None else self._seconds
        if self._notice < limit:
            if self._ended.wait(self._notice):
                return
            advice = (
                "it may be a download, or an endless loop; Ctrl-C ends the work"
                if self._seconds is None
                else f"check for an endless loop; it is stopped after {limit:g} s"
            )
            print(f"{self._described(self._notice)}: {advice}", file=sys.stderr)
        if not self._ended.wait(limit - self._notice if self._notice < limit else limit):
            self._stop()

    def _stop(self) -> None:
        advice = f"check for an endless loop, or allow more with {TIMEOUT}=SECONDS"
        error = TimeLimitError(f"{self._described(self._seconds)} and is stopped: {advice}")
        if not self._takes_turn():  # it has just ended
            return
        self.stopped = error
        caller, stop = ctypes.c_ulong(self._caller), ctypes.py_object(_Stop)
        in_main_thread = self._caller == threading.main_thread().ident
        while not self.closing:
            if not (in_main_thread and _Watch.insistent is self):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(caller, stop)
            if in_main_thread:
                signal.pthread_kill(self._caller, WAKE)
            again = time.monotonic() + AGAIN
            while not self.closing and time.monotonic() < again:
                time.sleep(STEP)
            if in_main_thread and signal.getsignal(WAKE) is _wake:
                _Watch.insistent = self
        self._finished = True

    def _described(self, seconds: float | None) -> str:
        """Return the activity with its time and the line that it is at."""
        inner = traceback.walk_stack(sys._current_frames()[self._caller])
        frames = takewhile(lambda each: each[0] is not self._outer, inner)
        place = innermost(reversed(traceback.StackSummary.extract(frames)), self._file)
        return f"{self._activity} for {seconds:g} s{place}"
