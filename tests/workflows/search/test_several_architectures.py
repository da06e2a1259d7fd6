"""Searches over several architectures."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.workflows.search.tiny_searches import (
    FIXED,
    Searched,
    interrupt_in_trial,
    resume,
    search,
    workspace_in,
)
from zoo import workflows
from zoo.errors import HyperparameterError, InterruptedWork, SearchError, UnknownNameError
from zoo.interfaces import State, Weights
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

pytestmark = pytest.mark.large

LEARNED = """
from zoo import Architecture, hookimpl
from pathlib import Path


def learned(hp, inputs, *, weights=None):
    from keras import layers

    return layers.Conv2D(2, 3, bias_initializer="ones" if weights else "zeros", name="conv")(inputs)


@hookimpl
def zoo_architectures():
    return [Architecture("learned", learned, "has weights", "none", min_size=4, weights=("noise",))]
"""


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """Two trials at random, of which each architecture's defaults are one."""
    with workspace_in(tmp_path_factory.mktemp("joint"), plugins) as workspace:
        yield search(workspace, "tiny,large", algorithm="random")


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Searched]:
    """A grid that was interrupted in the trial of the other architecture."""
    values = {**FIXED, "tiny/filters": 1, "large/filters": 3, "augmentation": "none"}
    del values["pooling"]
    with workspace_in(tmp_path_factory.mktemp("resumed"), plugins) as workspace:
        workspace.progress.at_epoch = lambda run, epoch: (
            run.plan.architecture == "large" and interrupt_in_trial(run.trial.number)(run, epoch)
        )
        with pytest.raises(InterruptedWork):
            search(workspace, "tiny,large", values, trials=50)
        yield resume(workspace)


def test_the_defaults_of_each_come_first(joint: Searched) -> None:
    assert [
        (run.plan.architecture, run.trial and run.trial.origin, run.plan.hyperparameters["filters"])
        for run in joint.trials
    ] == [("tiny", "defaults", 2), ("large", "defaults", 2)]


def test_hyperparameters_of_a_run_have_the_names_that_the_architecture_gave_them(joint: Searched) -> None:
    assert [name for trial in joint.trials for name in trial.plan.hyperparameters if "/" in name] == []


def test_the_architecture_is_no_hyperparameter_of_a_run(joint: Searched) -> None:
    assert "architecture" not in joint.trials[1].plan.hyperparameters


def test_each_architecture_gets_images_of_its_own_shape(joint: Searched) -> None:
    candidates = [trial.plan.candidate for trial in joint.trials]
    assert [(candidate.image_size, candidate.channels) for candidate in candidates] == [(8, 1), (16, 3)]
    assert tuple(candidates) == joint.search.plan.candidates


@pytest.mark.parametrize("place", [0, 1])
def test_the_model_of_each_predicts(joint: Searched, tmp_path: Path, place: int) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "dark.png")
    model = str(joint.trials[place].model_id)
    (prediction,) = workflows.predict(joint.workspace, model, [tmp_path / "dark.png"])
    assert set(prediction.probabilities) == {"dark", "light"}


def test_a_grid_tries_each_combination_once(resumed: Searched) -> None:
    tried = [(trial.plan.architecture, trial.plan.hyperparameters["pooling"]) for trial in resumed.trials]
    poolings = ["avg", "max", "flatten"]
    assert sorted(tried) == sorted((name, pooling) for name in ("tiny", "large") for pooling in poolings)


def test_a_value_for_one_architecture_is_fixed_in_it_alone(resumed: Searched) -> None:
    assert {(trial.plan.architecture, trial.plan.hyperparameters["filters"]) for trial in resumed.trials} == {
        ("tiny", 1),
        ("large", 3),
    }


def test_a_search_of_several_resumes(resumed: Searched) -> None:
    assert {record.state for record in (resumed.search, *resumed.trials)} == {State.COMPLETED}


def test_an_architecture_without_such_weights_begins_without(
    tmp_path: Path, plugins: Plugins, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "plugins"
    shutil.copytree(request.config.rootpath / "tests" / "cli" / "plugin_files", folder)
    (folder / "learned.py").write_text(LEARNED)
    with workspace_in(tmp_path, load_plugins(folder)) as workspace:
        result = search(workspace, "tiny,learned", weights="noise", algorithm="random")
        assert {trial.plan.architecture: trial.plan.candidate.weights for trial in result.trials} == {
            "tiny": None,
            "learned": Weights("noise"),
        }
        assert "tiny has no weights 'noise': its weights are random" in workspace.progress.notices


# Refused, before anything is trained ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ("tiny,tiny", SearchError, "'tiny,tiny' names an architecture twice: name it once"),
        ("tiny,larg", UnknownNameError, "unknown architecture 'larg': did you mean 'large'?"),
    ],
)
def test_names_that_do_not_do(workspace: Workspace, names: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        search(workspace, names)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("noise", "none of tiny, large has weights 'noise': leave --weights out"),
        ("./a.h5", "--weights ./a.h5 is a file, which fits one architecture: search them one by one"),
    ],
)
def test_weights_that_do_not_do(workspace: Workspace, weights: str, message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        search(workspace, "tiny,large", weights=weights)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("hyperparameters", "error", "message"),
    [
        ({"large/filters": 9}, HyperparameterError, r"^architecture 'large': filters must be a whole number"),
        ({"large/filter": 2}, UnknownNameError, "did you mean 'large/filters'"),
    ],
)
def test_values_that_do_not_do(
    workspace: Workspace, hyperparameters: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        search(workspace, "tiny,large", hyperparameters)
