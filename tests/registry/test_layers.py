"""`Registry.layers`: what a manifest records about a model's layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import pytest
from keras import layers

from tests.registry import builders
from zoo.errors import ArtifactError, FreezeError, NotFoundError
from zoo.interfaces import DatasetVersion, LayerInfo, Model, ModelContent
from zoo.interfaces.freezing import find_frozen
from zoo.models.classifier import Classifier
from zoo.models.content import to_content
from zoo.models.freezing import freezable, freeze
from zoo.registry.manifest import needed_digests

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.registry import Registry


@pytest.fixture
def store(registry: Registry, digits: DatasetVersion) -> Callable[[ModelContent], Model]:
    def stored(content: ModelContent) -> Model:
        run = registry.start_run(builders.run_plan(), digits)
        return registry.complete_run(run.id, content, [builders.evaluation()])

    return stored


@pytest.fixture
def layers_of(
    registry: Registry, store: Callable[[ModelContent], Model]
) -> Callable[[Classifier], tuple[LayerInfo, ...]]:
    """Return what the registry records about a classifier's layers once it is stored."""
    return lambda classifier: registry.layers(store(to_content(classifier)).id)


def test_each_layer_is_described(build: Callable[..., Classifier], layers_of: Callable) -> None:
    classifier = build()
    freeze(classifier, "block1")
    # A convolution of 1·9·4+4 weights, one of 4·9·4+4, normalisations of 4·4, a head of 4·2+2.
    assert layers_of(classifier) == (
        LayerInfo(0, "pixels", "InputLayer", "block1", 0, None, None),
        LayerInfo(1, "rescaling", "Rescaling", "block1", 0, None, None),
        LayerInfo(2, "block1_conv", "Conv2D", "block1", 40, "yes", 1),
        LayerInfo(3, "block1_bn", "BatchNormalization", "block1", 16, "yes", 2),
        LayerInfo(4, "block1_relu", "ReLU", "block1", 0, None, None),
        LayerInfo(5, "block2_conv", "Conv2D", "block2", 148, "no", 3),
        LayerInfo(6, "block2_bn", "BatchNormalization", "block2", 16, "no", 4),
        LayerInfo(7, "block2_relu", "ReLU", "block2", 0, None, None),
        LayerInfo(8, "head_pooling", "GlobalAveragePooling2D", "head", 0, None, None),
        LayerInfo(9, "head_dropout", "Dropout", "head", 0, None, None),
        LayerInfo(10, "head_output", "Dense", "head", 10, "no", None),
    )


@pytest.mark.parametrize(
    ("spec", "frozen"),
    [
        ("none", ["no", "no", "no", "no"]),
        ("all", ["yes", "yes", "yes", "yes"]),
        ("pattern:*_bn", ["no", "yes", "no", "yes"]),
        ("block1_conv/kernel", ["partly", "no", "no", "no"]),
        ("block1_conv/", ["yes", "no", "no", "no"]),
        ("block2_bn/gamma", ["no", "no", "no", "partly"]),
    ],
)
def test_a_layer_is_frozen_or_not_or_partly(
    build: Callable[..., Classifier], layers_of: Callable, spec: str, frozen: list[str]
) -> None:
    classifier = build()
    freeze(classifier, spec)
    assert [layer.frozen for layer in layers_of(classifier) if layer.number] == frozen


@pytest.mark.parametrize(
    "spec",
    [
        "none",
        "all",
        "1",
        "50%",
        "block1",
        "block1_bn",
        "until:block2",
        "pattern:*_bn",
        "block1_conv/,block2_bn/gamma",
    ],
)
def test_a_manifest_freezes_the_same_as_the_network(
    build: Callable[..., Classifier], registry: Registry, store: Callable, spec: str
) -> None:
    classifier = build()
    stored = registry.freezable(store(to_content(classifier)).id)
    assert find_frozen(stored, spec) == find_frozen(freezable(classifier), spec)


@pytest.mark.parametrize("spec", ["5", "101%", "blok1", "head_output", "pattern:none*", "block1_conv/krenel"])
def test_a_manifest_refuses_to_freeze_the_same_as_the_network(
    build: Callable[..., Classifier], registry: Registry, store: Callable, spec: str
) -> None:
    classifier = build()
    stored = registry.freezable(store(to_content(classifier)).id)
    with pytest.raises(FreezeError) as by_manifest:
        find_frozen(stored, spec)
    with pytest.raises(FreezeError) as by_network:
        find_frozen(freezable(classifier), spec)
    assert str(by_manifest.value) == str(by_network.value)


def classifier_of(*backbone: Any, points: tuple[str, ...] = ()) -> Classifier:
    """A chain of layers and functions with a head."""
    pixels = x = keras.Input((8, 8, 1), name="pixels")
    for layer in backbone:
        x = layer(x)
    x = layers.Dense(2, name="head_output")(layers.Flatten(name="head_pooling")(x))
    return Classifier(keras.Model(pixels, x), ("a", "b"), ("head_pooling", "head_output"), points)


def test_functions_are_no_layers(layers_of: Callable) -> None:
    rows = layers_of(classifier_of(lambda x: keras.ops.flip(x, axis=1) + x, layers.Conv2D(2, 1, name="conv")))
    assert [(row.index, row.name) for row in rows][:2] == [(0, "pixels"), (1, "conv")]


@keras.saving.register_keras_serializable(package="layers of a registry")
class Doubled(layers.Layer):
    """Has a part that is built before it is, whose variables' paths do not begin with its own name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(1, 1, name="inner")])

    def call(self, inputs: Any) -> Any:
        return self.part(inputs) * 2


def test_weights_of_a_part_that_was_built_before_count_to_their_layer(layers_of: Callable) -> None:
    rows = layers_of(classifier_of(layers.Conv2D(1, 1, name="first"), Doubled(name="doubled"), layers.ReLU()))
    assert [(row.name, row.parameters) for row in rows if row.number] == [("first", 2), ("doubled", 2)]


def test_no_tensor_is_read(
    build: Callable[..., Classifier], registry: Registry, store: Callable[[ModelContent], Model]
) -> None:
    model = store(to_content(build()))
    for blob in needed_digests(registry.artifacts, model.manifest) - {model.manifest}:
        registry.artifacts.delete(blob)
    assert len(registry.layers(model.id)) == 11


def test_a_graph_of_another_form_is_refused(
    registry: Registry, store: Callable[[ModelContent], Model]
) -> None:
    model = store(builders.content())
    with pytest.raises(
        ArtifactError, match=f"^model {model.id}: this version of zoo cannot read the stored graph"
    ):
        registry.layers(model.id)


def test_a_model_that_there_is_not(registry: Registry) -> None:
    with pytest.raises(NotFoundError):
        registry.layers("0123456789ab")
