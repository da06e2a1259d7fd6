"""`zoo predict`: what a model sees in image files."""

from __future__ import annotations

from pathlib import Path

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option, model_argument, strict_option
from zoo.cli.output import print_json, print_table


@click.command()
@model_argument
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--top", type=click.IntRange(1), default=3, show_default=True, help="How many classes to show an image."
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
        print_json(
            [
                {
                    "file": prediction.path,
                    "class": prediction.class_name,
                    "probabilities": dict(list(prediction.probabilities.items())[:top]),
                }
                for prediction in predictions
            ]
        )
        return
    rows = [
        (
            prediction.path,
            prediction.class_name,
            "  ".join(f"{name} {p:.1%}" for name, p in list(prediction.probabilities.items())[:top]),
        )
        for prediction in predictions
    ]
    print_table(["file", "class", f"top {top}"], rows, empty="no files")
