"""Progress on the screen: a live table on a terminal, plain lines elsewhere. All on standard error."""

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
    reason_of,
    with_origin,
)
from zoo.display.tables import cell, console
from zoo.interfaces import Epoch, EpochProgress, Objective, Progress, Run, Search, interrupts_first
from zoo.interfaces.metrics import as_shown, epoch_columns, short_name
from zoo.interfaces.spaces import Space

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BAR_WIDTH = 30
BAR_EVERY = 0.1  # seconds between two redraws of a line
WIPE_REST = "\x1b[K"  # ANSI: erase from the cursor to the end of the line


@contextmanager
def watching(*, silent: bool = False) -> Iterator[Progress]:
    """Show the progress of the work inside in a form that suits standard error, and let signals stop the work.

    Args:
        silent: show nothing.
    """
    progress = Silent() if silent else make_progress()
    try:
        with _stopping(progress):
            yield progress
    finally:
        progress.close()


def make_progress() -> PlainLines:
    """Return the progress display for a notebook's cell, a terminal, or a file or pipe."""
    screen = console(stderr=True)
    if screen.is_jupyter:
        from IPython.display import display

        from zoo.display.notebook import Notebook

        return Notebook(display)
    return Terminal() if screen.is_terminal else PlainLines()


@contextmanager
def _stopping(progress: PlainLines) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM, with which schedulers end jobs, interrupt the work inside.

    Python discards a KeyboardInterrupt raised during garbage collection, which Keras triggers between trainings, and
    TensorFlow turns one raised below its C++ code into an error of its own. So the request is also stored: `progress`
    checks it in each of its methods, and an error that follows it is an interrupt.
    """

    def stop(_number: int, _frame: object) -> None:
        progress.stop_asked = True
        raise KeyboardInterrupt

    def ignore_interrupts(unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            previous_hook(unraisable)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # In the background of a shell, or under nohup, interrupts are ignored and must stay so; None is a handler in C of a
    # host program, which Python could not restore.
    unchanged = (signal.SIG_IGN, None)
    numbers = [
        number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) not in unchanged
    ]
    previous_handlers = {number: signal.signal(number, stop) for number in numbers}
    previous_hook, sys.unraisablehook = sys.unraisablehook, ignore_interrupts
    try:
        with interrupts_first(progress):
            yield
    finally:
        sys.unraisablehook = previous_hook
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)


class PlainLines(Progress):
    """Prints one line for each event."""

    def __init__(self) -> None:
        self.console = console(stderr=True)
        self.objectives: tuple[Objective, ...] = ()
        self.trials = 0
        self.searched: frozenset[str] = frozenset()
        self.stop_asked = False

    def close(self) -> None:
        """End the display."""

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
        self.stop_if_asked()
        if run.trial is None:
            self._print(f"run {run.id}: {run.plan.architecture} on {run.dataset}")

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:  # noqa: ARG002
        self.stop_if_asked()

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        self.stop_if_asked()
        if run.trial is None:
            self._print(epoch_line(run, epoch))

    def stop_if_asked(self) -> None:
        if self.stop_asked:
            raise KeyboardInterrupt

    def run_ended(self, run: Run) -> None:
        if run.trial is None:
            return
        self._print(
            f"trial {run.trial.number}/{self.trials}  {run.state}  {scores_of(run, self.objectives)}  "
            f"{with_origin(run, self.searched)}"
        )

    def _print(self, text: str | Text) -> None:
        self.console.print(text)


class Silent(PlainLines):
    """Shows nothing, but still lets signals stop the work."""

    def __init__(self) -> None:
        super().__init__()
        self.console.quiet = True


class Redrawn(PlainLines):
    """Draws a bar while images are read and a table while a search runs, each updated in place."""

    def __init__(self) -> None:
        super().__init__()
        self.table: SearchTable | None = None
        self.epochs = 0  # of the most recent run

    def began(self, work: str) -> None:
        if self.table is None:
            self.draw_transient(f"{work} …")

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
            # A trial that was stopped while it was being started has no line yet.
            self.table.lines.setdefault(run.id, TrialLine(run)).run = run

    def draw_bar(self, bar: str, *, full: bool) -> None:
        """Draw the bar in place of the previous one; a full bar stays."""
        raise NotImplementedError

    def draw_transient(self, line: str) -> None:
        """Draw a line that disappears when anything else is shown."""
        raise NotImplementedError


class Terminal(Redrawn):
    """Draws on a terminal: the bar on its own line, the table by rich, which draws it in a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.live: Live | None = None
        self.drawn: float | None = None  # when the unfinished bar was last drawn
        self.has_transient = False  # whether a transient line is on the screen

    def close(self) -> None:
        """Leave the table on the screen as it is now, with the cursor on a new line."""
        if self.live is not None and self.table is not None:
            self.table.fitted = False
            self.live.stop()
            self._write("\n")
        if self.drawn is not None:
            self._write("\n")
        self._wipe_transient()

    def notice(self, message: str) -> None:
        self._print(Text(_notice(message), style="dim"))

    def draw_transient(self, line: str) -> None:
        self._wipe_transient()
        self._write(line)
        self.has_transient = True

    def draw_bar(self, bar: str, *, full: bool) -> None:
        self._wipe_transient()
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
        assert table is not None  # noqa: S101  just created
        table.fitted = True
        self.live = Live(
            get_renderable=lambda: table,
            console=self.console,
            refresh_per_second=4,
            redirect_stdout=False,
        )
        self.live.start()

    def _wipe_bar(self) -> None:
        """Remove an unfinished bar from the screen."""
        if self.drawn is not None:
            self._write(f"\r{WIPE_REST}")
            self.drawn = None

    def _print(self, text: str | Text) -> None:
        self._wipe_transient()
        self._wipe_bar()
        super()._print(text)

    def _wipe_transient(self) -> None:
        if self.has_transient:
            self._write(f"\r{WIPE_REST}")
            self.has_transient = False

    def _write(self, text: str) -> None:
        """Write without rich, which removes carriage returns."""
        self.console.file.write(text)
        self.console.file.flush()


def _bar(work: str, done: int, total: int) -> str:
    return f"{work} {'━' * (BAR_WIDTH * done // total):<{BAR_WIDTH}} {done:,}/{total:,}"


def _notice(message: str) -> str:
    """The message with a bullet; further lines, such as a table, are indented."""
    return f"· {message}".replace("\n", "\n  ")


def scores_of(run: Run, objectives: Sequence[Objective]) -> str:
    """The run's scores, such as `val_accuracy 0.9815`, or the reason why it has none."""
    names = [objective.name for objective in objectives if objective.name in run.scores]
    return "  ".join(f"{name} {cell(as_shown(name, run.scores[name]))}" for name in names) or reason_of(run)


def epoch_line(run: Run, epoch: Epoch) -> str:
    """One epoch of a training in one line."""
    values = [f"{short_name(name)} {epoch.metrics[name]:.4f}" for name in epoch_columns(epoch.metrics)]
    number = f"epoch {epoch.number:>3}/{run.plan.training.epochs}"
    return "  ".join([number, *values, f"{epoch.seconds:.1f} s"])
