"""Plots of a search: what is drawn, and what is written on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tests.plans import RUN_PLAN, SEARCH_PLAN, candidates, changed
from zoo.interfaces import Objective, Run, Search, State, Trial
from zoo.interfaces.spaces import Choice, Float
from zoo.reports.files import write_figure
from zoo.reports.front import draw_front
from zoo.reports.history import draw_history
from zoo.reports.importance import draw_importance
from zoo.reports.parallel import draw_parallel
from zoo.reports.scales import is_logarithmic, limits, short, ticks_between
from zoo.reports.search_plots import plot_search
from zoo.reports.search_trials import SearchTrials
from zoo.reports.style import ALERT

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCURACY, LOSS, PARAMS = (
    Objective("val_accuracy", "max"),
    Objective("val_loss", "min"),
    Objective("params", "min"),
)


def number(name: str, low: float, high: float, sampling: str = "linear") -> dict[str, Any]:
    return Float(name, low, low=low, high=high, sampling=sampling).to_config()


def choice(name: str, *values: str) -> dict[str, Any]:
    return Choice(name, values[0], values=values).to_config()


SPACE = (number("rate", 1e-4, 1e-2, "log"), choice("kind", "a", "b"), number("a/depth", 1, 5))
TRIALS = (
    ({"rate": 1e-4, "kind": "a", "a/depth": 1}, {"val_accuracy": 0.5, "val_loss": 2.0, "params": 10}),
    ({"rate": 1e-3, "kind": "b"}, {"val_accuracy": 0.9, "val_loss": 0.1, "params": 1000}),
    ({"rate": 1e-2, "kind": "a", "a/depth": 5}, {"val_accuracy": 0.8, "val_loss": 0.5, "params": 5000}),
)


def trials(
    *objectives: Objective,
    space: tuple[dict[str, Any], ...] = SPACE,
    of: Any = TRIALS,
    ends: int = 1,
    architectures: str = "convnet",
) -> SearchTrials:
    """A search whose completed trials are these, and then `ends` that failed and as many that were pruned."""
    plan = changed(
        SEARCH_PLAN,
        candidates=candidates(*architectures.split(",")),
        objectives=objectives or (ACCURACY,),
        space={"space": list(space)},
    )
    search = Search("5ea6c4", plan, State.COMPLETED, "digits", 1, "plugin digits", "", NOW)
    ended = [(State.COMPLETED, *values) for values in of]
    ended += [(state, {}, {}) for state in (State.FAILED, State.PRUNED) for _ in range(ends)]
    return SearchTrials(search, [run(number, *one) for number, one in enumerate(ended, start=1)])


def run(number: int, state: State, values: dict[str, Any], scores: dict[str, float]) -> Run:
    plan = changed(RUN_PLAN, architecture="convnet", hyperparameters=values)
    return Run(
        str(number), plan, state, "digits", 1, NOW, trial=Trial(str(number), number, values, 3), scores=scores
    )


def texts(figure: Figure) -> list[str]:
    """All that is written, titles first."""
    written = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        written += [text.get_text() for text in axes.texts]
    return written


def lines_of_trials(figure: Figure) -> list[Line2D]:
    """The lines across the axes, the best trial's last."""
    return [line for line in figure.axes[0].lines if line.get_marker() == "o"]


def test_importance_has_a_bar_each_the_largest_on_top() -> None:
    figure = draw_importance(trials(), {"rate": 0.75, "kind": 0.2495, "a/depth": 0.0005})
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["rate", "kind", "a/depth"]
    assert [bar.get_width() for bar in axes.patches] == [0.75, 0.2495, 0.0005]
    assert texts(figure)[-3:] == ["75.0 %", "24.9 %", "under 0.1 %"]


def test_the_heading_tells_of_the_search_and_its_trials() -> None:
    figure = draw_importance(trials(), {"rate": 1.0})
    assert texts(figure)[:2] == [
        "digits: importance in search 5ea6c4",
        "3 trials completed, 1 failed, 1 pruned, random on convnet",
    ]


def test_a_heading_has_room_for_a_real_id_and_a_name() -> None:
    known = trials(ACCURACY, PARAMS)
    named = replace(known, search=replace(known.search, id="5ea6c4" * 2, dataset="chest-xrays"))
    drawn = draw_importance(named, {"rate": 1.0}), draw_history(named), draw_parallel(named, {})
    for figure in (*drawn, draw_front(named)):
        assert texts(figure)[0].startswith("chest-xrays: ")
        assert texts(figure)[0].endswith(" search 5ea6c45ea6c4")
        assert "…" not in texts(figure)[0]


def test_of_many_hyperparameters_the_least_important_are_left_out() -> None:
    figure = draw_importance(trials(), {f"h{index}": 1 / 40 for index in range(40)})
    assert len(figure.axes[0].patches) == 30
    assert texts(figure)[1].endswith("; the 10 least important are left out")


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


# Where axes end --------------------------------------------------------------------------------------------


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


def test_equal_scores_and_one_trial_can_be_drawn() -> None:
    for of in (TRIALS[:1], [TRIALS[0], TRIALS[0]]):
        found = trials(ACCURACY, PARAMS, of=of)
        assert all(draw(found) for draw in (draw_history, draw_front, lambda found: draw_parallel(found, {})))


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


def test_the_front_is_joined_and_bears_its_numbers() -> None:
    figure = draw_front(trials(ACCURACY, PARAMS))
    every, line, front = figure.axes[0].lines
    assert len(every.get_xdata()) == 3
    assert list(line.get_xdata()) == list(front.get_xdata()) == [0.9, 0.5]
    assert to_hex(front.get_color()) == ALERT.lower()
    assert texts(figure)[2:] == ["2", "1"]


def test_front_trials_at_one_place_share_a_label() -> None:
    assert texts(draw_front(trials(ACCURACY, PARAMS, of=[TRIALS[1], TRIALS[1]])))[2:] == ["1, 2"]


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


def test_each_plot_is_written_to_a_file_of_its_name(tmp_path: Path) -> None:
    plots = ("importance", "parallel", "history", "front")
    files = plot_search(trials(ACCURACY, PARAMS), plots, {"rate": 1.0}, tmp_path)
    assert files == {plot: tmp_path / f"5ea6c4-{plot}.png" for plot in plots}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files.values())


def test_names_with_dollars_and_letters_of_no_font_can_be_written(tmp_path: Path) -> None:
    space = (choice("na$me$", "a$b$", "\U0001e800"), number("\U0001e801", 0, 1))
    found = trials(space=space, of=[({"na$me$": "a$b$", "\U0001e801": 0.5}, {"val_accuracy": 0.5})])
    figure = draw_parallel(found, {})
    write_figure(figure, tmp_path / "plot.svg")
    assert {"na$me$", "a$b$", "#1", "#2"} <= set(texts(figure))
