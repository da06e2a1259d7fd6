"""Progress without a terminal, and stopping by signals."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.plans import RUN_PLAN, SEARCH_PLAN, candidates, changed
from zoo.display.live import PlainLines, Terminal, watching
from zoo.interfaces import Epoch, EpochProgress, Objective, Run, RunKind, Search, State, Trial
from zoo.interfaces.spaces import Int, Space

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = changed(RUN_PLAN, kind=RunKind.TRAIN, epochs=1)
RUN = Run("run1", PLAN, State.RUNNING, "blobs", 1, NOW)
ONE_CHOICE = Space((Int("filters", 2, low=1, high=4),)).to_config()
PLANNED = changed(SEARCH_PLAN, trials=3, epochs=4, space=ONE_CHOICE)
SEARCH = Search("5ea7c4", PLANNED, State.RUNNING, "blobs", 1, "plugin blobs", "host:1", NOW)
TRIAL = Trial("trial 2", 2, {"filters": 3}, epochs=4)
COMPLETED = replace(
    RUN, state=State.COMPLETED, score=0.5, scores={"val_accuracy": 0.5, "params": 1234.0}, trial=TRIAL
)


def lines_of(run: Run, capsys: pytest.CaptureFixture[str], **plan: Any) -> list[str]:
    """The lines on a search and on the end of one trial of it."""
    lines = PlainLines()
    lines.search_started(replace(SEARCH, plan=changed(PLANNED, **plan)))
    lines.run_ended(run)
    return capsys.readouterr().err.splitlines()


def test_a_search_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(COMPLETED, capsys, candidates=candidates("tiny", "large"), trials=1)[0] == (
        "search 5ea7c4: random, up to 1 trial of tiny, large on blobs, 1 hyperparameter searched"
    )


def test_a_trial_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(COMPLETED, capsys)[1] == "trial 2/3  completed  val_accuracy 0.5000  filters=3"


def test_a_trial_says_where_its_choice_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    prior = replace(COMPLETED, trial=replace(TRIAL, origin="run 1a2b3c4d on blobs"))
    assert lines_of(prior, capsys)[1] == (
        "trial 2/3  completed  val_accuracy 0.5000  (run 1a2b3c4d on blobs) filters=3"
    )


def test_a_trial_has_a_score_for_each_objective(capsys: pytest.CaptureFixture[str]) -> None:
    objectives = (Objective("val_accuracy", "max"), Objective("params", "min"))
    assert lines_of(COMPLETED, capsys, objectives=objectives)[1] == (
        "trial 2/3  completed  val_accuracy 0.5000  params 1,234  filters=3"
    )


def test_a_trial_that_failed_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    failed = replace(RUN, state=State.FAILED, trial=TRIAL, error="Traceback …\nValueError: no room")
    assert lines_of(failed, capsys)[1] == "trial 2/3  failed  ValueError: no room  filters=3"


def test_a_table_is_set_in_below_its_first_line(capsys: pytest.CaptureFixture[str]) -> None:
    for progress in (PlainLines(), Terminal()):
        progress.notice("what there is\nname  size\n[one]    1")
        assert capsys.readouterr().err == "· what there is\n  name  size\n  [one]    1\n"


def test_work_during_a_search_is_shown_in_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.search_started(SEARCH)
    terminal.advanced("computing activations", 40, 120)
    terminal.close()
    assert capsys.readouterr().err.splitlines()[2:] == [
        "0 of 3 trials",
        f"computing activations {'━' * 10}{' ' * 20} 40/120",
    ]


def test_finished_work_disappears_from_the_table_of_a_search(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.search_started(SEARCH)
    for done in (40, 120):
        terminal.advanced("computing activations", done, 120)
    terminal.close()
    assert capsys.readouterr().err.splitlines()[2:] == ["0 of 3 trials"]


EPOCH = Epoch(1, {"loss": 0.1, "accuracy": 0.5, "val_loss": 0.2, "val_accuracy": 0.5}, 1.0)
EPOCH_LINE = "epoch   1/1  loss 0.1000  acc 0.5000  val_loss 0.2000  val_acc 0.5000  1.0 s"


def test_a_training_shows_the_progress_of_its_epoch_until_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.run_started(RUN)
    terminal.epoch_advanced(EpochProgress(1, 10, 30))
    terminal.epoch_ended(RUN, EPOCH)
    terminal.close()
    bar = f"epoch   1/1 {'━' * 10}{' ' * 20} 10/30 steps"
    started = "run run1: tiny on blobs\n"
    assert capsys.readouterr().err == f"{started}\r{bar}\x1b[K\r\x1b[K{EPOCH_LINE}\n"


def test_where_there_is_no_terminal_only_whole_epochs_have_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = PlainLines()
    lines.epoch_advanced(EpochProgress(1, 10, 30))
    lines.epoch_ended(RUN, EPOCH)
    assert capsys.readouterr().err == f"{EPOCH_LINE}\n"


def test_a_trial_shows_in_its_table_the_progress_of_its_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.search_started(SEARCH)
    terminal.run_started(running := replace(RUN, trial=TRIAL))
    terminal.epoch_advanced(EpochProgress(1, 10, 20), running)
    terminal.close()
    assert "0.5/4" in capsys.readouterr().err


# How it is stopped ---------------------------------------------------------------------------------------


class Interrupting:
    """Asks to stop while it is deleted, where Python discards exceptions."""

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


def test_an_error_that_another_library_makes_of_an_interrupt_is_an_interrupt() -> None:
    def convert() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("two structures differ") from None

    with pytest.raises(KeyboardInterrupt), watching():
        convert()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_interrupt_the_work(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), watching():
        signal.raise_signal(number)


def test_the_signal_handlers_of_before_are_restored() -> None:
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
