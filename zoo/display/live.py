"""Progress on the screen: a live table on a terminal, plain lines where there is none. All on standard error."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.live import Live
from rich.text import Text

from zoo.data.units import counted
from zoo.display.search_table import (
    SearchTable,
    TrialLine,
    origin_of,
    reason_of,
    varied,
)
from zoo.display.tables import cell, console
from zoo.interfaces import Epoch, EpochProgress, Objective, Progress, Run, Search
from zoo.interfaces.metrics import as_shown, epoch_columns, short_name
from zoo.interfaces.spaces import Space

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BAR_WIDTH = 30
BAR_EVERY = 0.1  # seconds between two redrawings of a line
WIPE_REST = "\x1b[K"  # ANSI: erase from the cursor to the end of the line


@contextmanager
def watching(*, silent: bool = False) -> Iterator[Progress]:
    """Show the progress of the work inside, as suits where standard error goes; stop it when asked to.

    Args:
        silent: show nothing.
    """
    progress = Silent() if silent else suitable()
    try:
        with _stopping(progress):
            yield progress
    finally:
        progress.close()


def suitable() -> PlainLines:
    """What shows progress here: a notebook's cell, a terminal, or lines in a file or pipe."""
    screen = console(stderr=True)
    if screen.is_jupyter:
        from IPython.display import display

        from zoo.display.notebook import Notebook

        return Notebook(display)
    return Terminal() if screen.is_terminal else PlainLines()


@contextmanager
def _stopping(progress: PlainLines) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM, by which schedulers end a job, interrupt the work inside.

    Python discards a KeyboardInterrupt that is raised while it collects garbage, which Keras makes it do between
    trainings. So the wish is also written down, and `progress` looks whenever it is told something.
    """

    def stop(_number: int, _frame: object) -> None:
        progress.stop_asked = True
        raise KeyboardInterrupt

    def discarded(problem: sys.UnraisableHookArgs) -> None:
        if not isinstance(problem.exc_value, KeyboardInterrupt):
            hook_before(problem)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # In the background of a shell, or under nohup, the interrupt is to be ignored; None is a handler of a host program
    # in C, which Python could not put back.
    untouched = (signal.SIG_IGN, None)
    numbers = [
        number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) not in untouched
    ]
    handlers_before = {number: signal.signal(number, stop) for number in numbers}
    hook_before, sys.unraisablehook = sys.unraisablehook, discarded
    try:
        yield
    finally:
        sys.unraisablehook = hook_before
        for number, handler in handlers_before.items():
            signal.signal(number, handler)


class PlainLines(Progress):
    """One line for each thing that happens."""

    def __init__(self) -> None:
        self.console = console(stderr=True)
        self.objectives: tuple[Objective, ...] = ()
        self.trials = 0
        self.searched: frozenset[str] = frozenset()
        self.stop_asked = False

    def close(self) -> None:
        """Nothing more will be told."""

    def notice(self, message: str) -> None:
        self._print(_notice(message))

    def began(self, work: str) -> None:
        self._print(_notice(f"{work} …"))

    def search_started(self, search: Search) -> None:
        self.objectives, self.trials = search.plan.objectives, search.plan.trials
        self.searched = Space.from_config(search.plan.space).searched_names
        self._print(
            f"search {search.id}: {search.plan.algorithm}, up to {counted(self.trials, 'trial')} of "
            f"{', '.join(search.plan.architectures)} on {search.dataset}, "
            f"{counted(len(self.searched), 'hyperparameter')} searched"
        )

    def run_started(self, run: Run) -> None:
        self._stop_if_asked()
        if run.trial is None:
            self._print(f"run {run.id}: {run.plan.architecture} on {run.dataset}")

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:  # noqa: ARG002
        self._stop_if_asked()

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        self._stop_if_asked()
        if run.trial is None:
            self._print(epoch_line(run, epoch))

    def _stop_if_asked(self) -> None:
        if self.stop_asked:
            raise KeyboardInterrupt

    def run_ended(self, run: Run) -> None:
        if run.trial is None:
            return
        self._print(
            f"trial {run.trial.number}/{self.trials}  {run.state}  {scores_of(run, self.objectives)}  "
            f"{' '.join(filter(None, (origin_of(run), varied(run, self.searched))))}"
        )

    def _print(self, text: str | Text) -> None:
        self.console.print(text)


class Silent(PlainLines):
    """Shows nothing, and stops the work all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.console.quiet = True


class Redrawn(PlainLines):
    """A bar while images are read and a table while a search runs, each drawn again in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.table: SearchTable | None = None
        self.epochs = 0  # of the run that started last

    def began(self, work: str) -> None:
        if self.table is None:
            self.draw_passing(f"{work} …")

    def advanced(self, work: str, done: int, total: int) -> None:
        bar = _bar(work, done, total)
        if self.table is not None:
            self.table.work = bar if done < total else ""
        else:
            self.draw_bar(bar, full=done == total)

    def search_started(self, search: Search) -> None:
        super().search_started(search)
        self.table = SearchTable(search)

    def run_started(self, run: Run) -> None:
        super().run_started(run)
        self.epochs = run.plan.training.epochs
        if self.table is not None:
            self.table.lines[run.id] = TrialLine(run)

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        super().epoch_advanced(progress, run)
        if self.table is None:
            work = f"epoch {progress.epoch:>3}/{self.epochs}"
            self.draw_bar(f"{_bar(work, progress.step, progress.steps)} steps", full=False)
        elif run is not None and run.id in self.table.lines:
            self.table.lines[run.id].progress = progress

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        super().epoch_ended(run, epoch)
        if self.table is not None:
            self.table.lines[run.id].epochs.append(epoch)

    def run_ended(self, run: Run) -> None:
        if self.table is not None:
            self.table.lines[run.id].run = run

    def draw_bar(self, bar: str, *, full: bool) -> None:
        """Draw it in place of the one before; a full one stays."""
        raise NotImplementedError

    def draw_passing(self, line: str) -> None:
        """Draw a line that goes when anything else is shown."""
        raise NotImplementedError


class Terminal(Redrawn):
    """Draws on a terminal: the bar over its own line, the table by rich, which draws it in a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.live: Live | None = None
        self.drawn: float | None = None  # when the line was drawn that still moves
        self.passing = False  # a line is there that goes when anything else is shown

    def close(self) -> None:
        """Leave the table on the screen as it is now, and the cursor on a line of its own."""
        if self.live is not None and self.table is not None:
            self.table.fitted = False
            self.live.stop()
            self._write("\n")
        if self.drawn is not None:
            self._write("\n")
        self._wipe_passing()

    def notice(self, message: str) -> None:
        self._print(Text(_notice(message), style="dim"))

    def draw_passing(self, line: str) -> None:
        self._wipe_passing()
        self._write(line)
        self.passing = True

    def draw_bar(self, bar: str, *, full: bool) -> None:
        self._wipe_passing()
        now = time.monotonic()
        if not full and self.drawn is not None and now - self.drawn < BAR_EVERY:
            return
        self._write(f"\r{bar}{WIPE_REST}")
        self.drawn = now
        if full:
            self._write("\n")
            self.drawn = None

    def search_started(self, search: Search) -> None:
        super().search_started(search)
        table = self.table
        assert table is not None  # noqa: S101  made just now
        table.fitted = True
        self.live = Live(
            get_renderable=lambda: table,
            console=self.console,
            refresh_per_second=4,
            redirect_stdout=False,
        )
        self.live.start()

    def _wipe_bar(self) -> None:
        """Take a bar that is not full off the screen."""
        if self.drawn is not None:
            self._write(f"\r{WIPE_REST}")
            self.drawn = None

    def _print(self, text: str | Text) -> None:
        self._wipe_passing()
        self._wipe_bar()
        super()._print(text)

    def _wipe_passing(self) -> None:
        if self.passing:
            self._write(f"\r{WIPE_REST}")
            self.passing = False

    def _write(self, text: str) -> None:
        """Past rich, which takes a carriage return away."""
        self.console.file.write(text)
        self.console.file.flush()


def _bar(work: str, done: int, total: int) -> str:
    return f"{work} {'━' * (BAR_WIDTH * done // total):<{BAR_WIDTH}} {done:,}/{total:,}"


def _notice(message: str) -> str:
    """With its mark; the lines of a table are set in below it."""
    return f"· {message}".replace("\n", "\n  ")


def scores_of(run: Run, objectives: Sequence[Objective]) -> str:
    """`val_accuracy 0.9815`, or why there is none."""
    found = [(one.name, run.scores[one.name]) for one in objectives if one.name in run.scores]
    return "  ".join(f"{name} {cell(as_shown(name, score))}" for name, score in found) or reason_of(run)


def epoch_line(run: Run, epoch: Epoch) -> str:
    """One epoch of a training in one line."""
    values = [f"{short_name(name)} {epoch.metrics[name]:.4f}" for name in epoch_columns(epoch.metrics)]
    number = f"epoch {epoch.number:>3}/{run.plan.training.epochs}"
    return "  ".join([number, *values, f"{epoch.seconds:.1f} s"])
