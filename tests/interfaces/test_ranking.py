"""The best of equal trials: one rule, which everything that names a best trial follows."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

from tests.registry.builders import (
    add_model,
    content,
    evaluation,
    record_digits,
    run_plan,
    search_plan,
    trial,
)
from zoo.display.search_table import SearchTable, TrialLine
from zoo.interfaces import Objective, Run, RunKind
from zoo.interfaces.ranking import best_run, rank
from zoo.registry import Registry, open_registry
from zoo.reports.history import draw_history
from zoo.reports.parallel import draw_parallel
from zoo.reports.search_trials import SearchTrials, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ACCURACY, LOSS = Objective("val_accuracy", "max"), Objective("val_loss", "min")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with open_registry(tmp_path / "registry.db") as registry:
        yield registry


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ((0.9, 9.0, 9, 9), (0.8, 0.1, 1, 1)),
        ((0.9, 0.1, 9, 9), (0.9, 0.2, 1, 1)),
        ((0.9, 9.0, 9, 9), (0.9, None, 1, 1)),
        ((0.9, 9.0, 9, 9), (0.9, math.nan, 1, 1)),
        ((0.9, 0.1, 8, 9), (0.9, 0.1, 9, 1)),
        ((0.9, 0.1, 8, 9), (0.9, 0.1, None, 1)),
        ((0.9, 0.1, 8, 1), (0.9, 0.1, 8, 2)),
    ],
    ids=["value", "loss", "no loss", "NaN loss", "parameters", "no parameters", "age"],
)
def test_the_order_of_criteria(better: tuple, worse: tuple) -> None:
    assert rank(ACCURACY, *better) < rank(ACCURACY, *worse)


def test_less_of_a_minimised_objective_is_better() -> None:
    assert rank(LOSS, 0.1, None, 9, 9) < rank(LOSS, 0.2, None, 1, 1)


# Loss, and number of weights, of trials with the same accuracy; the best comes neither first nor last.
EQUAL = ((0.4, 4), (0.2, 8), (0.2, 4), (0.2, 4), (0.3, 2))
BEST = 3


@pytest.fixture
def trials(registry: Registry) -> SearchTrials:
    """A search in which all trials have the same score."""
    search = registry.start_search(search_plan(ACCURACY), record_digits(registry))
    for number, (loss, size) in enumerate(EQUAL, start=1):
        run = registry.start_trial(search.id, trial(number), run_plan(RunKind.TRIAL))
        measured = evaluation(accuracy=0.5, loss=loss)
        registry.complete_run(run.id, content(size=size), [measured], scores={"val_accuracy": 0.5})
    return SearchTrials(registry.search(search.id), registry.runs(search=search.id))


def number_in_table(trials: SearchTrials, runs: Sequence[Run]) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(SearchTable(trials.search, {run.id: TrialLine(run) for run in runs}))
    return captured.get().split(" in trial ")[1].split()[0].strip(",")


def test_table_plots_and_registry_name_the_same_trial(registry: Registry, trials: SearchTrials) -> None:
    runs = trials.runs
    model = registry.model(str(trials.search.best_model_id))
    legend = draw_history(trials).axes[0].get_legend()
    assert legend is not None
    assert {
        "registry": number_of(registry.run(model.run_id)),
        "zoo best": number_of(registry.run(registry.best("digits").run_id)),
        "table": int(number_in_table(trials, runs)),
        "table of trials that ended in another order": int(number_in_table(trials, runs[::-1])),
        "history": int(legend.get_texts()[1].get_text().rpartition(" ")[2]),
    } == dict.fromkeys(
        ("registry", "zoo best", "table", "table of trials that ended in another order", "history"), BEST
    )


def test_the_parallel_plot_draws_the_same_trial_on_top(trials: SearchTrials) -> None:
    lines = [line for line in draw_parallel(trials, {}).axes[0].lines if line.get_marker() == "o"]
    widths = [line.get_linewidth() for line in lines]
    assert widths.index(max(widths)) == len(lines) - 1
    chosen = [run.trial.hyperparameters["filters"] for run in trials.completed if run.trial]
    heights = np.array([line.get_ydata()[0] for line in lines])
    # More filters lie higher, and the page is measured from above.
    assert sorted(range(len(heights)), key=lambda i: -heights[i]).index(len(lines) - 1) == sorted(
        chosen
    ).index(chosen[BEST - 1])


def test_a_trial_whose_model_was_dropped_is_not_the_best_of_equals(
    registry: Registry, trials: SearchTrials
) -> None:
    first, second = trials.completed[:2]
    registry.drop_models([str(first.model_id)])
    left = [registry.run(run.id) for run in (first, second)]
    best = best_run(left, ACCURACY)
    assert best is not None
    assert best.id == second.id


def test_sql_orders_as_the_rule_does(registry: Registry) -> None:
    digits = record_digits(registry)
    expected = []
    for age, (accuracy, loss, size) in enumerate(product((0.5, 0.9), (None, 0.3, 0.1), (8, 2)), start=1):
        losses = {} if loss is None else {"loss": loss}
        for copy in range(2):
            model = add_model(registry, digits, size=size, accuracy=accuracy, **losses)
            expected.append((rank(ACCURACY, accuracy, loss, model.parameters, 2 * age + copy), model.id))
    ordered = []
    while expected:
        best = registry.best("digits")
        ordered.append(best.id)
        registry.delete_models([best.id])
        expected_best = min(expected)
        assert expected_best[1] == best.id
        expected.remove(expected_best)
    assert len(set(ordered)) == 24
