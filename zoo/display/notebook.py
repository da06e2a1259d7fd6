"""Progress in a notebook: one output of the cell, updated in place."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console

from zoo.display.live import Redrawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.text import Text

    from zoo.interfaces import Epoch, EpochProgress, Run, Search

COLUMNS = 115
DRAW_EVERY = 0.25  # seconds between two updates of quickly changing parts
FRAME = '<pre style="white-space: pre; overflow-x: auto; line-height: normal">{code}</pre>'


class Notebook(Redrawn):
    """Draws in the working thread, since Jupyter shows the output of other threads in whichever cell is the newest.

    rich's `Live` needs ipywidgets, and its output is lost when the notebook is saved.

    Args:
        display: `IPython.display.display`, or a replacement.
    """

    def __init__(self, display: Callable[..., Any]) -> None:
        super().__init__()
        self._display = display
        self.console = _recorder()
        self._bar = ""
        self._transient = ""
        self._output: Any = None  # IPython's DisplayHandle, which is untyped
        self._drawn = 0.0

    def close(self) -> None:
        """Draw the final state, without the line that says what is in progress."""
        self._transient = ""
        if self._output is not None:
            self._draw()

    def notice(self, message: str) -> None:
        super().notice(message)
        self._draw()

    def draw_transient(self, line: str) -> None:
        self._transient = line
        self._draw()

    def draw_bar(self, bar: str, *, full: bool) -> None:
        if full:
            self.console.print(bar)
        self._bar, self._transient = "" if full else bar, ""
        self._draw_soon()

    def advanced(self, work: str, done: int, total: int) -> None:
        super().advanced(work, done, total)
        self._draw_soon()

    def search_started(self, search: Search) -> None:
        super().search_started(search)
        self._draw()

    def run_started(self, run: Run) -> None:
        super().run_started(run)
        self._draw()

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        super().epoch_advanced(progress, run)
        self._draw_soon()

    def epoch_ended(self, run: Run, epoch: Epoch) -> None:
        self._bar = ""
        super().epoch_ended(run, epoch)
        self._draw_soon()

    def run_ended(self, run: Run) -> None:
        super().run_ended(run)
        self._draw()

    def _print(self, text: str | Text) -> None:
        self._bar = self._transient = ""
        super()._print(text)

    def _draw_soon(self) -> None:
        """Draw unless that was done a moment ago; the next event, or `close`, draws then."""
        if time.monotonic() - self._drawn >= DRAW_EVERY:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        lines = _recorder()
        if in_progress := self._transient or self._bar:
            lines.print(in_progress)
        if self.table is not None:
            lines.print(self.table)
        consoles = (self.console, lines)
        content = {
            "text/html": FRAME.format(
                code="".join(
                    console.export_html(clear=False, inline_styles=True, code_format="{code}")
                    for console in consoles
                )
            ),
            "text/plain": "".join(console.export_text(clear=False) for console in consoles),
        }
        if self._output is None:
            self._output = self._display(content, raw=True, display_id=True)
        else:
            self._output.update(content, raw=True)


def _recorder() -> Console:
    """A console that records its output without showing it."""
    return Console(
        file=io.StringIO(),
        record=True,
        width=COLUMNS,
        force_jupyter=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
