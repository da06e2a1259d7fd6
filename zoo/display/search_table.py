"""The table of one search's trials, while it runs and afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from zoo.display.tables import cell, make_table, pairs
from zoo.interfaces import Epoch, Objective, Run, Search, SearchPlan, State
from zoo.interfaces.ranking import best_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPARKS = "▁▂▃▄▅▆▇█"
ENDED = (State.COMPLETED, State.PRUNED, State.FAILED)
ARCHITECTURE = "architecture"
"""The hyperparameter that stands for the architecture in a search over several."""


@dataclass
class TrialLine:
    """One trial in the live table."""

    run: Run
    epochs: list[Epoch] = field(default_factory=list)


@dataclass
class SearchTable:
    """The live table of one search.

    Args:
        lines: by the id of the run.
        work: what else goes on, in a line; empty: nothing.
    """

    search: Search
    lines: dict[str, TrialLine] = field(default_factory=dict)
    work: str = ""

    def render(self) -> RenderableType:
        plan = self.search.plan
        searched = searched_names(plan.space)
        names = [objective.name for objective in plan.objectives]
        table = make_table(["trial", "state", *names, "epoch", "curve", "hyperparameters"])
        for column in (table.columns[0], *table.columns[2 : 3 + len(names)]):
            column.justify = "right"
        table.expand, table.columns[-1].ratio = True, 1  # the hyperparameters get what the others leave
        lines = list(self.lines.values())  # rich draws in a thread of its own, while trials come in
        best = best_run([line.run for line in lines], plan.objective)
        for line in lines:
            trial = line.run.trial
            table.add_row(
                str(trial.number if trial else ""),
                cell(line.run.state),
                *(cell(score) for score in _scores(line, plan)),
                f"{len(line.epochs)}/{trial.epochs if trial else ''}",
                sparkline([epoch.metrics[plan.monitor.name] for epoch in line.epochs]),
                last_column(line.run, searched),
                style="bold" if best is not None and line.run.id == best.id else "",
            )
        told = [self._summary(lines, best), *filter(None, [self.work])]
        return Group(table, Text("\n".join(told), style="dim", overflow="ellipsis", no_wrap=True))

    def _summary(self, lines: Sequence[TrialLine], best: Run | None) -> str:
        plan = self.search.plan
        ended = [line.run for line in lines if line.run.state in ENDED]
        told = [f"{len(ended)} of {plan.trials} trials"]
        if best is not None and best.score is not None and best.trial is not None:
            told.append(f"best {plan.objective.name} {cell(best.score)} in trial {best.trial.number}")
        running = [line.run for line in lines if line.run.state is State.RUNNING]
        left = seconds_left(ended, running, plan.trials, datetime.now(UTC))
        if left is not None:
            told.append(f"about {duration(left)} left")
        return ", ".join(told)


def _scores(line: TrialLine, plan: SearchPlan) -> list[float | int | None]:
    """The objectives' values; of a trial that has none yet, the best so far where that is known."""
    seen = [epoch.metrics for epoch in line.epochs]
    return [
        whole_number(line.run.scores[one.name])
        if one.name in line.run.scores
        else best_of([metrics[one.name] for metrics in seen if one.name in metrics], one)
        for one in plan.objectives
    ]


def whole_number(score: float) -> float | int:
    """Numbers of weights without decimals."""
    return int(score) if score == int(score) and score > 1 else score


def seconds_left(ended: Sequence[Run], running: Sequence[Run], trials: int, now: datetime) -> float | None:
    """How long the trials that are left may take, if they take as long as those that ended; None without one."""
    took = [(run.finished_at - run.started_at).total_seconds() for run in ended if run.finished_at]
    if not took or not running:
        return None
    each = sum(took) / len(took)
    done = sum(min(each, (now - run.started_at).total_seconds()) for run in running)
    return max(0.0, (trials - len(ended)) * each - done) / len(running)


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 5 min`: one or two units, as people say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def searched_names(space: Mapping[str, object]) -> frozenset[str]:
    """Names in the search space that have more than one value."""
    entries = space["space"]
    assert isinstance(entries, list)  # noqa: S101  keras_tuner writes it so
    return frozenset(entry["config"]["name"] for entry in entries if entry["class_name"] != "Fixed")


def varied(run: Run, searched: frozenset[str]) -> str:
    """The hyperparameters that the search chooses; of several architectures, which one comes first."""
    chosen = run.trial.hyperparameters if run.trial else run.plan.hyperparameters
    told = pairs(
        {
            name.rpartition("/")[2]: value
            for name, value in chosen.items()
            if name in searched - {ARCHITECTURE}
        }
    )
    return f"{run.plan.architecture}  {told}".strip() if ARCHITECTURE in searched else told


def last_column(run: Run, searched: frozenset[str]) -> Text:
    """The hyperparameters that the search chose, or why the trial failed or was pruned."""
    style = {State.FAILED: "red", State.PRUNED: "dim"}.get(run.state)
    if style is not None:
        return Text(reason_of(run), style=style, overflow="ellipsis", no_wrap=True)
    told = Text(overflow="ellipsis", no_wrap=True)
    if origin := origin_of(run):
        told.append(f"{origin}  ", style="dim")
    return told.append(varied(run, searched))


def origin_of(run: Run) -> str:
    """Where the hyperparameters come from, if the algorithm did not choose them."""
    origin = run.trial.origin if run.trial else None
    return f"({origin})" if origin else ""


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
