"""The table of one search's trials, while it runs and afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from zoo.cli.output import cell, make_table, pairs
from zoo.interfaces import Epoch, Objective, Run, Search, State

if TYPE_CHECKING:
    from collections.abc import Mapping

SPARKS = "▁▂▃▄▅▆▇█"


@dataclass
class TrialLine:
    """One trial in the live table."""

    run: Run
    epochs: list[Epoch] = field(default_factory=list)


@dataclass
class SearchTable:
    """The live table of one search."""

    search: Search
    lines: dict[str, TrialLine] = field(default_factory=dict)

    def render(self) -> RenderableType:
        plan = self.search.plan
        searched = searched_names(plan.space)
        table = make_table(["trial", "state", plan.objective.name, "epoch", "curve", "hyperparameters"])
        table.columns[0].justify = table.columns[2].justify = table.columns[3].justify = "right"
        table.expand, table.columns[-1].ratio = True, 1  # the hyperparameters get what the others leave
        best: float | None = None
        lines = list(self.lines.values())  # rich draws in a thread of its own, while trials come in
        for line in lines:
            trial = line.run.trial
            scores = [epoch.metrics[plan.objective.name] for epoch in line.epochs]
            score = line.run.score if line.run.score is not None else best_of(scores, plan.objective)
            if score is not None and line.run.state is State.COMPLETED and plan.objective.better(score, best):
                best = score
            table.add_row(
                str(trial.number if trial else ""),
                cell(line.run.state),
                cell(score),
                f"{len(line.epochs)}/{trial.epochs if trial else ''}",
                sparkline(scores),
                last_column(line.run, searched),
            )
        done = sum(line.run.state in (State.COMPLETED, State.PRUNED, State.FAILED) for line in lines)
        told = f"{done} of {plan.trials} trials" + (
            f", best {plan.objective.name} {best:.4f}" if best is not None else ""
        )
        return Group(table, Text(told, style="dim"))


def searched_names(space: Mapping[str, object]) -> frozenset[str]:
    """Names in the search space that have more than one value."""
    entries = space["space"]
    assert isinstance(entries, list)  # noqa: S101  keras_tuner writes it so
    return frozenset(entry["config"]["name"] for entry in entries if entry["class_name"] != "Fixed")


def varied(run: Run, searched: frozenset[str]) -> dict[str, object]:
    """The run's hyperparameters that the search chooses."""
    return {name: value for name, value in run.plan.hyperparameters.items() if name in searched}


def last_column(run: Run, searched: frozenset[str]) -> Text:
    """The hyperparameters that the search chose, or why the trial failed or was pruned."""
    style = {State.FAILED: "red", State.PRUNED: "dim"}.get(run.state)
    told = pairs(varied(run, searched)) if style is None else reason_of(run)
    return Text(told, style=style or "", overflow="ellipsis", no_wrap=True)


def reason_of(run: Run) -> str:
    """The line of the run's error that says what went wrong; empty without one."""
    return run.error.strip().splitlines()[-1] if run.error else ""


def best_of(scores: list[float], objective: Objective) -> float | None:
    """The best of the scores; None if there are none."""
    if not scores:
        return None
    return max(scores) if objective.direction == "max" else min(scores)


def sparkline(values: list[float]) -> str:
    """The values as a row of bars, the lowest as the shortest."""
    if not values:
        return ""
    low, span = min(values), (max(values) - min(values)) or 1.0
    return "".join(SPARKS[round((value - low) / span * (len(SPARKS) - 1))] for value in values[-20:])
