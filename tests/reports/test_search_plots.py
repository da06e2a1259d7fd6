"""Plots of a search: their panels and their texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.reports.searches import ACCURACY, PARAMS, TRIALS, texts, trials
from zoo.reports.front import draw_front
from zoo.reports.history import draw_history
from zoo.reports.importance import draw_importance
from zoo.reports.parallel import draw_parallel
from zoo.reports.search_plots import plot_search

if TYPE_CHECKING:
    from pathlib import Path


def test_the_heading_names_the_search_and_its_trials() -> None:
    figure = draw_importance(trials(), {"rate": 1.0})
    assert texts(figure)[:2] == [
        "digits: importance in search 5ea6c4",
        "3 trials completed, 1 failed, 1 pruned, random on convnet",
    ]


def test_a_heading_has_room_for_a_real_id_and_a_name() -> None:
    searched = trials(ACCURACY, PARAMS)
    named = replace(searched, search=replace(searched.search, id="5ea6c4" * 2, dataset="chest-xrays"))
    drawn = draw_importance(named, {"rate": 1.0}), draw_history(named), draw_parallel(named, {})
    for figure in (*drawn, draw_front(named)):
        assert texts(figure)[0].startswith("chest-xrays: ")
        assert texts(figure)[0].endswith(" search 5ea6c45ea6c4")
        assert "…" not in texts(figure)[0]


def test_equal_scores_and_one_trial_can_be_drawn() -> None:
    for of in (TRIALS[:1], [TRIALS[0], TRIALS[0]]):
        searched = trials(ACCURACY, PARAMS, of=of)
        assert all(
            draw(searched)
            for draw in (draw_history, draw_front, lambda searched: draw_parallel(searched, {}))
        )


def test_each_plot_is_written_to_a_file_of_its_name(tmp_path: Path) -> None:
    plots = ("importance", "parallel", "history", "front")
    files = plot_search(trials(ACCURACY, PARAMS), plots, {"rate": 1.0}, tmp_path)
    assert files == {plot: tmp_path / f"5ea6c4-{plot}.png" for plot in plots}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files.values())
