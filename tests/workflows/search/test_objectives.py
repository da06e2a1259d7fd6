"""The objectives of a search: other metrics, sizes, several at once, and a loss that is no number."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.workflows.search.tiny_searches import (
    FIXED,
    Searched,
    interrupt_in_trial,
    interrupted,
    resume,
    search,
    workspace_in,
)
from zoo.errors import InterruptedWork
from zoo.interfaces import State
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import Run
    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

UNSTABLE = """
from zoo import Architecture, hookimpl


def unstable(hp, inputs, *, weights=None):
    from keras import layers

    penalty = hp.Choice("penalty", ["small", "immense", "none"])
    x = layers.ActivityRegularization(l2={"small": 1e-6, "immense": 3e38, "none": 0.0}[penalty])(inputs)
    return layers.Conv2D(1, 3, name="conv")(x)


@hookimpl
def zoo_architectures():
    return [Architecture("unstable", unstable, "has an infinite loss at times", "none", min_size=4)]
"""


@pytest.fixture(scope="module")
def sized(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """By grid, the trials have 2, 1 and 3 filters."""
    with workspace_in(tmp_path_factory.mktemp("sized"), plugins) as workspace:
        yield search(workspace, objective="val_f1,params,megabytes,trainable_params,seconds", trials=3)


def test_each_objective_has_a_score(sized: Searched) -> None:
    assert {tuple(trial.scores) for trial in sized.trials} == {
        ("val_f1", "params", "megabytes", "trainable_params", "seconds")
    }


def test_the_score_is_the_f1_of_the_stored_model(sized: Searched) -> None:
    measured = [
        sized.workspace.registry.model(str(trial.model_id)).metrics["val_f1"] for trial in sized.trials
    ]
    assert [trial.scores["val_f1"] for trial in sized.trials] == pytest.approx(measured, abs=1e-5)


def test_the_score_is_the_number_of_weights(sized: Searched) -> None:
    models = [sized.workspace.registry.model(str(trial.model_id)) for trial in sized.trials]
    assert [trial.scores["params"] for trial in sized.trials] == [model.parameters for model in models]


def test_the_score_is_the_size_in_megabytes(sized: Searched) -> None:
    models = [sized.workspace.registry.model(str(trial.model_id)) for trial in sized.trials]
    assert [trial.scores["megabytes"] for trial in sized.trials] == [
        model.size_bytes / 1e6 for model in models
    ]


def test_the_score_is_the_time_of_all_epochs(sized: Searched) -> None:
    took = [sum(epoch.seconds for epoch in sized.epochs(number)) for number in (1, 2, 3)]
    assert [trial.scores["seconds"] for trial in sized.trials] == pytest.approx(took)


def test_the_fewest_weights_win(workspace: Workspace) -> None:
    result = search(workspace, objective="params", trials=2)
    assert (result.model.run_id, result.trials[1].plan.hyperparameters["filters"]) == (result.trials[1].id, 1)


# A loss that is no number --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unstable(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[tuple]:
    """A search whose second trial has an infinite loss, interrupted in the third: its trials then, and in the end."""
    folder = tmp_path_factory.mktemp("unstable")
    shutil.copytree(
        request.config.rootpath / "tests" / "cli" / "plugin_files", folder / "plugins", dirs_exist_ok=True
    )
    Path(folder / "plugins" / "unstable.py").write_text(UNSTABLE)
    with workspace_in(folder, load_plugins(folder / "plugins")) as workspace:
        workspace.progress.at_epoch = interrupt_in_trial(3)
        with pytest.raises(InterruptedWork):
            search(workspace, "unstable", FIXED, trials=3)
        before = workspace.registry.runs(search=interrupted(workspace).id)
        yield before, resume(workspace).trials


def test_an_infinite_loss_fails_the_trial(unstable: tuple[list[Run], list[Run]]) -> None:
    failed = unstable[0][1]
    assert (failed.state, failed.score, failed.error) == (
        State.FAILED,
        None,
        "the loss became infinite in epoch 1: try a lower learning_rate (--set learning_rate=…)",
    )


def test_the_search_continues_after_it(unstable: tuple[list[Run], list[Run]]) -> None:
    assert [trial.state for trial in unstable[1]] == [State.COMPLETED, State.FAILED, State.COMPLETED]


def test_a_resumed_search_does_not_try_it_again(unstable: tuple[list[Run], list[Run]]) -> None:
    assert unstable[1][1] == unstable[0][1]
