"""Write a registered model to files that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo import export as formats
from zoo.errors import UnknownNameError
from zoo.training.fit import start_fresh
from zoo.workflows.loading import load_classifier

if TYPE_CHECKING:
    from zoo.interfaces import Model
    from zoo.workflows.workspace import Workspace


class Exported(NamedTuple):
    """What was written where, and in which format."""

    model: Model
    path: Path
    file_format: str


def export(
    workspace: Workspace,
    model: str,
    *,
    file_format: str | None = None,
    output: Path | None = None,
) -> Exported:
    """Write a registered model, see `zoo.export.export`.

    Args:
        file_format: None: as `output` is called, `keras` where that says nothing.
        output: the file, or for `saved-model` the folder, to write; None: named after the model, here.

    Raises:
        ZooError: the model cannot be found or read, or see `zoo.export.export`.
    """
    file_format = file_format or (output and formats.format_of(output)) or "keras"
    if file_format not in formats.SUFFIXES:
        raise UnknownNameError("format", file_format, formats.SUFFIXES)
    found = workspace.registry.model(model)
    path = output or Path(f"{found.dataset}-{found.id}{formats.SUFFIXES[file_format]}")
    start_fresh(0)
    formats.export(load_classifier(workspace, found), path, file_format)
    return Exported(found, path, file_format)
