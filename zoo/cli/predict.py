"""`zoo predict`: classifies image files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo.cli.app import App, pass_app
from zoo.cli.number_types import WholeRange
from zoo.cli.options import json_option, model_argument, strict_option
from zoo.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.workflows import Prediction


@click.command()
@model_argument
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--top",
    type=WholeRange(1),
    default=3,
    show_default=True,
    help="Number of classes to show for each image.",
)
@strict_option
@json_option
@pass_app
def command(app: App, model: str, files: tuple[Path, ...], top: int, strict: bool, as_json: bool) -> None:
    """Classify image files with MODEL. Files that cannot be read are named and skipped."""
    with app.open_workspace(strict=strict) as workspace:
        from zoo import workflows

        predictions = workflows.predict(workspace, model, files)
    if as_json:
        print_json([_document(prediction, top) for prediction in predictions])
    else:
        _print_table(predictions, top)


def _document(prediction: Prediction, top: int) -> dict[str, object]:
    return {
        "file": prediction.path,
        "class": prediction.class_name,
        "probabilities": dict(_likeliest(prediction, top)),
    }


def _print_table(predictions: Sequence[Prediction], top: int) -> None:
    rows = [
        (
            prediction.path,
            prediction.class_name,
            "  ".join(f"{name} {share:.1%}" for name, share in _likeliest(prediction, top)),
        )
        for prediction in predictions
    ]
    print_table(["file", "class", f"top {top}"], rows, empty="no files")


def _likeliest(prediction: Prediction, top: int) -> list[tuple[str, float]]:
    """Return the likeliest classes with their probabilities."""
    return list(prediction.probabilities.items())[:top]
