"""Exports a registered model. TensorFlow is imported after all checks of the arguments."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo.interfaces.export_formats import SUFFIXES, check_format, check_target, format_of
from zoo.workflows.workspace import start_tensorflow

if TYPE_CHECKING:
    from zoo.interfaces import Model, ModelContent
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
    """Write a registered model, see `zoo.export.export`; a notice names the code that the file needs to be loaded.

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
    from zoo.models.content import from_content
    from zoo.training.fit import start_fresh
    from zoo.workflows.loading import load_content

    start_fresh(0)
    content = load_content(workspace, registered)
    write(from_content(content), path, file_format)
    code = _code_of(workspace, registered, content)
    if code and file_format != "saved-model":
        workspace.progress.notice(f"{path} needs {code} to be loaded; a saved-model needs no code")
    return Exported(registered, path, file_format)


def _code_of(workspace: Workspace, model: Model, content: ModelContent) -> str:
    """Return in words the classes of the model that are not Keras's own, and where they are; empty if it has none."""
    from zoo.models.content import custom_objects_in
    from zoo.models.custom_objects import is_of_library, module_of, name_of

    plugin = workspace.registry.run(model.run_id).plan.candidate.plugin
    classes: dict[str, set[str]] = defaultdict(set)
    for config in custom_objects_in(content.graph):
        source = module_of(config).partition(".")[0] if is_of_library(config) else plugin
        classes[source].add(name_of(config))
    return " and ".join(
        f"{', '.join(sorted(names))} of {source}" for source, names in sorted(classes.items())
    )
