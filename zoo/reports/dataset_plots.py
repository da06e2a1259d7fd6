"""Plots of one dataset, drawn and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.reports.class_counts import draw_class_counts
from zoo.reports.files import places, write_figure
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
    """Draw and write these of `PLOTS`; gives plot -> file.

    Args:
        split: draw this split only; None: samples of train, counts and sizes of all images.
        seed: draws the samples.
        output: see `zoo.reports.files.places`.

    Raises:
        ZooError: there is nothing to draw, or no place to write it.
    """
    files = places(plots, opened.name, output)
    tell_missing_letters(opened, progress)
    for plot, path in files.items():
        write_figure(_draw(opened, plot, split, seed, progress), path)
    return files


def plot_augmentation(
    opened: OpenedDataset,
    policy: str,
    progress: Progress,
    *,
    split: str | None = None,
    seed: int = 0,
    output: Path | None = None,
) -> dict[str, Path]:
    """As `plot_dataset`, for what an augmentation policy does to images. Imports TensorFlow.

    Raises:
        ZooError: see `zoo.reports.augmented.draw_augmented`.
    """
    from zoo.reports.augmented import draw_augmented

    ((plot, path),) = places((f"augmentation-{policy}",), opened.name, output).items()
    tell_missing_letters(opened, progress)
    write_figure(draw_augmented(opened, policy, split or "train", seed), path)
    return {plot: path}


def tell_missing_letters(opened: OpenedDataset, progress: Progress) -> None:
    """Say it where classes are numbered because no font of this machine has their letters."""
    undrawable = lettering(opened.images.class_names).undrawable
    if undrawable:
        classes = "1 class is" if undrawable == 1 else f"{undrawable:,} classes are"
        progress.notice(
            f"{classes} numbered in the plots, as no font here has the letters; install such a font (Noto Sans)"
        )


def _draw(opened: OpenedDataset, plot: str, split: str | None, seed: int, progress: Progress) -> Figure:
    if plot == "samples":
        return draw_samples(opened, split or "train", seed)
    if plot == "classes":
        return draw_class_counts(opened, split)
    return draw_sizes(opened, read_sizes(opened, split, progress))
