"""`workflows.forecast`: what a search would do, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tiny_searches import HELD, workspace_in

from zoo.errors import SearchError
from zoo.workflows import Forecast, SearchOptions, TrainingOptions, forecast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

OPEN = {name: value for name, value in HELD.items() if name != "dropout"}


def look(workspace: Workspace, names: str, given: dict, trials: int) -> Forecast:
    return forecast(
        workspace,
        names,
        "blobs",
        search_options=SearchOptions(trials=trials),
        hyperparameters=given,
        options=TrainingOptions(epochs=7),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forecast")


@pytest.fixture(scope="module")
def both(folder: Path, plugins: Plugins) -> Iterator[Forecast]:
    with workspace_in(folder, plugins) as workspace:
        found = look(workspace, "tiny,large", HELD, 20)
        assert workspace.registry.runs() == []
        yield found


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


def test_nothing_is_recorded(both: Forecast, folder: Path) -> None:
    assert not (folder / "artifacts").exists()


def test_a_space_without_an_end(workspace: Workspace) -> None:
    given = {"filters": 2, "pooling": "avg", "head_units": "0", "dropout": 0.0, "augmentation": "none"}
    found = look(workspace, "tiny", given, 20)
    assert (found.combinations, found.trials) == (None, 20)


def test_what_the_search_would_refuse_is_refused(workspace: Workspace) -> None:
    with pytest.raises(SearchError, match="nothing is left to search"):
        look(workspace, "tiny", {**HELD, "filters": 2}, 20)
