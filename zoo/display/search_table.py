"""The table of one search's trials, while it runs and afterwards."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from zoo.display.tables import GAP, cell, make_table, pairs
from zoo.interfaces import Epoch, EpochProgress, Objective, Run, Search, SearchPlan, State
from zoo.interfaces.metrics import as_shown
from zoo.interfaces.ranking import best_run
from zoo.interfaces.spaces import ARCHITECTURE, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

SPARKS = "▁▂▃▄▅▆▇█"
SHORTEST_CURVE, LONGEST_CURVE = 5, 20  # characters; with less room than that there is none
NARROWEST_CHOICE = 30  # characters of the hyperparameters that a curve leaves room for
ENDED = (State.COMPLETED, State.PRUNED, State.FAILED)


@dataclass
class TrialLine:
    """One trial in the live table.

    Args:
        progress: how far the epoch under way is, where that is known.
    """

    run: Run
    epochs: list[Epoch] = field(default_factory=list)
    progress: EpochProgress | None = None

    @property
    def epochs_done(self) -> str:
        """`2`, or `2.4` within the third epoch."""
        done, progress = len(self.epochs), self.progress
        within = self.run.state is State.RUNNING and progress is not None and progress.epoch == done + 1
        if progress is None or not within:
            return str(done)
        return f"{done + int(10 * progress.step / progress.steps) / 10:.1f}"


@dataclass
class SearchTable:
    """The live table of one search, for a rich console.

    Args:
        lines: by the id of the run.
        work: what else goes on, in a line; empty: nothing.
        fitted: show no more trials than the screen has lines: the newest, and the best.
        began: when the time limit began to count, in seconds of `time.monotonic`.
    """

    search: Search
    lines: dict[str, TrialLine] = field(default_factory=dict)
    work: str = ""
    fitted: bool = False
    began: float = field(default_factory=time.monotonic)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = list(self.lines.values())  # rich draws in a thread of its own, while trials come in
        best = best_run([line.run for line in lines], self.search.plan.objective)
        below = [self._summary(lines, best), *filter(None, [self.work])]
        shown: Sequence[TrialLine] = lines
        if self.fitted:
            shown = _newest_and_best(lines, best, options.max_height - len(below) - 2)
            if left_out := len(lines) - len(shown):
                below[0] += f", {left_out} not shown"
        yield self._table(shown, best, options.max_width)
        yield Text("\n".join(below), style="dim", overflow="ellipsis", no_wrap=True)

    def _table(self, lines: Sequence[TrialLine], best: Run | None, width: int) -> Table:
        plan = self.search.plan
        searched = Space.from_config(plan.space).searched_names
        heads = ["trial", "state", *(objective.name for objective in plan.objectives), "epoch"]
        rows = [self._cells(line) for line in lines]
        taken = sum(max(map(len, column)) + GAP for column in zip(heads, *rows, strict=True))
        curves = [[epoch.metrics[plan.monitor.name] for epoch in line.epochs] for line in lines]
        low, high = range_of(curves)
        bars = min(LONGEST_CURVE, width - taken - GAP - NARROWEST_CHOICE)
        has_curves = bars >= SHORTEST_CURVE
        table = make_table([*heads, *(["curve"] if has_curves else []), "hyperparameters"])
        for column in (table.columns[0], *table.columns[2 : len(heads)]):
            column.justify = "right"
        table.expand, table.columns[-1].ratio = True, 1  # the hyperparameters get what the others leave
        for line, cells, curve in zip(lines, rows, curves, strict=True):
            table.add_row(
                *cells,
                *([sparkline(curve, low, high, bars)] if has_curves else []),
                last_column(line.run, searched),
                style="bold" if best is not None and line.run.id == best.id else "",
            )
        return table

    def _cells(self, line: TrialLine) -> list[Text]:
        """All but the curve and the hyperparameters."""
        trial = line.run.trial
        return [
            Text(str(trial.number if trial else "")),
            cell(line.run.state),
            *(cell(score) for score in _scores(line, self.search.plan)),
            Text(f"{line.epochs_done}/{trial.epochs if trial else ''}"),
        ]

    def _summary(self, lines: Sequence[TrialLine], best: Run | None) -> str:
        plan = self.search.plan
        ended = [line.run for line in lines if line.run.state in ENDED]
        told = [f"{len(ended)} of {plan.trials} trials"]
        if best is not None and best.score is not None and best.trial is not None:
            told.append(f"best {plan.objective.name} {cell(best.score)} in trial {best.trial.number}")
        running = [line.run for line in lines if line.run.state is State.RUNNING]
        left = seconds_left(ended, running, plan.trials, datetime.now(UTC))
        limit = (
            None
            if plan.options.max_seconds is None
            else plan.options.max_seconds - (time.monotonic() - self.began)
        )
        if left is not None and (limit is None or left < limit):
            told.append(f"about {duration(left)} left")
        if limit is not None:
            told.append(f"time limit in {duration(limit)}" if limit > 0 else "the time limit is reached")
        return ", ".join(told)


def _scores(line: TrialLine, plan: SearchPlan) -> list[float | int | None]:
    """The objectives' values; of a trial that has none yet, the best so far where that is known."""
    seen = [epoch.metrics for epoch in line.epochs]
    return [
        as_shown(one.name, line.run.scores[one.name])
        if one.name in line.run.scores
        else best_of([metrics[one.name] for metrics in seen if one.name in metrics], one)
        for one in plan.objectives
    ]


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
    choice = Text(varied(run, searched), overflow="ellipsis", no_wrap=True)
    if origin := origin_of(run):
        choice.append(f"  {origin}", style="dim")
    return choice


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


def range_of(curves: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The least and the largest of all values: the one scale on which curves can be compared."""
    values = [value for curve in curves for value in curve] or [0.0]
    return min(values), max(values)


def sparkline(values: Sequence[float], low: float, high: float, bars: int = LONGEST_CURVE) -> str:
    """The values as a row of bars, from `low` as the shortest to `high` as the longest.

    Of more values than bars some are left out, evenly; the last one is shown.
    """
    step = max(1.0, len(values) / bars)
    shown = [values[-1 - int(step * index)] for index in reversed(range(min(bars, len(values))))]
    shares = [(value - low) / (high - low) if high > low else 0.5 for value in shown]
    return "".join(SPARKS[round(share * (len(SPARKS) - 1))] for share in shares)


def _newest_and_best(lines: Sequence[TrialLine], best: Run | None, room: int) -> Sequence[TrialLine]:
    room = max(1, room)
    newest = lines[-room:]
    left_out = [line for line in lines[:-room] if best is not None and line.run.id == best.id]
    return [*left_out, *newest[len(left_out) :]]
