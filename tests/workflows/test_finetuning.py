"""`workflows.finetune`: frozen layers, shared tensors and lineage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo import workflows
from zoo.errors import TrainingError, ZooError
from zoo.interfaces import RunKind
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.interfaces import Model
    from zoo.workflows import Workspace


@pytest.fixture
def workspace(trained: Workspace) -> Workspace:
    return trained


def blobs_of(folder: Path) -> set[str]:
    return {path.name for path in (folder / "artifacts").rglob("*") if path.is_file()}


def test_parent_and_child_know_each_other(workspace: Workspace, finetune: Callable, parent: Model) -> None:
    child = finetune("pets")
    (run,) = workspace.registry.runs(kind=RunKind.FINETUNE)
    assert (child.parent_id, run.plan.parent_id) == (parent.id, parent.id)
    assert [model.id for model in workspace.registry.children(parent.id)] == [child.id]


@pytest.fixture
def table_before_training(workspace: Workspace, finetune: Callable) -> Callable[[str], str]:
    """Begin to fine-tune on `pets`; return the table of parameters, which is shown before the first epoch."""

    def until_the_table(message: str) -> None:
        workspace.progress.notices.append(message)
        if "by stage" in message:
            raise TrainingError("the test has seen enough")

    def begin(freeze: str) -> str:
        workspace.progress.notice = until_the_table
        with pytest.raises(TrainingError, match="seen enough"):
            finetune("pets", freeze)
        return workspace.progress.notices[-1]

    return begin


# tiny: front_conv has 2 * 9 + 2 = 20 parameters, back_conv 4 * 18 + 4 = 76, the head for two classes 10.
@pytest.mark.parametrize(
    ("freeze", "frozen", "trainable"),
    [
        ("none", "nothing is frozen", (20, 76)),
        ("1", "frozen: front_conv (1 layer)", (0, 76)),
        ("front", "frozen: front_conv (1 layer)", (0, 76)),
        ("until:back", "frozen: front_conv (1 layer)", (0, 76)),
        ("pattern:back_*", "frozen: back_conv (1 layer)", (20, 0)),
        ("back_conv/", "frozen: back_conv/kernel … back_conv/bias (2 variables)", (20, 0)),
        ("all", "frozen: front_conv … back_conv (2 layers)", (0, 0)),
    ],
)
def test_trainable_parameters_are_shown_by_stage_before_training(
    table_before_training: Callable, freeze: str, frozen: str, trainable: tuple[int, int]
) -> None:
    front, back = trainable
    first, *rows = table_before_training(freeze).splitlines()
    assert first == f"parameters by stage; {frozen}"
    assert [row.split() for row in rows] == [
        ["stage", "layers", "trainable", "non-trainable"],
        ["front", "1", f"{front}", f"{20 - front}"],
        ["back", "1", f"{back}", f"{76 - back}"],
        ["head", "1", "10", "0"],
        ["total", "3", f"{front + back + 10}", f"{96 - front - back}"],
    ]


def test_phases_are_shown_before_training(workspace: Workspace, finetune: Callable) -> None:
    before_training: list[str] = []
    workspace.progress.at_epoch = lambda run, epoch: before_training.extend(workspace.progress.notices)
    finetune("pets", "1", hyperparameters={"head_epochs": 1})
    assert "epoch 1: the head; the rest never trains, since the training ends before" in before_training


def test_the_columns_of_trainable_parameters_are_aligned(table_before_training: Callable) -> None:
    table = table_before_training("1")
    assert table.splitlines()[1:] == [
        "stage  layers  trainable  non-trainable",
        "front       1          0             20",
        "back        1         76              0",
        "head        1         10              0",
        "total       3         86             20",
    ]


def test_frozen_weights_stay_as_they_are(workspace: Workspace, finetune: Callable, parent: Model) -> None:
    child = finetune("three", "1")
    before, after = (workspace.registry.load_content(model.id).tensors for model in (parent, child))
    same = {path for path in before if path in after and np.array_equal(before[path], after[path])}
    assert same == {"front_conv/kernel", "front_conv/bias"}


def test_frozen_tensors_are_stored_once(
    workspace: Workspace, parent: Model, finetune: Callable, tmp_path: Path
) -> None:
    before = blobs_of(tmp_path)
    finetune("pets", "all")
    added = blobs_of(tmp_path) - before
    assert len(added) == 3  # the manifest, and the head's kernel and bias


def test_a_process_that_never_saw_the_parent_can_tune_it(
    workspace: Workspace, parent: Model, options: Callable, tmp_path: Path
) -> None:
    with open_registry(tmp_path / "registry.db", create=False) as other:
        child = workflows.finetune(
            replace(workspace, registry=other), "blobs@best", "pets", options=options(epochs=1)
        )
    assert child.parent_id == parent.id


def test_a_model_of_keras_layers_is_tuned_without_the_library_of_its_plugin(
    workspace: Workspace, parent: Model, options: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def custom_layers() -> list[type]:
        raise ZooError("its library is not installed")

    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))  # where no network has passed the round trip
    tiny = replace(workspace.plugins.architectures["tiny"], custom_layers=custom_layers)
    without = replace(workspace, plugins=replace(workspace.plugins, architectures={"tiny": tiny}))
    child = workflows.finetune(without, parent.id, "pets", options=options(epochs=1))
    assert child.parent_id == parent.id


def test_a_child_can_be_tuned_again(workspace: Workspace, finetune: Callable, options: Callable) -> None:
    child = finetune("pets", "1")
    grandchild = workflows.finetune(
        workspace, child.id, "three", hyperparameters={"freeze": "all"}, options=options(epochs=1)
    )
    assert (grandchild.parent_id, grandchild.trainable_parameters) == (child.id, 15)
