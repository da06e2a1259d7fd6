"""Loads a registered model as a classifier, whether or not its plugin is still loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import ArtifactError, MissingLayerError, ZooError
from zoo.models.content import check_layers, from_content, layer_code
from zoo.models.custom_objects import register_layers

if TYPE_CHECKING:
    from zoo.interfaces import Model, ModelContent
    from zoo.models.classifier import Classifier
    from zoo.workflows.workspace import Workspace


def load_classifier(workspace: Workspace, model: Model) -> Classifier:
    """Build the model from its stored content; see `load_content`."""
    return from_content(load_content(workspace, model))


def load_content(workspace: Workspace, model: Model) -> ModelContent:
    """Return the stored content of the model, ready to be built; of its plugin only custom layers are needed.

    Raises:
        ArtifactError: the content is damaged, or needs a plugin that is not loaded.
        ZooError: it needs custom layers, and the architecture's `custom_layers` fails.
    """
    architecture = workspace.plugins.architectures.get(model.architecture)
    broken: ZooError | None = None
    try:
        register_layers(architecture)
    except ZooError as error:  # which matters only if the model needs these layers
        broken = error
    content = workspace.registry.load_content(model.id)
    try:
        check_layers(content.graph)
    except MissingLayerError as error:
        if broken is not None:
            raise broken from None
        candidate = workspace.registry.run(model.run_id).plan.candidate
        missing = "is not loaded: install that plugin, or name its folder with --plugins-dir"
        if architecture is not None:
            missing = "does not return it: add it to the architecture's custom_layers"
        raise ArtifactError(
            f"model {model.id} needs the layer '{error.layer}' of architecture '{model.architecture}', version "
            f"{candidate.version}, which came from {candidate.plugin} and {missing}"
        ) from error
    if changed := changed_layers(content):
        workspace.progress.notice(
            f"the code of {', '.join(changed)} has changed since model {model.id} was trained, so it may return other "
            "outputs: restore that code, or train again"
        )
    return content


def changed_layers(content: ModelContent) -> list[str]:
    """Return the registered names of a plugin's layers whose code has changed since the content was stored."""
    now = layer_code(content.graph)
    return sorted(name for name, digest in content.layer_code.items() if name in now and now[name] != digest)
