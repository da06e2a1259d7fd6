"""Chooses the files of plots, and writes them atomically."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg

from zoo.errors import PlotError, reason_of
from zoo.reports.style import DPI, house_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")


def output_files(plots: Sequence[str], name: str, output: Path | None) -> dict[str, Path]:
    """Plot -> its file: NAME-PLOT.png if `output` is a folder, or else `output` itself.

    With several plots, OUTPUT.svg becomes OUTPUT-PLOT.svg.

    Args:
        output: a .png or .svg file, or a folder; None: the working directory.

    Raises:
        PlotError: the file has another suffix.
    """
    if output is None or output.is_dir() or not output.suffix:
        folder = output or Path()
        return {plot: folder / f"{name}-{plot}.png" for plot in plots}
    if output.suffix.lower() not in FORMATS:
        raise PlotError(
            f"cannot write a plot as '{output.suffix}': give {output.name} the suffix .png or .svg, or name a folder"
        )
    if len(plots) == 1:
        return {plots[0]: output}
    return {plot: output.with_name(f"{output.stem}-{plot}{output.suffix}") for plot in plots}


@house_style()
def write_figure(figure: Figure, path: Path) -> None:
    """Write the figure in the format of the path's suffix; an existing file is replaced atomically.

    Raises:
        PlotError: the file cannot be written.
    """
    FigureCanvasAgg(figure)
    content = io.BytesIO()
    kind = path.suffix.lower().removeprefix(".")
    metadata = {"Date": None} if kind == "svg" else None  # equal plots are equal files
    figure.savefig(content, format=kind, dpi=DPI, metadata=metadata)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content.getvalue())
        unfinished.replace(path)
    except OSError as error:
        raise PlotError(
            f"cannot write {path}: {reason_of(error)}; name another place with --output"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()
