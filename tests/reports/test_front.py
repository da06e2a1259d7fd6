"""The plot of the front of several objectives."""

from __future__ import annotations

from matplotlib.colors import to_hex

from tests.reports.searches import ACCURACY, PARAMS, TRIALS, texts, trials
from zoo.reports.front import draw_front
from zoo.reports.style import ALERT


def test_the_front_is_joined_and_bears_its_numbers() -> None:
    figure = draw_front(trials(ACCURACY, PARAMS))
    every, line, front = figure.axes[0].lines
    assert len(every.get_xdata()) == 3
    assert list(line.get_xdata()) == list(front.get_xdata()) == [0.9, 0.5]
    assert to_hex(front.get_color()) == ALERT.lower()
    assert texts(figure)[2:] == ["2", "1"]


def test_front_trials_at_one_place_share_a_label() -> None:
    assert texts(draw_front(trials(ACCURACY, PARAMS, of=[TRIALS[1], TRIALS[1]])))[2:] == ["1, 2"]
