"""The table of a search's trials, while it runs and afterwards."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from zoo.display.tables import GAP, cell, make_table, pairs
from zoo.interfaces import Epoch, EpochProgress, Objective, Run, Search, SearchPlan, State
from zoo.interfaces.metrics import as_shown
from zoo.interfaces.ranking import best_run
from zoo.interfaces.records import ENDED
from zoo.interfaces.spaces import ARCHITECTURE, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

SPARKS = "▁▂▃▄▅▆▇█"
SHORTEST_CURVE, LONGEST_CURVE = 5, 20  # characters; with less room there is no curve
NARROWEST_CHOICE = 30  # characters that a curve leaves for the hyperparameters


@dataclass
class TrialLine:
    """One trial in the live table.

    Args:
        progress: within the current epoch, if known.
    """

    run: Run
    epochs: list[Epoch] = field(default_factory=list)
    progress: EpochProgress | None = None

    @property
    def epochs_done(self) -> str:
        """The number of epochs: `2`, or `2.4` within the third one."""
        done, progress = len(self.epochs), self.progress
        is_current = self.run.state is State.RUNNING and progress is not None and progress.epoch == done + 1
        if progress is None or not is_current:
            return str(done)
        return f"{done + int(10 * progress.step / progress.steps) / 10:.1f}"


@dataclass
class SearchTable:
    """The live table of a search, for a rich console.

    Args:
        lines: by the id of the run.
        work: a line about other work in progress, or empty.
        fitted: show no more trials than fit on the screen: the newest ones and the best.
        began: the start of the time limit, in seconds of `time.monotonic`.
    """

    search: Search
    lines: dict[str, TrialLine] = field(default_factory=dict)
    work: str = ""
    fitted: bool = False
    began: float = field(default_factory=time.monotonic)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = list(self.lines.values())  # a copy, since rich draws in a thread of its own
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
        used = sum(max(map(len, column)) + GAP for column in zip(heads, *rows, strict=True))
        curves = [[epoch.metrics[plan.monitor.name] for epoch in line.epochs] for line in lines]
        low, high = range_of(curves)
        bars = min(LONGEST_CURVE, width - used - GAP - NARROWEST_CHOICE)
        has_curves = bars >= SHORTEST_CURVE
        table = make_table([*heads, *(["curve"] if has_curves else []), "hyperparameters"])
        for column in (table.columns[0], *table.columns[2 : len(heads)]):
            column.justify = "right"
        table.expand, table.columns[-1].ratio = True, 1  # the hyperparameters get the remaining width
        for line, cells, curve in zip(lines, rows, curves, strict=True):
            table.add_row(
                *cells,
                *([sparkline(curve, low, high, bars)] if has_curves else []),
                last_column(line.run, searched),
                style="bold" if best is not None and line.run.id == best.id else "",
            )
        return table

    def _cells(self, line: TrialLine) -> list[Text]:
        """All cells except the curve and the hyperparameters."""
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
        parts = [f"{len(ended)} of {plan.trials} trials"]
        if best is not None and best.score is not None and best.trial is not None:
            parts.append(f"best {plan.objective.name} {cell(best.score)} in trial {best.trial.number}")
        running = [line.run for line in lines if line.run.state is State.RUNNING]
        left = seconds_left(ended, running, plan.trials, datetime.now(UTC))
        limit = (
            None
            if plan.options.max_seconds is None
            else plan.options.max_seconds - (time.monotonic() - self.began)
        )
        if left is not None and (limit is None or left < limit):
            parts.append(f"about {duration(left)} left")
        if limit is not None:
            parts.append(f"time limit in {duration(limit)}" if limit > 0 else "the time limit is reached")
        return ", ".join(parts)


def _scores(line: TrialLine, plan: SearchPlan) -> list[float | int | None]:
    """The objectives' values; for a trial without them, the best so far of those that epochs measure."""
    return [_score(line, objective) for objective in plan.objectives]


def _score(line: TrialLine, objective: Objective) -> float | int | None:
    name = objective.name
    if name in line.run.scores:
        return as_shown(name, line.run.scores[name])
    return best_of([epoch.metrics[name] for epoch in line.epochs if name in epoch.metrics], objective)


def seconds_left(ended: Sequence[Run], running: Sequence[Run], trials: int, now: datetime) -> float | None:
    """The expected time for the remaining trials, if they take as long as the ended ones; None if no trial ended."""
    durations = [(run.finished_at - run.started_at).total_seconds() for run in ended if run.finished_at]
    if not durations or not running:
        return None
    mean = sum(durations) / len(durations)
    done = sum(min(mean, (now - run.started_at).total_seconds()) for run in running)
    return max(0.0, (trials - len(ended)) * mean - done) / len(running)


def duration(seconds: float) -> str:
    """A duration in one or two units: `40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _varied(run: Run, searched: frozenset[str]) -> str:
    """The hyperparameters that the search chooses; in a search over several architectures, after the architecture."""
    hyperparameters = run.trial.hyperparameters if run.trial else run.plan.hyperparameters
    text = pairs(
        {
            name.rpartition("/")[2]: value
            for name, value in hyperparameters.items()
            if name in searched - {ARCHITECTURE}
        }
    )
    return f"{run.plan.architecture}  {text}".strip() if ARCHITECTURE in searched else text


def last_column(run: Run, searched: frozenset[str]) -> Text:
    """The hyperparameters that the search chose, or why the trial failed or was pruned."""
    style = {State.FAILED: "red", State.PRUNED: "dim"}.get(run.state)
    if style is not None:
        return Text(reason_of(run), style=style, overflow="ellipsis", no_wrap=True)
    return Text(with_origin(run, searched), overflow="ellipsis", no_wrap=True)


def with_origin(run: Run, searched: frozenset[str]) -> str:
    """The hyperparameters of the search, after their origin in parentheses if the algorithm did not choose them."""
    origin = run.trial.origin if run.trial else None
    return f"({origin}) {_varied(run, searched)}".strip() if origin else _varied(run, searched)


def reason_of(run: Run) -> str:
    """The last line of the run's error, which is the error itself; empty without an error."""
    return run.error.strip().splitlines()[-1] if run.error else ""


def best_of(scores: list[float], objective: Objective) -> float | None:
    """The best of the scores; None without scores."""
    if not scores:
        return None
    return max(scores) if objective.direction == "max" else min(scores)


def range_of(curves: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The smallest and the largest of all finite values, a common scale on which curves can be compared."""
    values = [value for curve in curves for value in curve if math.isfinite(value)] or [0.0]
    return min(values), max(values)


def sparkline(values: Sequence[float], low: float, high: float, bars: int = LONGEST_CURVE) -> str:
    """The values as a row of bars, from `low` as the shortest to `high` as the longest.

    Of more values than bars some are left out, evenly; the last one is shown. NaN and infinity leave a gap.
    """
    step = max(1.0, len(values) / bars)
    shown = [values[-1 - int(step * index)] for index in reversed(range(min(bars, len(values))))]
    shares = [(value - low) / (high - low) if high > low else 0.5 for value in shown]
    return "".join(
        SPARKS[round(share * (len(SPARKS) - 1))] if math.isfinite(value) else " "
        for value, share in zip(shown, shares, strict=True)
    )


def _newest_and_best(lines: Sequence[TrialLine], best: Run | None, room: int) -> Sequence[TrialLine]:
    room = max(1, room)
    newest = lines[-room:]
    left_out = [line for line in lines[:-room] if best is not None and line.run.id == best.id]
    return [*left_out, *newest[len(left_out) :]]
