"""Draws and writes the plots of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.reports.class_counts import draw_class_counts
from zoo.reports.files import output_files, write_figure
from zoo.reports.image_sizes import draw_sizes, read_sizes
from zoo.reports.lettering import lettering
from zoo.reports.samples import draw_samples

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Progress

PLOTS = ("samples", "classes", "sizes")


def plot_dataset(
    opened: OpenedDataset,
    plots: tuple[str, ...],
    progress: Progress,
    *,
    split: str | None = None,
    seed: int = 0,
    output: Path | None = None,
) -> dict[str, Path]:
    """Draw and write plots; return plot -> file.

    Args:
        plots: from `PLOTS`.
        split: draw only this split; None: samples of train, counts and sizes of all images.
        seed: for the choice of samples.
        output: see `zoo.reports.files.output_files`.

    Raises:
        ZooError: a plot has nothing to show, or cannot be written.
    """
    files = output_files(plots, opened.name, output)
    report_missing_glyphs(opened, progress)
    for plot, path in files.items():
        write_figure(_draw(opened, plot, split, seed, progress), path)
    return files


def plot_augmentation(
    opened: OpenedDataset,
    augmentation: str,
    progress: Progress,
    *,
    split: str | None = None,
    seed: int = 0,
    output: Path | None = None,
) -> dict[str, Path]:
    """As `plot_dataset`, for images before and after an augmentation. Imports TensorFlow.

    Raises:
        ZooError: see `zoo.reports.augmented.draw_augmented`.
    """
    from zoo.reports.augmented import draw_augmented

    ((plot, path),) = output_files((f"augmentation-{augmentation}",), opened.name, output).items()
    report_missing_glyphs(opened, progress)
    write_figure(draw_augmented(opened, augmentation, split or "train", seed), path)
    return {plot: path}


def report_missing_glyphs(opened: OpenedDataset, progress: Progress) -> None:
    """Report classes that are numbered because no installed font has the glyphs of their names."""
    undrawable = lettering(opened.images.class_names).undrawable
    if undrawable:
        classes = "1 class is" if undrawable == 1 else f"{undrawable:,} classes are"
        progress.notice(
            f"{classes} numbered in the plots, since no installed font can show the name; install one (Noto Sans)"
        )


def _draw(opened: OpenedDataset, plot: str, split: str | None, seed: int, progress: Progress) -> Figure:
    if plot == "samples":
        return draw_samples(opened, split or "train", seed)
    if plot == "classes":
        return draw_class_counts(opened, split)
    return draw_sizes(opened, read_sizes(opened, split, progress))
