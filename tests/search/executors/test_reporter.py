"""A trial where it trains: what its training reports, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.search.plain_search import NOTHING
from zoo.errors import RegistryError, RoundTripError, TrainingError
from zoo.interfaces import Epoch, EpochProgress, TrialOutcome
from zoo.search.decisions import CONTINUE, STOP, prune
from zoo.search.executors.reporter import (
    Completed,
    EndedByPruning,
    EpochAdvanced,
    EpochEnded,
    Failed,
    Notice,
    TrialReporter,
    WorkAdvanced,
    run_training,
)

if TYPE_CHECKING:
    from zoo.search.decisions import Decision
    from zoo.search.executors.reporter import Message


def train(error: BaseException | None, reporter: TrialReporter) -> TrialOutcome:
    """Epochs until asked to end, at most three; the score is their number. Or the error."""
    if error is not None:
        raise error
    number = 0
    for number in (1, 2, 3):
        if reporter.report(Epoch(number, {}, 0.1), b""):
            break
    return TrialOutcome({"epochs": float(number)}, NOTHING, ())


@pytest.mark.parametrize(("decision", "epochs"), [(CONTINUE, 3.0), (STOP, 1.0)])
def test_an_attempt_trains_until_the_search_decides_to_stop(decision: Decision, epochs: float) -> None:
    result = run_training(train, None, lambda message: decision)
    assert isinstance(result, Completed)
    assert result.outcome.scores == {"epochs": epochs}


def test_a_decision_to_prune_ends_the_attempt() -> None:
    assert run_training(train, None, lambda message: prune("not worth it")) == EndedByPruning()


def test_a_zoo_error_fails_the_attempt_in_its_own_words() -> None:
    assert run_training(train, TrainingError("no luck"), lambda message: CONTINUE) == Failed("no luck")


def test_an_error_of_three_lines_becomes_one() -> None:
    error = RoundTripError("a trained model could not be loaded", "it is not registered", "register it")
    assert run_training(train, error, lambda message: CONTINUE) == Failed(
        "a trained model could not be loaded: it is not registered: register it"
    )


def test_a_fault_of_the_registry_ends_the_search() -> None:
    result = run_training(train, RegistryError("the disk is full"), lambda message: CONTINUE)
    assert result == Failed("the disk is full", ends_search=True)


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (ValueError("bad shape"), "ValueError: bad shape"),
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit("now"), "GeneratorExit: now"),
    ],
    ids=["error", "exit", "no exception"],
)
def test_any_other_error_fails_the_attempt_with_its_traceback(error: BaseException, last: str) -> None:
    result = run_training(train, error, lambda message: CONTINUE)
    assert isinstance(result, Failed)
    lines = result.error.strip().splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", last)


def test_an_interruption_passes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        run_training(train, KeyboardInterrupt(), lambda message: CONTINUE)


def test_each_report_is_a_message() -> None:
    messages: list[Message] = []

    def send(message: Message) -> Decision:
        messages.append(message)
        return CONTINUE

    reporter = TrialReporter(send)
    reporter.notice("images are enlarged")
    reporter.epoch_advanced(EpochProgress(1, 3, 8))
    reporter.report(epoch := Epoch(1, {}, 0.1), b"checkpoint")
    notice, advanced, ended = messages
    assert (notice, advanced) == (Notice("images are enlarged"), EpochAdvanced(EpochProgress(1, 3, 8)))
    assert isinstance(ended, EpochEnded)
    assert (ended.epoch, ended.checkpoint) == (epoch, b"checkpoint")


def test_work_is_reported_some_times_a_second_and_at_its_end() -> None:
    messages: list[Message] = []

    def send(message: Message) -> Decision:
        messages.append(message)
        return CONTINUE

    reporter = TrialReporter(send)
    for done in range(1, 1001):
        reporter.advanced("decoding images", done, 1000)
    assert 2 <= len(messages) < 100
    assert messages[-1] == WorkAdvanced("decoding images", 1000, 1000)
