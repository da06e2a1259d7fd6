"""Plots of a search of the registry: the ones that are drawn, and refusals. Nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plans import RUN_PLAN, SEARCH_PLAN, changed
from tests.progress import RecordedProgress
from zoo.errors import NotFoundError, PlotError, SearchError
from zoo.interfaces import DatasetContent, Objective, Search, Trial
from zoo.interfaces.spaces import Float
from zoo.workflows.search.plots import PlottedSearch, plot

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.registry import Registry

ACCURACY, PARAMS = Objective("val_accuracy", "max"), Objective("params", "min")
DATASET = DatasetContent(
    name="digits",
    source="plugin digits",
    fingerprint="a" * 64,
    class_names=("a",),
    counts={"train": {"a": 3}},
)


def record(registry: Registry, *objectives: Objective, trials: int = 5) -> Search:
    """A search over one hyperparameter, with so many completed trials."""
    space = {"space": [Float("rate", 0.5, low=0.0, high=1.0).to_config()]}
    plan = changed(SEARCH_PLAN, objectives=objectives or (ACCURACY,), space=space)
    search = registry.start_search(plan, registry.record_dataset(DATASET))
    for number in range(1, trials + 1):
        values = {"rate": number / 10}
        trial = Trial(str(number), number, values, 3)
        run = registry.start_trial(search.id, trial, changed(RUN_PLAN, hyperparameters=values))
        scores = {"val_accuracy": number / 10, "params": 10.0 * number}
        registry.complete_without_model(
            run.id, {objective.name: scores[objective.name] for objective in plan.objectives}
        )
    return search


def draw(registry: Registry, ref: str, folder: Path, kind: str | None = None) -> PlottedSearch:
    return plot(
        registry, ref, RecordedProgress(), kind=kind, output=None if kind is None else folder / "a.png"
    )


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("objectives", "plots"),
    [
        ((ACCURACY,), {"importance", "parallel", "history"}),
        ((ACCURACY, PARAMS), {"importance", "parallel", "history", "front"}),
    ],
)
def test_all_plots_that_the_search_has_data_for_are_drawn(
    registry: Registry, tmp_path: Path, objectives: tuple[Objective, ...], plots: set[str]
) -> None:
    plotted = draw(registry, record(registry, *objectives).id, tmp_path)
    assert set(plotted.files) == plots
    assert all(path.exists() for path in plotted.files.values())
    assert plotted.importance == {"rate": pytest.approx(1.0)}


def test_a_plot_that_shows_no_importance_computes_none(registry: Registry, tmp_path: Path) -> None:
    assert draw(registry, record(registry).id, tmp_path, "history").importance is None


def test_where_the_importance_cannot_be_computed_other_plots_are_drawn(
    registry: Registry, tmp_path: Path
) -> None:
    search, progress = record(registry, trials=1), RecordedProgress()
    plotted = plot(registry, search.id, progress)
    assert ("importance" in plotted.files, len(progress.notices)) == (False, 1)
    with pytest.raises(SearchError):
        draw(registry, search.id, tmp_path, "importance")


def test_a_search_without_a_completed_trial_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(PlotError, match=r"no trial of search .* has completed"):
        draw(registry, record(registry, trials=0).id, tmp_path)


def test_a_front_of_one_objective_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(PlotError, match="has one objective, val_accuracy, and a front needs two"):
        draw(registry, record(registry).id, tmp_path, "front")


def test_a_run_is_no_search(registry: Registry, tmp_path: Path) -> None:
    search = record(registry)
    run = registry.runs(search=search.id)[0]
    with pytest.raises(
        PlotError, match=f"is a run, and .* takes a search: this run is of search {search.id}"
    ):
        draw(registry, run.id, tmp_path)


def test_an_unknown_id_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        draw(registry, "0123456789ab", tmp_path)
