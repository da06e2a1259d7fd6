"""The plot of the importance of hyperparameters."""

from __future__ import annotations

from tests.reports.searches import texts, trials
from zoo.reports.importance import draw_importance


def test_importance_has_a_bar_each_the_largest_on_top() -> None:
    figure = draw_importance(trials(), {"rate": 0.75, "kind": 0.2495, "a/depth": 0.0005})
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["rate", "kind", "a/depth"]
    assert [bar.get_width() for bar in axes.patches] == [0.75, 0.2495, 0.0005]
    assert texts(figure)[-3:] == ["75.0 %", "24.9 %", "under 0.1 %"]


def test_of_many_hyperparameters_the_least_important_are_left_out() -> None:
    figure = draw_importance(trials(), {f"h{index}": 1 / 40 for index in range(40)})
    assert len(figure.axes[0].patches) == 30
    assert texts(figure)[1].endswith("; the 10 least important are left out")
