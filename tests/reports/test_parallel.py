"""The plot of all trials across parallel axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.reports.searches import ACCURACY, LOSS, SPACE, TRIALS, choice, number, texts, trials
from zoo.reports.files import write_figure
from zoo.reports.parallel import draw_parallel

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from zoo.interfaces import Objective
    from zoo.reports.search_trials import SearchTrials


def lines_of_trials(figure: Figure) -> list[Line2D]:
    """The lines across the axes, the best trial's last."""
    return [line for line in figure.axes[0].lines if line.get_marker() == "o"]


def test_parallel_has_a_line_for_each_completed_trial() -> None:
    assert len(lines_of_trials(draw_parallel(trials(), {}))) == 3


@pytest.mark.parametrize("objective", [ACCURACY, LOSS])
def test_the_best_trial_lies_on_top_and_is_the_darkest(objective: Objective) -> None:
    lines = lines_of_trials(draw_parallel(trials(objective), {}))
    tops = [line.get_ydata()[1] for line in lines]
    assert list(np.argsort(tops)) == [1, 2, 0]  # the worst has the lowest rate, the best the middle one
    brightness = [sum(line.get_color()[:3]) for line in lines]
    assert brightness == sorted(brightness, reverse=True)


def test_a_line_breaks_off_where_the_trial_has_no_such_hyperparameter() -> None:
    lines = lines_of_trials(draw_parallel(trials(), {}))
    missing = [int(np.isnan(line.get_ydata()).sum()) for line in lines]
    assert missing == [0, 0, 1]


def test_a_log_sampled_hyperparameter_has_a_log_axis() -> None:
    lines = lines_of_trials(draw_parallel(trials(), {}))
    low, high, middle = (line.get_ydata()[1] for line in lines)
    assert middle == pytest.approx((low + high) / 2)


def test_the_most_important_axes_are_drawn_and_conditional_ones_first() -> None:
    space = (*SPACE, *(number(f"h{index}", 0, 1) for index in range(8)))
    of = [({**values, **{f"h{index}": 0.5 for index in range(8)}}, scores) for values, scores in TRIALS]
    shares = {"h7": 0.4, "a/depth": 0.3, "h1": 0.1, "h3": 0.1, "rate": 0.05, "h2": 0.03, "h5": 0.02}
    figure = draw_parallel(trials(space=space, of=of), shares)
    names = [text for text in texts(figure) if text in (*shares, "depth", "h0", "kind", "val_accuracy")]
    assert names == ["depth", "h7", "h1", "h3", "rate", "h2", "h5", "val_accuracy"]
    assert texts(figure)[1].endswith("; without 4 less important hyperparameters")


def of_two_architectures() -> SearchTrials:
    """A search in which `b` is best; `a` has more hyperparameters, and more important ones."""
    names = {"a": [f"a/h{index}" for index in range(9)], "b": ["b/width", "b/depth"]}
    shared = [f"s{index}" for index in range(8)]
    space = (
        choice("architecture", "a", "b"),
        *(number(name, 0, 1) for name in shared + names["a"] + names["b"]),
    )
    of = [
        ({"architecture": which, **dict.fromkeys(shared + names[which], 0.5)}, {"val_accuracy": score})
        for which, score in (("a", 0.5), ("b", 0.9))
    ]
    return trials(space=space, of=of, architectures="a,b")


def test_of_several_architectures_all_that_the_best_one_has_of_its_own_is_drawn() -> None:
    shares = {**{f"a/h{index}": 0.1 for index in range(9)}, "s3": 0.05, "s7": 0.02, "b/depth": 0.01}
    figure = draw_parallel(of_two_architectures(), shares)
    of_axes = {"architecture", "width", "depth", "val_accuracy", *(f"s{index}" for index in range(8))}
    shown = [text for text in texts(figure) if text in of_axes or text.startswith("h")]
    own, architecture, shared = shown[:2], shown[2], shown[3:-1]
    assert (own, architecture) == (["depth", "width"], "architecture")
    assert shared == ["s3", "s7", "s0", "s1", "s2", "s4"]
    assert texts(figure)[1].endswith("; without 11 hyperparameters")


def test_the_best_lines_of_several_architectures_do_not_break_off() -> None:
    *_, best = lines_of_trials(draw_parallel(of_two_architectures(), {}))
    assert not np.isnan(best.get_ydata()).any()


def test_names_with_dollars_and_letters_of_no_font_can_be_written(tmp_path: Path) -> None:
    space = (choice("na$me$", "a$b$", "\U0001e800"), number("\U0001e801", 0, 1))
    searched = trials(space=space, of=[({"na$me$": "a$b$", "\U0001e801": 0.5}, {"val_accuracy": 0.5})])
    figure = draw_parallel(searched, {})
    write_figure(figure, tmp_path / "plot.svg")
    assert {"na$me$", "a$b$", "#1", "#2"} <= set(texts(figure))
