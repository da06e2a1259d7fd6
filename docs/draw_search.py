"""Draw docs/search.svg anew: `python docs/draw_search.py`. It runs the search that the picture shows."""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

import zoo
from zoo.display.search_table import SearchTable, TrialLine

COMMAND = ("zoo", "search", "convnet", "digits", "--trials", "6", "--epochs", "8")
COLUMNS = 112
PICTURE = Path(__file__).with_name("search.svg")
COLOURS = TerminalTheme(
    (32, 35, 40),
    (214, 217, 222),
    [
        (60, 64, 72),
        (224, 108, 117),
        (152, 195, 121),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (214, 217, 222),
    ],
)


def main() -> None:
    """Run the search in a folder of its own, and draw what a terminal shows at its end."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"ZOO_REGISTRY": f"{folder}/registry.db", "COLUMNS": str(COLUMNS)}
        finished = subprocess.run(  # noqa: S603  a fixed command
            COMMAND, env=environment, check=True, capture_output=True, text=True
        )
        screen = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
        screen.print(Text("$ " + " ".join(COMMAND), style="bold"))
        screen.print(Text(first_line(finished.stderr)))
        with zoo.open_registry(f"{folder}/registry.db") as registry:
            [search] = registry.searches()
            table = SearchTable(search)
            for run in registry.runs(search=search.id):
                table.lines[run.id] = TrialLine(run, list(registry.epochs(run.id)))
            screen.print(table)
        screen.print(Text(finished.stdout.rstrip()))
    PICTURE.write_text(screen.export_svg(title="zoo search", theme=COLOURS), encoding="utf-8")


def first_line(progress: str) -> str:
    """The line that names the search."""
    return next(line for line in progress.splitlines() if line.startswith("search "))


if __name__ == "__main__":
    main()
