"""Progress on the screen: a live table on a terminal, plain lines where there is none. All on standard error."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from zoo.cli.output import cell, console, make_table, pairs
from zoo.interfaces import Epoch, Objective, Progress, Run, Search, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SPARKS = "▁▂▃▄▅▆▇█"
BAR_WIDTH = 30
BAR_EVERY = 0.1  # seconds between two redrawings of a line


@contextmanager
def watching() -> Iterator[Progress]:
    """Show the progress of the work inside, as suits where standard error goes."""
    progress = Terminal() if console(stderr=True).is_terminal else PlainLines()
    try:
        yield progress
    finally:
        progress.close()


class PlainLines(Progress):
    """One line for each thing that happens."""

    def __init__(self) -> None:
        self.console = console(stderr=True)
        self.objective: Objective | None = None
        self.trials = 0
        self.searched: frozenset[str] = frozenset()

    def close(self) -> None:
        """Nothing more will be told."""

    def notice(self, message: str) -> None:
        self.console.print(f"· {message}")

    def search_started(self, search: Search) -> None:
        self.objective, self.trials = search.plan.objective, search.plan.trials
        self.searched = searched_names(search.plan.space)
        most = "1 trial" if self.trials == 1 else f"{self.trials} trials"
        self.console.print(
            f"search {search.id}: {search.plan.algorithm}, up to {most} of {search.plan.architecture} "
            f"on {search.dataset}, {len(self.searched)} hyperparameters searched"
        )

    def run_started(self, run: Run) -> None:
        if run.trial is None:
            self.console.print(f"run {run.id}: {run.plan.architecture} on {run.dataset}")

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        if run.trial is None:
            self.console.print(epoch_line(run, epoch))

    def run_ended(self, run: Run) -> None:
        if run.trial is None:
            return
        self.console.print(
            f"trial {run.trial.number}/{self.trials}  {run.state}  {score_of(run, self.objective)}  "
            f"{pairs(varied(run, self.searched))}"
        )


class Terminal(PlainLines):
    """A line that moves while images are decoded, and a table that moves while a search runs."""

    def __init__(self) -> None:
        super().__init__()
        self.table: SearchTable | None = None
        self.live: Live | None = None
        self.drawn: float | None = None  # when the line was drawn that still moves

    def close(self) -> None:
        """Leave the table on the screen as it is now, and the cursor on a line of its own."""
        if self.live is not None:
            self.live.stop()
            self._write("\n")
        if self.drawn is not None:
            self._write("\n")

    def notice(self, message: str) -> None:
        self.console.print(Text(f"· {message}", style="dim"))

    def decoding(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and self.drawn is not None and now - self.drawn < BAR_EVERY:
            return
        filled = "━" * (BAR_WIDTH * done // total)
        self._write(f"\rdecoding images {filled:<{BAR_WIDTH}} {done:,}/{total:,}")
        self.drawn = now
        if done == total:
            self._write("\n")
            self.drawn = None

    def search_started(self, search: Search) -> None:
        super().search_started(search)
        self.table = SearchTable(search)
        self.live = Live(
            get_renderable=self.table.render,
            console=self.console,
            refresh_per_second=4,
            redirect_stdout=False,
        )
        self.live.start()

    def run_started(self, run: Run) -> None:
        if self.table is None:
            super().run_started(run)
        else:
            self.table.lines[run.id] = TrialLine(run)

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        if self.table is None:
            super().epoch_ended(run, epoch)
        else:
            self.table.lines[run.id].epochs.append(epoch)

    def run_ended(self, run: Run) -> None:
        if self.table is not None:
            self.table.lines[run.id].run = run

    def _write(self, text: str) -> None:
        """Past rich, which takes a carriage return away."""
        self.console.file.write(text)
        self.console.file.flush()


@dataclass
class TrialLine:
    """One trial in the live table."""

    run: Run
    epochs: list[Epoch] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)


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
        for line in self.lines.values():
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
                Text(pairs(varied(line.run, searched)), overflow="ellipsis", no_wrap=True),
            )
        done = sum(line.run.state in (State.COMPLETED, State.FAILED) for line in self.lines.values())
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


def score_of(run: Run, objective: Objective | None) -> str:
    """`val_accuracy 0.9815`, or why there is none."""
    if run.score is not None and objective is not None:
        return f"{objective.name} {run.score:.4f}"
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


def epoch_line(run: Run, epoch: Epoch) -> str:
    """One epoch of one training, in a line."""
    metrics = epoch.metrics
    return (
        f"epoch {epoch.number:>3}/{run.plan.settings['epochs']}  "
        f"loss {metrics['loss']:.4f}  acc {metrics['accuracy']:.4f}  "
        f"val_loss {metrics['val_loss']:.4f}  val_acc {metrics['val_accuracy']:.4f}  {epoch.seconds:.1f} s"
    )
