"""Checks before TensorFlow is imported: early refusals, and checks that have to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from zoo.errors import FreezeError, HyperparameterError, NotFoundError, SearchError, UnknownNameError
from zoo.workflows.preflight import check_finetuning, check_resuming, check_training, find_architectures

if TYPE_CHECKING:
    from zoo.interfaces import Model
    from zoo.plugins import Plugins
    from zoo.workflows import Workspace


def test_names_are_separated_by_commas_and_may_have_spaces(plugins: Plugins) -> None:
    assert [architecture.name for architecture in find_architectures(plugins, "tiny, moody")] == [
        "tiny",
        "moody",
    ]


def test_an_architecture_that_is_named_twice_is_refused(plugins: Plugins) -> None:
    with pytest.raises(SearchError, match="'tiny,tiny' names an architecture twice"):
        find_architectures(plugins, "tiny,tiny")


@pytest.mark.parametrize(
    "hyperparameters",
    [{}, {"learning_rate": 0.1}, {"filters": 3}, {"tiny/filters": 3}, {"large/learning_rate": "0.1"}],
)
def test_hyperparameters_that_may_be_right_pass(
    workspace: Workspace, hyperparameters: dict[str, Any]
) -> None:
    opened = check_training(workspace, "tiny,large", "blobs", hyperparameters=hyperparameters)
    assert opened.name == "blobs"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"hyperparameters": {"learning_rate": -1}}, HyperparameterError),
        ({"hyperparameters": {"learning_rat": 0.1}}, UnknownNameError),
        ({"hyperparameters": {"tiny/learning_rate": "x"}}, HyperparameterError),
        ({"preset": "wied"}, UnknownNameError),
        ({"weights": "imagenet"}, HyperparameterError),
    ],
)
def test_a_wrong_argument_of_a_training_is_refused(
    workspace: Workspace, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_training(workspace, "tiny", "blobs", **arguments)


def test_hyperparameters_are_checked_together_with_the_preset(workspace: Workspace) -> None:
    with pytest.raises(HyperparameterError, match="dropout"):
        check_training(workspace, "tiny", "blobs", preset="wide", hyperparameters={"dropout": 2})


def test_a_right_fine_tuning_passes(trained: Workspace, parent: Model) -> None:
    opened = check_finetuning(
        trained, parent.id, "three", hyperparameters={"freeze": "front", "dropout": 0.1}
    )
    assert opened.name == "three"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"hyperparameters": {"freeze": "bakc"}}, FreezeError),
        ({"freezes": ["none", "bakc"]}, FreezeError),
        ({"hyperparameters": {"filters": 3}}, UnknownNameError),
        ({"hyperparameters": {"layer_decay": 2}}, HyperparameterError),
    ],
)
def test_a_wrong_argument_of_a_fine_tuning_is_refused(
    trained: Workspace, parent: Model, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_finetuning(trained, parent.id, "three", **arguments)


def test_a_search_that_does_not_exist_is_not_resumed(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="no search '1a2b'"):
        check_resuming(workspace, "1a2b")
