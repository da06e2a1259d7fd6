"""A plugin's code that does not end is stopped, and all other code is left alone."""

from __future__ import annotations

import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from zoo.errors import PluginError, TimeLimitError
from zoo.plugin_code.limits import Limits, call_limited, plugin_limits

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 60.0


def computes() -> None:
    while True:
        pass


def sleeps() -> None:
    time.sleep(LONG)


def waits() -> None:
    threading.Event().wait(LONG)


def suppresses() -> None:
    with suppress(BaseException):
        computes()


def fails_instead() -> None:
    try:
        computes()
    finally:
        raise ValueError


def suppresses_twice() -> None:
    for _ in range(2):
        with suppress(BaseException):
            computes()
    computes()


def suppresses_each() -> None:
    while True:
        with suppress(BaseException):
            time.sleep(0.1)


def excepts_each() -> None:
    while True:
        try:  # noqa: SIM105  as plugins have it
            time.sleep(0.1)
        except:  # noqa: E722
            pass


def limited(function: Callable[[], object], seconds: float | None, notice: float = LONG) -> object:
    return call_limited(function, "it has been building", __file__, seconds, notice)


def message_of(function: Callable[[], object]) -> str:
    with pytest.raises(TimeLimitError) as error:
        limited(function, 0.1)
    return str(error.value)


@pytest.mark.parametrize(
    "function",
    [computes, sleeps, waits, suppresses, suppresses_twice, suppresses_each, excepts_each, fails_instead],
)
def test_the_main_thread_is_stopped(function: Callable[[], object]) -> None:
    start = time.monotonic()
    message = message_of(function)
    assert time.monotonic() - start < LONG / 2
    assert message.startswith(f"it has been building for 0.1 s ({__file__}:")
    assert message.endswith(
        ") and is stopped: check for an endless loop, or allow more with ZOO_PLUGIN_TIMEOUT=SECONDS"
    )


@pytest.mark.parametrize("function", [computes, suppresses, suppresses_twice, fails_instead])
def test_another_thread_is_stopped(function: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert "it has been building" in pool.submit(message_of, function).result()


def test_a_trace_function_stays() -> None:
    before = sys.gettrace()
    message_of(suppresses_each)
    assert sys.gettrace() is before


def test_no_exception_is_handled_afterwards() -> None:
    message_of(suppresses_each)
    assert sys.exception() is None
    outer = ValueError("outer")
    try:
        raise outer
    except ValueError:
        message_of(suppresses_each)
        after = sys.exception()
    assert after is outer


def test_the_line_is_that_of_the_loop() -> None:
    line = computes.__code__.co_firstlineno
    assert f"({__file__}:{line + 1})" in message_of(computes) or f"({__file__}:{line + 2})" in message_of(
        computes
    )


def test_other_code_is_left_alone() -> None:
    assert limited(lambda: 3, 0.05) == 3
    time.sleep(0.1)
    with pytest.raises(ValueError, match="own"):
        limited(lambda: int("own"), 0.05)
    time.sleep(0.1)


def test_an_end_at_the_limit_is_one_or_the_other() -> None:
    def busy() -> int:
        end = time.perf_counter() + random.uniform(0, 0.04)
        while time.perf_counter() < end:
            pass
        return 3

    results = set()
    for _ in range(60):
        try:
            results.add(limited(busy, 0.01))
        except TimeLimitError:
            results.add(None)
    time.sleep(0.01)  # nothing is raised here
    assert results == {3, None}


def test_limits_within_limits_stop_their_own_call() -> None:
    def outer() -> str:
        message_of(computes)
        return "ended"

    assert limited(outer, LONG) == "ended"
    with pytest.raises(TimeLimitError, match=r"for 0\.1 s"):
        limited(lambda: limited(computes, LONG), 0.1)


def test_a_notice_reports_the_line_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert limited(lambda: time.sleep(0.3), None, 0.1) is None
    err = capsys.readouterr().err
    assert err.startswith(f"it has been building for 0.1 s ({__file__}:")
    assert err.endswith("): it may be a download, or an endless loop; Ctrl-C ends the work\n")
    with pytest.raises(TimeLimitError):
        limited(computes, 0.3, 0.1)
    assert capsys.readouterr().err.endswith("): check for an endless loop; it is stopped after 0.3 s\n")


def test_there_is_no_notice_of_what_ends_or_is_stopped_before(capsys: pytest.CaptureFixture[str]) -> None:
    limited(lambda: None, 1, 0.1)
    message_of(computes)
    time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_the_variable_changes_both_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZOO_PLUGIN_TIMEOUT", raising=False)
    assert plugin_limits() == Limits(60, 120, 600)
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "0.5")
    assert plugin_limits() == Limits(60, 0.5, 0.5)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf"])
def test_a_limit_that_is_no_number_of_seconds_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", text)
    with pytest.raises(PluginError, match=f"'{text}', which is not a number of seconds: write 300"):
        plugin_limits()
