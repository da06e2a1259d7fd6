"""Registered models as classifiers, also where their plugin is not loaded."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.architectures import architecture_of
from zoo.errors import ArtifactError
from zoo.workflows.loading import import_layers, load_classifier, load_content

if TYPE_CHECKING:
    from zoo.interfaces import Model
    from zoo.workflows import Workspace


def test_a_model_is_loaded_without_its_plugin(trained: Workspace, parent: Model) -> None:
    without = replace(trained, plugins=replace(trained.plugins, architectures={}))
    classifier = load_classifier(without, parent)
    assert (classifier.class_names, classifier.image_size) == (parent.class_names, 8)


@pytest.fixture
def with_own_layer(trained: Workspace, parent: Model) -> Model:
    """A model with a layer that no plugin registers."""
    content = trained.registry.load_content(parent.id)
    graph = copy.deepcopy(content.graph)
    graph["config"]["layers"][1] |= {"module": None, "class_name": "Odd", "registered_name": "mine>Odd"}
    run = trained.registry.run(parent.run_id)
    started = trained.registry.start_run(run.plan, trained.registry.dataset("blobs"))
    return trained.registry.complete_run(started.id, replace(content, graph=graph), [])


@pytest.mark.parametrize(
    ("loaded", "reason"),
    [
        (False, "is not loaded: install that plugin, or name its folder with --plugins-dir"),
        (True, "does not return it: add it to the architecture's custom_layers"),
    ],
)
def test_a_missing_layer_names_its_architecture_and_a_remedy(
    trained: Workspace, with_own_layer: Model, loaded: bool, reason: str
) -> None:
    architectures = trained.plugins.architectures if loaded else {}
    workspace = replace(trained, plugins=replace(trained.plugins, architectures=architectures))
    with pytest.raises(ArtifactError) as caught:
        load_content(workspace, with_own_layer)
    message = str(caught.value)
    assert message.startswith(f"model {with_own_layer.id} needs the layer 'mine>Odd' of architecture 'tiny'")
    assert message.endswith(reason)


def test_layers_of_an_architecture_are_imported() -> None:
    imported: list[str] = []
    architecture = architecture_of(
        lambda hp, inputs, *, weights=None: inputs, custom_layers=lambda: imported.append("layers")
    )
    import_layers(architecture)
    import_layers(None)
    assert imported == ["layers"]
