"""Writes the tables of networks in docs/plugins.md from those of the tests; with --check, fails where they differ."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the tests are not an installed package

from zoo_plugins.kerashub_kinds import KINDS  # noqa: E402

from tests.foreign.networks import BUILT, PASSING, PLUGIN_FILES, REFUSED  # noqa: E402
from tests.plugins import kerashub_presets  # noqa: E402
from zoo.plugins import load_plugins  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = ROOT / "docs" / "plugins.md"
START, END = "<!-- docs/generate_networks.py writes from here -->\n", "<!-- to here -->\n"


def render() -> str:
    """The tables, in Markdown."""
    papers = {name: one.reference for name, one in load_plugins(PLUGIN_FILES).architectures.items()}
    tables = (
        table(
            ("network", "paper", "parameters", "its plugin has"),
            (
                (row.architecture, papers[row.architecture], f"{row.parameters:,}", row.plugin)
                for row in PASSING
            ),
        ),
        table(
            ("backbone of KerasHub", "class", "parameters", "stored as", "exported as"),
            (
                (
                    name,
                    KINDS[name].class_name,
                    f"{parameters:,}",
                    "one layer" if KINDS[name].as_unit else "its layers",
                    "saved-model" if name in kerashub_presets.LOSSY else "keras, saved-model",
                )
                for name, parameters in kerashub_presets.PARAMETERS.items()
            ),
        ),
        table(
            ("large network", "paper", "parameters", "represents"),
            (
                (row.architecture, papers[row.architecture], f"{row.parameters:,}", ", ".join(row.larger))
                for row in BUILT
            ),
        ),
        table(
            ("refused network", "paper", "its plugin has", "message"),
            ((row.architecture, papers[row.architecture], row.plugin, row.message) for row in REFUSED),
        ),
    )
    return "".join(tables)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table, after an empty line."""
    cells = (head, ("---",) * len(head), *rows)
    lines = (" | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in row) for row in cells)
    return "\n" + "".join(f"| {line} |\n" for line in lines)


def main() -> int:
    """Write the tables, or check them; returns the exit code."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    written = f"{before}{START}{render()}\n{END}{after}"
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(written, encoding="utf-8")
        return 0
    if page == written:
        return 0
    print(
        f"{PAGE.name} is not what the tables of the tests say: run python docs/generate_networks.py",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
