"""`zoo data plot`: plots of a dataset."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from zoo.cli.app import App, pass_app
from zoo.cli.number_types import WholeRange
from zoo.cli.options import SEEDS, dataset_argument, json_option
from zoo.cli.output import print_fields, print_json
from zoo.interfaces import SPLITS

KINDS = ("samples", "classes", "sizes", "all")


@click.command()
@dataset_argument
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="Sample images, images per class, or image sizes.  [default: all]",
)
@click.option(
    "--augmentation", metavar="NAME", help="Plot images before and after this augmentation instead."
)
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    help="Only images of this split.  [default: samples of train, all images otherwise]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A .png or .svg file, or a folder; existing plots are replaced.  [default: DATASET-KIND.png here]",
)
@click.option(
    "--seed",
    type=WholeRange(0, SEEDS - 1),
    default=0,
    show_default=True,
    help="Seed for the choice of the images.",
)
@json_option
@pass_app
def command(
    app: App,
    dataset: str,
    kind: str | None,
    augmentation: str | None,
    split: str | None,
    output: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Plot DATASET: samples of each class, images per class and split, image sizes.

    With several plots, OUTPUT.svg becomes OUTPUT-KIND.svg.
    """
    from zoo.display.live import watching
    from zoo.reports.dataset_plots import PLOTS, plot_augmentation, plot_dataset

    if augmentation is not None:
        _prepare(augmentation, kind)
    with app.open_dataset(dataset) as (opened, _), watching() as progress:
        if augmentation is not None:
            files = plot_augmentation(opened, augmentation, progress, split=split, seed=seed, output=output)
        else:
            plots = PLOTS if kind in (None, "all") else (kind,)
            files = plot_dataset(opened, plots, progress, split=split, seed=seed, output=output)
    written = {plot: str(path) for plot, path in files.items()}
    print_json({"dataset": opened.name, "plots": written}) if as_json else print_fields(written)


def _prepare(augmentation: str, kind: str | None) -> None:
    """Refuse what cannot be plotted before images are read, and import Keras without its start-up messages."""
    from zoo.data.augmentation_names import parts_of
    from zoo.tensorflow_startup import quiet_start

    if kind is not None:
        raise click.UsageError("--augmentation makes its own plot: leave --kind out")
    parts_of(augmentation)
    with quiet_start():
        importlib.import_module("keras")
