"""`zoo export`: writes a registered model to a file."""

from __future__ import annotations

from pathlib import Path

import click

from zoo.cli.app import App, pass_app
from zoo.cli.options import json_option, model_argument
from zoo.cli.output import print_fields, print_json
from zoo.data.units import bytes_in_words


@click.command()
@model_argument
@click.option(
    "--format",
    "file_format",
    metavar="keras|h5|saved-model",
    help="One .keras or .h5 file, or the folder of a TensorFlow SavedModel.  [default: as PATH ends, or keras]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The file or folder to write.  [default: DATASET-MODEL here]",
)
@json_option
@pass_app
def command(app: App, model: str, file_format: str | None, output: Path | None, as_json: bool) -> None:
    """Write MODEL to a file: pixels 0-255 in, a probability for each class out."""
    with app.open_workspace() as workspace:
        from zoo import workflows

        registered, path, written = workflows.export(workspace, model, file_format=file_format, output=output)
    num_bytes = sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
    fields = {"model": registered.id, "format": written, "path": str(path)}
    if as_json:
        print_json({**fields, "bytes": num_bytes, "class_names": registered.class_names})
        return
    classes = ", ".join(f"{number} = {name}" for number, name in enumerate(registered.class_names))
    print_fields({**fields, "size": bytes_in_words(num_bytes), "outputs": classes})
