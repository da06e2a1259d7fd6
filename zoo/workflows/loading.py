"""A registered model becomes a classifier again, whether or not its plugin is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import ArtifactError, MissingLayerError
from zoo.models.content import check_layers, from_content

if TYPE_CHECKING:
    from zoo.interfaces import Architecture, Model, ModelContent
    from zoo.models.classifier import Classifier
    from zoo.workflows.workspace import Workspace


def load_classifier(workspace: Workspace, model: Model) -> Classifier:
    """Build the model from what is stored of it; see `load_content`."""
    return from_content(load_content(workspace, model))


def load_content(workspace: Workspace, model: Model) -> ModelContent:
    """What is stored of the model, ready to be built; only custom layers are taken from its architecture's plugin.

    Raises:
        ArtifactError: what is stored is damaged, or needs a plugin that is not loaded.
    """
    architecture = workspace.plugins.architectures.get(model.architecture)
    import_layers(architecture)
    content = workspace.registry.load_content(model.id)
    try:
        check_layers(content.graph)
    except MissingLayerError as error:
        candidate = workspace.registry.run(model.run_id).plan.candidate
        missing = "is not loaded: install that plugin, or name its folder with --plugins-dir"
        if architecture is not None:
            missing = "does not give it: add it to the architecture's custom_layers"
        raise ArtifactError(
            f"model {model.id} needs the layer '{error.layer}' of architecture '{model.architecture}', version "
            f"{candidate.version}, which came from {candidate.plugin} and {missing}"
        ) from error
    return content


def import_layers(architecture: Architecture | None) -> None:
    """Tell Keras of the layers of its own that the architecture has."""
    if architecture is not None and architecture.custom_layers is not None:
        architecture.custom_layers()  # imports them, which registers them with Keras
