"""`workflows.compare_freezing`: the same parent frozen more and less, beside a training from scratch."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from zoo import workflows
from zoo.errors import FreezeError, HyperparameterError, InterruptedWork
from zoo.interfaces import RunKind, State
from zoo.workflows import TrainingOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Epoch, Model, Run
    from zoo.workflows import FreezeResult, Workspace


@pytest.fixture
def compare(trained: Workspace, parent: Model) -> Callable[..., tuple[FreezeResult, ...]]:
    def call(*freezes: str, image_size: int | None = None, **values: Any) -> tuple[FreezeResult, ...]:
        options = TrainingOptions(epochs=1, seed=3, image_size=image_size)
        return workflows.compare_freezing(trained, parent.id, "three", freezes, options=options, **values)

    return call


def kinds_of(workspace: Workspace) -> list[tuple[RunKind, str]]:
    """Return the runs of this test, the newest first; two runs come with the registry."""
    return [(run.plan.kind, run.state) for run in workspace.registry.runs()[:-2]]


def test_each_way_is_trained_and_then_one_from_scratch(
    trained: Workspace, compare: Callable, parent: Model
) -> None:
    results = compare(
        "none", "all", image_size=12, hyperparameters={"layer_decay": 0.5, "learning_rate": 0.01}
    )
    assert [result.way for result in results] == ["none", "all", "from scratch"]
    assert [result.model.trainable_parameters for result in results] == [111, 15, 111]
    assert [result.model.parent_id for result in results] == [parent.id, parent.id, None]
    assert {result.model.image_size for result in results} == {12}
    for result in results:
        assert {"val_accuracy", "test_accuracy"} <= set(result.model.metrics)
        run = trained.registry.run(result.model.run_id)
        assert result.seconds == (run.finished_at - run.started_at).total_seconds() > 0
        assert run.plan.hyperparameters["learning_rate"] == 0.01
        assert run.plan.training.seed == 3
    *tuned, scratch = (trained.registry.run(result.model.run_id).plan for result in results)
    assert {plan.hyperparameters["layer_decay"] for plan in tuned} == {0.5}
    assert (scratch.hyperparameters["layer_decay"], scratch.hyperparameters["freeze"]) == (1.0, "none")
    assert scratch.hyperparameters["filters"] == 2  # as the parent's


@pytest.mark.parametrize("freezes", [("none", "bakc"), ("pattern:front_*", "back_*")])
def test_all_are_checked_before_one_is_trained(
    trained: Workspace, compare: Callable, freezes: tuple[str, str]
) -> None:
    with pytest.raises(FreezeError, match=f"^no layer or freeze point '{freezes[1][:4]}"):
        compare(*freezes)
    assert kinds_of(trained) == []


def test_the_same_twice_is_refused(trained: Workspace, compare: Callable) -> None:
    with pytest.raises(HyperparameterError) as caught:
        compare("all", "none", "all")
    assert str(caught.value) == "--freeze all,none,all repeats a value: compare different ones"
    assert kinds_of(trained) == []


def test_without_the_plugin_nothing_is_trained_from_scratch(trained: Workspace, parent: Model) -> None:
    without = replace(trained, plugins=replace(trained.plugins, architectures={}))
    options = TrainingOptions(epochs=1)
    (tuned,) = workflows.compare_freezing(without, parent.id, "blobs", ["all"], options=options)
    assert tuned.way == "all"
    (message,) = (notice for notice in trained.progress.notices if "not compared" in notice)
    assert message.startswith("not compared with a training from scratch: unknown architecture 'tiny'")


def test_an_interruption_of_the_last_training_is_one(trained: Workspace, compare: Callable) -> None:
    def interrupt(run: Run, _: Epoch) -> None:
        if run.plan.kind is RunKind.TRAIN:
            os.kill(os.getpid(), signal.SIGINT)

    trained.progress.at_epoch = interrupt
    with pytest.raises(InterruptedWork):
        compare("all")
    assert kinds_of(trained) == [
        (RunKind.TRAIN, State.INTERRUPTED),
        (RunKind.FINETUNE, State.COMPLETED),
    ]
