"""Trials in this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.search.plain_search import NOTHING
from zoo.interfaces import Epoch, Trial, TrialOutcome
from zoo.search.decisions import CONTINUE
from zoo.search.executors.local import LocalExecutor
from zoo.search.executors.reporter import Completed, EpochEnded, Failed

if TYPE_CHECKING:
    from zoo.search.decisions import Decision
    from zoo.search.executors.reporter import Message, TrialReporter

TRIAL = Trial("0", 1, {}, 1)


def train(assignment: str, reporter: TrialReporter) -> TrialOutcome:
    reporter.report(Epoch(1, {}, 0.1), assignment.encode())
    return TrialOutcome({"process": float(os.getpid())}, NOTHING, ())


def test_a_trial_trains_in_this_process_while_it_is_waited_for() -> None:
    messages: list[tuple[Trial, Message]] = []

    def receive(trial: Trial, message: Message) -> Decision:
        messages.append((trial, message))
        return CONTINUE

    executor = LocalExecutor(lambda trial: f"trial {trial.number}", train)
    executor.submit(TRIAL)
    assert messages == []
    trial, result = executor.wait(receive)
    assert isinstance(result, Completed)
    assert (trial, result.outcome.scores) == (TRIAL, {"process": float(os.getpid())})
    ((reporting, message),) = messages
    assert isinstance(message, EpochEnded)
    assert (reporting, message.checkpoint) == (TRIAL, b"trial 1")


def test_a_trial_that_cannot_be_assigned_is_not_submitted() -> None:
    def refuse(trial: Trial) -> object:
        raise ValueError("no such parent")

    executor = LocalExecutor(refuse, train)
    with pytest.raises(ValueError, match="no such parent"):
        executor.submit(TRIAL)
    with pytest.raises(IndexError):  # nothing to wait for
        executor.wait(lambda trial, message: CONTINUE)


def test_an_error_of_the_training_is_its_result() -> None:
    def fail(assignment: str, reporter: TrialReporter) -> TrialOutcome:
        raise ValueError("too deep")

    executor = LocalExecutor(lambda trial: "", fail)
    executor.submit(TRIAL)
    _, result = executor.wait(lambda trial, message: CONTINUE)
    assert isinstance(result, Failed)
    assert "ValueError: too deep" in result.error
