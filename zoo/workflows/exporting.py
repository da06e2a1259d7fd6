"""Exports a registered model. TensorFlow is imported after all checks of the arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo.interfaces.export_formats import SUFFIXES, check_format, check_target, format_of
from zoo.workflows.workspace import start_tensorflow

if TYPE_CHECKING:
    from zoo.interfaces import Model
    from zoo.workflows.workspace import Workspace


class Exported(NamedTuple):
    """The result of an export."""

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
        file_format: None: from the suffix of `output`, or else `keras`.
        output: the file, or for `saved-model` the folder, to write; None: in this folder, named after the model.

    Raises:
        ZooError: the model cannot be found or read, or see `zoo.export.export`.
    """
    file_format = file_format or (output and format_of(output)) or "keras"
    check_format(file_format)
    registered = workspace.registry.model(model)
    path = output or Path(f"{registered.dataset}-{registered.id}{SUFFIXES[file_format]}")
    check_target(path, file_format)
    start_tensorflow(workspace.progress)
    from zoo.export import export as write
    from zoo.training.fit import start_fresh
    from zoo.workflows.loading import load_classifier

    start_fresh(0)
    write(load_classifier(workspace, registered), path, file_format)
    return Exported(registered, path, file_format)
