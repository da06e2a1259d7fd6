"""Write a registered model to files that other programs read. TensorFlow is imported once nothing is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo.interfaces.export_formats import SUFFIXES, check_format, check_target, format_of
from zoo.workflows.workspace import start_tensorflow

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
    file_format = file_format or (output and format_of(output)) or "keras"
    check_format(file_format)
    found = workspace.registry.model(model)
    path = output or Path(f"{found.dataset}-{found.id}{SUFFIXES[file_format]}")
    check_target(path, file_format)
    start_tensorflow(workspace.progress)
    from zoo.export import export as write
    from zoo.training.fit import start_fresh
    from zoo.workflows.loading import load_classifier

    start_fresh(0)
    write(load_classifier(workspace, found), path, file_format)
    return Exported(found, path, file_format)
