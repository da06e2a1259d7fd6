"""What a user may say about the training images: stored with each run, told, and kept to by every workflow."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from zoo import workflows
from zoo.data.balance import Sampling
from zoo.errors import HyperparameterError, InterruptedWork
from zoo.workflows import search as searches
from zoo.workflows.options import TrainingOptions, sampling_of
from zoo.workflows.search import SearchOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Run
    from zoo.workflows import Workspace

pytestmark = pytest.mark.large

ASKED = {"class_weights": "balanced", "steps_per_epoch": 2, "fraction": 0.25}
TOLD = [
    "trains on 24 of 92 training images; validation and test images stay all",
    "class weights from 1 (dark) to 1 (dark)",
]
HELD = {"filters": 2, "learning_rate": 0.01, "pooling": "avg", "head_units": "0", "dropout": 0.0}


def losses(workspace: Workspace, run: Run) -> list[float]:
    return [epoch.metrics["loss"] for epoch in workspace.registry.epochs(run.id)]


def train(workspace: Workspace, options: TrainingOptions, augmentation: str = "none") -> Run:
    given = {**HELD, "augmentation": augmentation}
    model = workflows.train(workspace, "tiny", "blobs", hyperparameters=given, options=options)
    return workspace.registry.run(model.run_id)


@pytest.mark.parametrize(
    "given", [{}, ASKED, {"oversample": True}, {"fraction": 0.5}, {"steps_per_epoch": 3}], ids=str
)
def test_what_is_stored_is_what_was_asked_for(given: dict[str, Any]) -> None:
    assert sampling_of(TrainingOptions(**given).settings()) == Sampling(**given)


def test_what_was_not_asked_for_is_stored_as_none() -> None:
    settings = TrainingOptions().settings()
    names = ("class_weights", "oversample", "steps_per_epoch", "fraction")
    assert [settings[name] for name in names] == [None] * 4


def test_runs_made_before_there_were_such_settings_have_the_defaults() -> None:
    assert sampling_of({"epochs": 2, "seed": 0, "patience": 10}) == Sampling()


def test_options_that_exclude_each_other_are_refused_at_once() -> None:
    with pytest.raises(HyperparameterError, match="leave one of the two out"):
        TrainingOptions(class_weights="balanced", oversample=True)


def test_a_training_stores_and_tells_them(workspace: Workspace, options: Callable) -> None:
    run = train(workspace, options(**ASKED))
    assert {name: run.plan.settings[name] for name in ASKED} == ASKED
    assert workspace.progress.notices[-2:] == TOLD


@pytest.mark.parametrize("given", [{"fraction": 0.25}, {"steps_per_epoch": 1}], ids=str)
def test_a_training_keeps_to_them(workspace: Workspace, options: Callable, given: dict[str, Any]) -> None:
    assert losses(workspace, train(workspace, options(**given))) != losses(
        workspace, train(workspace, options())
    )


def test_a_finetuning_stores_tells_and_keeps_to_them(workspace: Workspace, options: Callable) -> None:
    parent = str(train(workspace, options(epochs=1)).model_id)
    runs = [
        workspace.registry.run(workflows.finetune(workspace, parent, "blobs", options=given).run_id)
        for given in (options(epochs=1), options(epochs=1, **ASKED))
    ]
    assert {name: runs[1].plan.settings[name] for name in ASKED} == ASKED
    assert workspace.progress.notices[-2:] == TOLD
    assert losses(workspace, runs[0]) != losses(workspace, runs[1])


def test_every_trial_stores_and_keeps_to_them_after_a_resume_too(
    workspace: Workspace, options: Callable
) -> None:
    """The search tries no augmentation, then a light one, and is interrupted in between; each trial is what a
    training with its seed gives."""
    workspace.progress.at_epoch = interrupt_in_second_trial
    with pytest.raises(InterruptedWork):
        searches.search(
            workspace,
            "tiny",
            "blobs",
            search_options=SearchOptions(algorithm="grid", trials=2),
            hyperparameters=HELD,
            options=options(**ASKED),
        )
    workspace.progress.at_epoch = lambda run, epoch: None
    workspace.progress.notices.clear()
    found, _ = searches.resume(workspace, workspace.registry.searches()[0].id)
    assert workspace.progress.notices == TOLD
    trials = workspace.registry.runs(search=found.id)
    assert [{name: run.plan.settings[name] for name in ASKED} for run in trials] == [ASKED] * 2
    trained = [
        train(workspace, options(seed=seed, **ASKED), augmentation=augmentation)
        for seed, augmentation in enumerate(("none", "light"))
    ]
    assert [losses(workspace, run) for run in trials] == [losses(workspace, run) for run in trained]


def interrupt_in_second_trial(run: Run, epoch: object) -> None:
    if run.trial and run.trial.number == 2:
        os.kill(os.getpid(), signal.SIGINT)
