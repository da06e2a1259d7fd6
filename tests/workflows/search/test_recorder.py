"""The registry's record of a search as it happens, and its use when the search resumes; nothing is trained."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.plans import SEARCH_PLAN, changed
from zoo.errors import RegistryError
from zoo.interfaces import (
    DatasetContent,
    Epoch,
    EpochProgress,
    ModelContent,
    Objective,
    State,
    Trial,
    TrialOutcome,
)
from zoo.search.loop import PastTrial
from zoo.training.checkpoint import Checkpoint, pack
from zoo.workflows.search.recorder import SearchRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.workflows.search.tiny_searches import Watcher
    from zoo.interfaces import Run
    from zoo.workflows import Workspace

    Begin = Callable[..., SearchRecorder]

BLOBS = DatasetContent(
    name="blobs", source="plugin blobs", fingerprint="a" * 64, class_names=("dark", "light"), counts={}
)
LOSS = (Objective("val_loss", "min"),)


def trial(number: int, **fields: Any) -> Trial:
    return Trial(f"trial {number}", number, {"filters": number}, epochs=3, **fields)


def epoch(number: int, value: float) -> Epoch:
    return Epoch(number, {"val_accuracy": value, "val_loss": value}, 0.5)


def outcome(score: float) -> TrialOutcome:
    content = ModelContent({}, 8, 1, BLOBS.class_names, (), (), {"kernel": np.full(3, score)}, ())
    return TrialOutcome({"val_accuracy": score}, content, ())


def checkpoint(*values: float) -> bytes:
    """Of a training that had these values after its epochs."""
    epochs = tuple(epoch(number, value) for number, value in enumerate(values, start=1))
    nothing = [np.zeros(1)]
    return pack(Checkpoint(epochs, epochs[-1], False, {}, nothing, nothing, nothing))


def train(recorder: SearchRecorder, trial: Trial, *values: float) -> None:
    """Start the trial and end these epochs."""
    recorder.trial_started(trial)
    for number, value in enumerate(values, start=1):
        recorder.epoch_ended(trial, epoch(number, value), checkpoint(*values[:number]))


@pytest.fixture
def begin(workspace: Workspace) -> Begin:
    def call(**fields: Any) -> SearchRecorder:
        dataset = workspace.registry.record_dataset(BLOBS)
        plan = changed(SEARCH_PLAN, **{"keep": 1, **fields})
        return SearchRecorder(workspace, workspace.registry.start_search(plan, dataset))

    return call


def again(recorder: SearchRecorder) -> SearchRecorder:
    """Interrupt the search and resume it."""
    recorder.end(State.INTERRUPTED)
    return SearchRecorder(recorder.workspace, recorder.registry.reopen_search(recorder.search.id))


def models(recorder: SearchRecorder) -> list[bool]:
    """Return which of its trials have a model."""
    return [bool(run.model_id) for run in recorder.registry.runs(search=recorder.search.id)]


# What happened before ------------------------------------------------------------------------------------


def test_a_completed_trial_of_the_past_has_its_scores_and_curve(begin: Begin) -> None:
    recorder = begin()
    train(recorder, trial(1), 0.5, 0.7)
    recorder.trial_completed(trial(1), outcome(0.7))
    assert again(recorder).past() == [PastTrial(trial(1), 1, {"val_accuracy": 0.7}, [0.5, 0.7], [0.5, 0.7])]


def test_a_failed_trial_of_the_past_has_no_scores(begin: Begin) -> None:
    recorder = begin()
    train(recorder, trial(1), 0.5)
    recorder.trial_failed(trial(1), "no luck")
    assert again(recorder).past() == [PastTrial(trial(1), 1, None, [0.5], [0.5])]


@pytest.mark.parametrize(
    ("objectives", "best"),
    [(SEARCH_PLAN.objectives, {"val_accuracy": 0.7}), (LOSS, {"val_loss": 0.2})],
    ids=["max", "min"],
)
def test_a_pruned_trial_of_the_past_has_the_best_that_it_reached(
    begin: Begin, objectives: tuple[Objective, ...], best: dict[str, float]
) -> None:
    recorder = begin(objectives=objectives)
    train(recorder, trial(1), 0.5, 0.7, 0.2)
    recorder.trial_pruned(trial(1), "not worth it")
    assert again(recorder).past() == [
        PastTrial(trial(1), 1, best, [0.5, 0.7, 0.2], [0.5, 0.7, 0.2], pruned=True)
    ]


def test_a_trial_that_was_running_has_the_curve_of_its_checkpoint(begin: Begin) -> None:
    """A kill may come between the checkpoint and the epoch's row."""
    recorder = begin()
    train(recorder, trial(1), 0.5)
    recorder.registry.save_checkpoint(recorder.runs["trial 1"].id, checkpoint(0.5, 0.7))
    assert again(recorder).past() == [PastTrial(trial(1), None, None, [0.5, 0.7], [0.5, 0.7])]


def test_trials_of_the_past_are_in_the_order_in_which_they_ended(begin: Begin) -> None:
    recorder = begin()
    for number in (1, 2):
        train(recorder, trial(number))
    for number in (2, 1):
        recorder.trial_failed(trial(number), "no luck")
    assert [past.place for past in again(recorder).past()] == [2, 1]


def test_models_of_the_past_give_way_to_better_ones(begin: Begin) -> None:
    recorder = begin()
    train(recorder, trial(1))
    recorder.trial_completed(trial(1), outcome(0.5))
    recorder = again(recorder)
    train(recorder, trial(2))
    recorder.trial_completed(trial(2), outcome(0.7))
    assert models(recorder) == [False, True]


class Diary:
    """The notifications of a watcher, in order."""

    def __init__(self, recorder: SearchRecorder) -> None:
        self.entries: list[tuple[str, int]] = []
        progress: Any = recorder.workspace.progress
        progress.run_started = lambda run: self._write("started", run)
        progress.epoch_ended = lambda run, done: self._write(f"epoch {done.number}", run)
        progress.run_ended = lambda run: self._write(run.state.value, run)

    def _write(self, what: str, run: Run) -> None:
        assert run.trial
        self.entries.append((what, run.trial.number))


def test_trials_that_ended_are_reported_again_and_no_others(begin: Begin) -> None:
    recorder = begin()
    for number in (1, 2):
        train(recorder, trial(number), 0.5, 0.7)
    recorder.trial_pruned(trial(1), "not worth it")
    recorder = again(recorder)
    diary = Diary(recorder)
    recorder.replay()
    assert diary.entries == [("started", 1), ("epoch 1", 1), ("epoch 2", 1), ("pruned", 1)]


def test_a_resumed_trial_is_reported_with_its_epochs(begin: Begin) -> None:
    recorder = begin()
    train(recorder, trial(1), 0.5, 0.7)
    recorder = again(recorder)
    diary = Diary(recorder)
    recorder.trial_started(trial(1))
    assert diary.entries == [("started", 1), ("epoch 1", 1), ("epoch 2", 1)]


# What a trial needs --------------------------------------------------------------------------------------


def test_a_resumed_trial_gets_its_checkpoint_and_the_time_so_far(begin: Begin) -> None:
    recorder = begin()
    train(recorder, trial(1), 0.5, 0.7)
    recorder = again(recorder)
    recorder.trial_started(trial(1))
    assigned = recorder.assignment(trial(1))
    assert (assigned.checkpoint, assigned.seconds) == (checkpoint(0.5, 0.7), 1.0)


def test_a_trial_that_continues_another_starts_from_its_tensors(begin: Begin) -> None:
    recorder = begin(algorithm="hyperband")
    train(recorder, trial(1))
    recorder.trial_completed(trial(1), outcome(0.5))
    train(recorder, second := trial(2, continues="trial 1"))
    start = recorder.assignment(second).start
    assert start is not None
    assert start.tensors["kernel"].tolist() == [0.5] * 3


# What happens now ----------------------------------------------------------------------------------------


def test_a_notice_of_several_trials_is_shown_once(begin: Begin, watcher: Watcher) -> None:
    recorder = begin()
    for number, notices in enumerate([("one",), ("one", "two")], start=1):
        train(recorder, trial(number), 0.5)
        for notice in notices:
            recorder.trial_watcher(trial(number)).notice(notice)
    assert watcher.notices == ["one", "two"]


def test_who_watches_learns_which_trial_is_within_an_epoch(begin: Begin, watcher: Watcher) -> None:
    recorder = begin()
    train(recorder, trial(1))
    train(recorder, trial(2))
    recorder.trial_watcher(trial(2)).epoch_advanced(EpochProgress(1, 3, 8))
    assert watcher.steps == [(2, EpochProgress(1, 3, 8))]


def test_a_checkpoint_is_there_before_its_epoch(begin: Begin) -> None:
    """Or else a kill in between would leave an epoch from which the trial cannot be resumed."""
    recorder = begin()
    train(recorder, trial(1))
    with closing(sqlite3.connect(recorder.registry.url)) as registry, registry:
        registry.execute("DROP TABLE epochs")
    with pytest.raises(RegistryError):
        recorder.epoch_ended(trial(1), epoch(1, 0.5), checkpoint(0.5))
    assert recorder.registry.checkpoint(recorder.runs["trial 1"].id) == checkpoint(0.5)


@pytest.mark.parametrize(
    ("state", "unfinished"),
    [(State.FAILED, State.FAILED), (State.INTERRUPTED, State.INTERRUPTED)],
    ids=["failed", "interrupted"],
)
def test_the_end_of_a_search_ends_its_running_trials(begin: Begin, state: State, unfinished: State) -> None:
    recorder = begin()
    train(recorder, trial(1))
    diary = Diary(recorder)
    recorder.end(state, "the disk is full")
    (run,) = recorder.registry.runs(search=recorder.search.id)
    assert (run.state, run.error, diary.entries) == (unfinished, "the disk is full", [(unfinished.value, 1)])


@pytest.mark.parametrize(
    ("state", "stored"),
    [(State.INTERRUPTED, [True, True]), (State.FAILED, [True, True]), (State.COMPLETED, [True, False])],
    ids=["interrupted", "failed", "completed"],
)
def test_hyperband_forgets_models_only_when_it_is_done(
    begin: Begin, state: State, stored: Sequence[bool]
) -> None:
    recorder = begin(algorithm="hyperband")
    for number, score in ((1, 0.7), (2, 0.5)):
        train(recorder, trial(number))
        recorder.trial_completed(trial(number), outcome(score))
    recorder.end(state)
    assert models(recorder) == stored
