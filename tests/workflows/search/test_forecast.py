"""`workflows.forecast`: what a search would do, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.search.tiny_searches import FIXED, workspace_in
from zoo.errors import HyperparameterError, SearchError
from zoo.workflows import training_options
from zoo.workflows.search import Forecast, forecast_search, search_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

OPEN = {name: value for name, value in FIXED.items() if name != "dropout"}


def look(
    workspace: Workspace,
    names: str,
    hyperparameters: dict,
    trials: int,
    weights: str | None = None,
    **options: Any,
) -> Forecast:
    return forecast_search(
        workspace,
        names,
        "blobs",
        search_options=search_options(trials=trials),
        hyperparameters=hyperparameters,
        weights=weights,
        options=training_options(**{"epochs": 7, **options}),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forecast")


@pytest.fixture(scope="module")
def both(folder: Path, plugins: Plugins) -> Iterator[Forecast]:
    with workspace_in(folder, plugins) as workspace:
        forecast = look(workspace, "tiny,large", FIXED, 20)
        assert workspace.registry.runs() == []
        yield forecast


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Forecast]:
    with workspace_in(tmp_path_factory.mktemp("few"), plugins) as workspace:
        yield look(workspace, "tiny", FIXED, 2)


def test_trials_of_all_architectures_are_counted(both: Forecast) -> None:
    assert both.combinations == 4 + 4


def test_there_are_no_more_trials_than_combinations(both: Forecast) -> None:
    assert (both.trials, both.epochs) == (8, 7)


def test_each_architecture_is_measured(both: Forecast) -> None:
    assert list(both.epoch_seconds) == ["tiny", "large"]
    assert all(seconds > 0 for seconds in both.epoch_seconds.values())


def test_all_trials_are_taken_to_need_all_epochs(both: Forecast) -> None:
    mean = sum(both.epoch_seconds.values()) / 2
    assert both.seconds >= both.trials * both.epochs * mean


def test_fewer_trials_may_be_asked_for_than_there_are_combinations(few: Forecast) -> None:
    assert (few.combinations, few.trials) == (4, 2)


def test_a_trial_takes_longer_than_its_epochs(few: Forecast) -> None:
    """In its first epoch TensorFlow also builds the functions that it trains with."""
    assert few.seconds > few.trials * few.epochs * few.epoch_seconds["tiny"]


def test_in_long_trials_the_epochs_of_all_architectures_count_the_same(workspace: Workspace) -> None:
    forecast = look(workspace, "tiny,large", FIXED, 20, epochs=10**7)
    mean = sum(forecast.epoch_seconds.values()) / 2
    assert forecast.seconds == pytest.approx(8 * 10**7 * mean, rel=1e-3)


def test_of_a_long_epoch_a_part_is_measured(workspace: Workspace) -> None:
    """Ten million steps take more than two minutes, and nobody waits for them here."""
    forecast = look(workspace, "tiny", FIXED, 2, steps_per_epoch=10**7)
    assert forecast.epoch_seconds["tiny"] > 120


def test_nothing_is_recorded(both: Forecast, folder: Path) -> None:
    assert not (folder / "artifacts").exists()


def test_a_space_without_an_end(workspace: Workspace) -> None:
    values = {"filters": 2, "pooling": "avg", "head_units": "0", "dropout": 0.0, "augmentation": "none"}
    forecast = look(workspace, "tiny", values, 20)
    assert (forecast.combinations, forecast.trials) == (None, 20)


@pytest.mark.parametrize(
    ("hyperparameters", "options", "error", "message"),
    [
        ({**FIXED, "filters": 2}, {}, SearchError, "nothing is left to search"),
        (FIXED, {"weights": "noise"}, HyperparameterError, "'tiny' has no pre-trained weights to load"),
    ],
    ids=["everything is set", "no such weights"],
)
def test_it_refuses_what_the_search_would_refuse(
    workspace: Workspace, hyperparameters: dict, options: dict, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        look(workspace, "tiny", hyperparameters, 20, **options)


def test_images_have_the_size_that_is_asked_for(workspace: Workspace) -> None:
    """It is reported before anything is trained; nothing is trained here."""
    with pytest.raises(SearchError):
        look(workspace, "tiny", {**FIXED, "filters": 2}, 20, image_size=2)
    assert workspace.progress.notices == ["image size 2 is raised to 4, the least tiny takes"]
