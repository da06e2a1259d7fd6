"""The plot of the history of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reports.searches import ACCURACY, LOSS, PARAMS, trials
from zoo.reports.history import draw_history

if TYPE_CHECKING:
    from zoo.interfaces import Objective


@pytest.mark.parametrize(
    ("objective", "best"), [(ACCURACY, [0.5, 0.9, 0.9]), (LOSS, [2.0, 0.1, 0.1]), (PARAMS, [10, 10, 10])]
)
def test_history_follows_the_best_so_far(objective: Objective, best: list[float]) -> None:
    dots, line = draw_history(trials(objective)).axes[0].lines
    assert list(dots.get_xdata()) == [1, 2, 3]
    assert list(line.get_ydata()) == best


def test_history_names_the_best_trial() -> None:
    legend = draw_history(trials()).axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["trial", "best so far: 0.9 in trial 2"]
