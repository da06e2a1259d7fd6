"""How work that is watched on the screen is stopped."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import pytest

from zoo.cli.live import watching
from zoo.interfaces import Run, RunKind, RunPlan, State

PLAN = RunPlan(RunKind.TRAIN, "tiny", "1", "here", {}, {"epochs": 1}, {})
RUN = Run("run1", PLAN, State.RUNNING, "blobs", 1, datetime(2026, 1, 1, tzinfo=UTC))


class Interrupting:
    """Asks to stop while it is taken away, where Python discards what is raised."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # Python calls the handler between two of its instructions
            pass


def test_an_interrupt_that_python_discards_is_noticed_later() -> None:
    with watching() as progress:
        Interrupting()
        with pytest.raises(KeyboardInterrupt):
            progress.run_started(RUN)


def test_an_interrupt_that_python_discards_leaves_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with watching():
        Interrupting()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_interrupt_the_work(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), watching():
        signal.raise_signal(number)


def test_what_signals_did_before_they_do_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    with watching():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_an_ignored_interrupt_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with watching():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
