"""Registered models as classifiers, also where their plugin is not loaded."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.errors import ArtifactError, ZooError
from zoo.interfaces.freezing import find_frozen
from zoo.models.content import to_content
from zoo.models.freezing import freeze
from zoo.plugins import load_plugins
from zoo.registry import open_registry
from zoo.workflows.loading import load_classifier, load_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Model
    from zoo.workflows import Workspace

ASSETS = Path(__file__).parent / "assets"


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


def broken_layers() -> list[type]:
    raise ModuleNotFoundError("No module named 'gone'")


def refused_layers() -> list[type]:
    raise ZooError("its library is not installed: No module named 'gone'")


@pytest.mark.parametrize("custom_layers", [broken_layers, refused_layers])
def test_custom_layers_that_fail_matter_only_to_a_model_that_needs_them(
    trained: Workspace, parent: Model, with_own_layer: Model, custom_layers: Callable[[], list[type]]
) -> None:
    tiny = replace(trained.plugins.architectures["tiny"], custom_layers=custom_layers)
    workspace = replace(trained, plugins=replace(trained.plugins, architectures={"tiny": tiny}))
    assert load_classifier(workspace, parent).image_size == 8
    with pytest.raises(ZooError, match=r"(its custom_layers fails: |not installed).*No module named 'gone'"):
        load_content(workspace, with_own_layer)


# Models of earlier versions of zoo --------------------------------------------------------------------------


@pytest.fixture(params=[1, 2, 3, 4])
def earlier(request: pytest.FixtureRequest, workspace: Workspace, tmp_path: Path) -> Iterator[tuple]:
    """A workspace on a registry that zoo wrote when it had this schema, with one model; and its probabilities."""
    stored = ASSETS / f"schema-{request.param}"
    path = tmp_path / "earlier" / "registry.db"
    shutil.copytree(stored / "artifacts", path.parent / "artifacts")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((stored / "registry.sql").read_text())
    shutil.copy(ASSETS / "older.py", tmp_path)
    with open_registry(path) as registry:
        plugins = load_plugins(tmp_path)
        expected = json.loads((stored / "probabilities.json").read_text())
        yield replace(workspace, registry=registry, plugins=plugins), registry.models()[0], expected


def test_a_model_of_an_earlier_version_returns_the_same_probabilities(earlier: tuple) -> None:
    workspace, model, expected = earlier
    classifier = load_classifier(workspace, model)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1)).astype(np.float32)
    np.testing.assert_allclose(classifier.network(pixels), expected, rtol=0, atol=1e-6)


def test_a_model_of_an_earlier_version_is_frozen_by_the_names_of_this_one(earlier: tuple) -> None:
    workspace, model, _ = earlier
    spec = "block2_attention/query_dense,block1_mixing/dense/kernel"
    find_frozen(workspace.registry.freezable(model.id), spec)
    assert freeze(load_classifier(workspace, model), spec) == (
        "block1_mixing/dense/kernel",
        "block2_attention/query_dense/kernel",
        "block2_attention/query_dense/bias",
    )


def test_a_model_of_an_earlier_version_is_stored_again_without_a_loss(earlier: tuple) -> None:
    workspace, model, _ = earlier
    content = workspace.registry.load_content(model.id)
    again = to_content(load_classifier(workspace, model))
    assert (content.by_path, again.by_path) == (True, False)
    assert (again.parameters, len(again.tensors)) == (content.parameters, len(content.tensors))
