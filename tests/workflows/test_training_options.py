"""The options for the training images: stored with each run, reported, and followed by every workflow."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from zoo import workflows
from zoo.errors import HyperparameterError, InterruptedWork
from zoo.interfaces import FeatureOptions, Sampling, TrainingOptions
from zoo.workflows import search as searches
from zoo.workflows.options import training_options
from zoo.workflows.search import search_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Run
    from zoo.workflows import Workspace

pytestmark = pytest.mark.large

ASKED = {"class_weights": "balanced", "steps_per_epoch": 2, "fraction": 0.25}
TOLD = [
    "trains on 24 of 92 training images; all validation and test images are used",
    "class weights from 1 (dark) to 1 (dark)",
]
FIXED = {"filters": 2, "learning_rate": 0.01, "pooling": "avg", "head_units": "0", "dropout": 0.0}


def losses(workspace: Workspace, run: Run) -> list[float]:
    return [epoch.metrics["loss"] for epoch in workspace.registry.epochs(run.id)]


def train(workspace: Workspace, options: TrainingOptions, augmentation: str = "none") -> Run:
    values = {**FIXED, "augmentation": augmentation}
    model = workflows.train(workspace, "tiny", "blobs", hyperparameters=values, options=options)
    return workspace.registry.run(model.run_id)


@pytest.mark.parametrize(
    "values", [{}, ASKED, {"oversample": True}, {"fraction": 0.5}, {"steps_per_epoch": 3}], ids=str
)
def test_the_options_are_stored(values: dict[str, Any]) -> None:
    assert training_options(**values).sampling == Sampling(**values)


def test_they_include_the_caching_of_activations() -> None:
    options = training_options(cache_features="on", cache_dtype="float16", cache_copies=3)
    assert options == TrainingOptions(features=FeatureOptions("on", "float16", 3))


def test_options_that_exclude_each_other_are_refused_at_once() -> None:
    with pytest.raises(HyperparameterError, match="leave one of the two out"):
        training_options(class_weights="balanced", oversample=True)


def test_a_training_stores_and_reports_them(workspace: Workspace, options: Callable) -> None:
    run = train(workspace, options(**ASKED))
    assert run.plan.training.sampling == Sampling(**ASKED)
    assert workspace.progress.notices[-2:] == TOLD


@pytest.mark.parametrize("values", [{"fraction": 0.25}, {"steps_per_epoch": 1}], ids=str)
def test_a_training_follows_them(workspace: Workspace, options: Callable, values: dict[str, Any]) -> None:
    assert losses(workspace, train(workspace, options(**values))) != losses(
        workspace, train(workspace, options())
    )


def test_a_finetuning_stores_reports_and_follows_them(workspace: Workspace, options: Callable) -> None:
    parent = str(train(workspace, options(epochs=1)).model_id)
    runs = [
        workspace.registry.run(workflows.finetune(workspace, parent, "blobs", options=given).run_id)
        for given in (options(epochs=1), options(epochs=1, **ASKED))
    ]
    assert runs[1].plan.training.sampling == Sampling(**ASKED)
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
            search_options=search_options(algorithm="grid", trials=2),
            hyperparameters=FIXED,
            options=options(**ASKED),
        )
    workspace.progress.at_epoch = lambda run, epoch: None
    workspace.progress.notices.clear()
    record, _ = searches.resume(workspace, workspace.registry.searches()[0].id)
    assert workspace.progress.notices == TOLD
    trials = workspace.registry.runs(search=record.id)
    assert [run.plan.training.sampling for run in trials] == [Sampling(**ASKED)] * 2
    trained = [
        train(workspace, options(seed=seed, **ASKED), augmentation=augmentation)
        for seed, augmentation in enumerate(("none", "light"))
    ]
    assert [losses(workspace, run) for run in trials] == [losses(workspace, run) for run in trained]


def interrupt_in_second_trial(run: Run, epoch: object) -> None:
    if run.trial and run.trial.number == 2:
        os.kill(os.getpid(), signal.SIGINT)
