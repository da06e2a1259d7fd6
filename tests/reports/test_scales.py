"""The limits of axes, logarithmic scales, and the numbers at the ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.reports.searches import ACCURACY, LOSS, PARAMS, texts, trials
from zoo.reports.history import draw_history
from zoo.reports.parallel import draw_parallel
from zoo.reports.scales import is_logarithmic, limits, short, ticks_between

if TYPE_CHECKING:
    from zoo.interfaces import Objective


@pytest.mark.parametrize(
    ("objective", "scores", "ends"),
    [
        (ACCURACY, [0.9, 0.9], (0.855, 0.945)),
        (ACCURACY, [1.0, 1.0], (0.95, 1.0)),
        (ACCURACY, [0.0], (0.0, 0.05)),
        (LOSS, [2.0], (1.9, 2.1)),
        (LOSS, [0.0], (0.0, 0.05)),
        (PARAMS, [1000.0], (950.0, 1050.0)),
        (ACCURACY, [0.25, 0.75], (0.25, 0.75)),
    ],
)
def test_an_axis_ends_where_scores_can_be(
    objective: Objective, scores: list[float], ends: tuple[float, float]
) -> None:
    assert limits(objective, scores) == pytest.approx(ends)


@pytest.mark.parametrize("scores", [(1.0, 1.0), (0.2, 1.0), (0.0, 0.0)])
def test_no_number_at_an_axis_of_accuracy_is_beyond_its_range(scores: tuple[float, float]) -> None:
    of = [({"rate": 1e-3, "kind": "a"}, {"val_accuracy": score}) for score in scores]
    figure = draw_history(trials(of=of))
    figure.canvas.draw()
    ticks = figure.axes[0].get_yticks()
    assert len(ticks)
    assert 0 <= min(ticks) <= max(ticks) <= 1
    at_goal = [text for text in texts(draw_parallel(trials(of=of), {})) if text.replace(".", "").isdigit()]
    assert all(float(text) <= 1 for text in at_goal)


def test_scores_over_decades_have_a_log_axis_unless_more_is_better() -> None:
    assert [is_logarithmic(objective, [0.01, 1.0]) for objective in (LOSS, ACCURACY)] == [True, False]
    assert not is_logarithmic(LOSS, [0.0, 1.0])


@pytest.mark.parametrize(
    ("arguments", "ticks"),
    [
        ({"low": 0.0, "high": 0.5}, ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        ({"low": 1, "high": 3, "whole": True}, ["1", "2", "3"]),
        ({"low": 3e-4, "high": 1e-2, "logarithmic": True}, ["0.0005", "0.001", "0.002", "0.005", "0.01"]),
        (
            {"low": 2, "high": 4e6, "logarithmic": True},
            ["10", "100", "1,000", "10,000", "100,000", "1,000,000"],
        ),
    ],
)
def test_ticks_are_few_round_numbers(arguments: dict[str, Any], ticks: list[str]) -> None:
    assert [short(tick) for tick in ticks_between(**arguments)] == ticks
