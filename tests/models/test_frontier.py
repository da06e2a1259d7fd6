"""The frontier: its position, the equivalence of both parts with the network, and the digest of the frozen part."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers

from zoo.models.classifier import Classifier
from zoo.models.content import from_content, to_content
from zoo.models.freezing import freeze
from zoo.models.frontier import Frontier, find_frontier
from zoo.models.stages import stage_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Body = Callable[[Any], Any]

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1)).astype(np.float32)


def conv(name: str, filters: int = 2, **options: Any) -> layers.Layer:
    return layers.Conv2D(filters, 3, padding="same", name=name, **options)


def classifier_of(body: Body, head: Body | None = None) -> Classifier:
    """A head of pooling and two classes on what `body` makes of 8×8 gray images."""
    keras.utils.set_random_seed(0)
    pixels = keras.Input((8, 8, 1), name="pixels")
    pooled = (head or layers.GlobalAveragePooling2D(name="head_pooling"))(body(pixels))
    outputs = layers.Dense(2, activation="softmax", name="head_output")(pooled)
    names = ("head_pooling", "head_output")
    return Classifier(keras.Model(pixels, outputs, name="classifier"), ("a", "b"), names)


def plain(x: Any) -> Any:
    """Two convolutions, each with a ReLU."""
    for number in (1, 2):
        x = layers.ReLU(name=f"relu{number}")(conv(f"conv{number}")(x))
    return x


def shortcut(x: Any) -> Any:
    """A block whose shortcut goes around two convolutions."""
    x = conv("stem")(x)
    y = conv("block_2")(layers.ReLU(name="block_1_relu")(conv("block_1")(x)))
    return layers.Add(name="block_add")([x, y])


def split(classifier: Classifier, spec: str) -> Frontier:
    freeze(classifier, spec)
    frontier = find_frontier(classifier)
    assert frontier is not None
    return frontier


def names_of(network: keras.Model) -> list[str]:
    """All layers but for inputs."""
    return [layer.name for layer in network.layers if not isinstance(layer, layers.InputLayer)]


def same_as_the_network(classifier: Classifier, frontier: Frontier) -> bool:
    """Whether both parts, one after the other, produce the network's bits, in inference and in training."""
    crossing = frontier.prefix(PIXELS, training=False)
    return all(
        np.array_equal(
            frontier.suffix.network(crossing, training=training),
            classifier.network(PIXELS, training=training),
        )
        for training in (False, True)
    )


# Position ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "spec", "crossing"),
    [
        (plain, "conv1", ((8, 8, 2),)),
        (plain, "all", ((2,),)),
        (shortcut, "stem", ((8, 8, 2),)),
        (shortcut, "block_1", ((8, 8, 2), (8, 8, 2))),
        (shortcut, "all", ((2,),)),
    ],
)
def test_the_parts_together_are_the_network_bit_for_bit(
    body: Body, spec: str, crossing: tuple[tuple[int, ...], ...]
) -> None:
    classifier = classifier_of(body)
    frontier = split(classifier, spec)
    assert (frontier.shapes, same_as_the_network(classifier, frontier)) == (crossing, True)


def test_a_layer_without_weights_belongs_to_the_frozen_layer_before_it() -> None:
    frontier = split(classifier_of(plain), "conv1")
    assert (names_of(frontier.prefix), names_of(frontier.suffix.network)) == (
        ["conv1", "relu1"],
        ["conv2", "relu2", "head_pooling", "head_output"],
    )


def test_the_heads_pooling_is_frozen_where_all_before_it_is() -> None:
    frontier = split(classifier_of(plain), "all")
    assert (names_of(frontier.prefix)[-1], names_of(frontier.suffix.network)) == (
        "head_pooling",
        ["head_output"],
    )


def test_the_pixels_cross_too_where_trainable_layers_take_them() -> None:
    def body(x: Any) -> Any:
        return layers.Concatenate(name="both")([conv("frozen")(x), conv("other")(x)])

    classifier = classifier_of(body)
    frontier = split(classifier, "pattern:frozen")
    assert (sorted(frontier.shapes), same_as_the_network(classifier, frontier)) == (
        [(8, 8, 1), (8, 8, 2)],
        True,
    )


def test_a_layer_that_enlarges_the_cached_tensors_stays_out() -> None:
    """Padding makes it 10×10. The pooling of one branch would add a tensor to the one that is kept anyway."""

    def body(x: Any) -> Any:
        x = conv("conv1")(x)
        y = layers.Conv2D(2, 3, name="conv2")(layers.ZeroPadding2D(name="padding")(x))
        pooled = layers.MaxPooling2D(3, 1, padding="same", name="pooling")(x)
        return layers.Concatenate(name="both")([y, pooled])

    frontier = split(classifier_of(body), "conv1")
    assert (frontier.shapes, names_of(frontier.prefix)) == (((8, 8, 2),), ["conv1"])


def test_a_layer_that_shrinks_the_cached_tensors_is_in() -> None:
    def body(x: Any) -> Any:
        return conv("conv2")(layers.MaxPooling2D(name="pooling")(conv("conv1")(x)))

    frontier = split(classifier_of(body), "conv1")
    assert (frontier.shapes, names_of(frontier.prefix)) == (((4, 4, 2),), ["conv1", "pooling"])


def test_a_sum_that_is_no_layer_is_split_as_one() -> None:
    def body(x: Any) -> Any:
        x = conv("conv1")(x)
        return conv("conv2")(x + layers.ReLU(name="relu")(x))

    classifier = classifier_of(body)
    frontier = split(classifier, "conv1")
    assert (len(frontier.shapes), same_as_the_network(classifier, frontier)) == (1, True)


@pytest.mark.parametrize("spec", ["none", "pattern:conv2", "conv1/bias"])
def test_there_is_none_where_nothing_is_frozen_in_front(spec: str) -> None:
    """Nothing, a layer in the middle, a part of the first layer."""
    classifier = classifier_of(plain)
    freeze(classifier, spec)
    assert find_frontier(classifier) is None


def test_a_frozen_layer_behind_one_that_trains_is_in_the_suffix() -> None:
    def body(x: Any) -> Any:
        return conv("conv3")(plain(x))

    frontier = split(classifier_of(body), "pattern:conv1,conv3")
    assert "conv3" in names_of(frontier.suffix.network)


def test_statistics_that_train_are_not_frozen() -> None:
    """Neither gamma nor beta, so no weight that a gradient moves."""

    def body(x: Any) -> Any:
        return layers.BatchNormalization(center=False, scale=False, name="bn")(conv("conv")(x))

    frontier = split(classifier_of(body), "conv")
    assert names_of(frontier.suffix.network)[0] == "bn"


def test_a_frozen_batch_normalization_equals_the_prefix_in_training() -> None:
    def body(x: Any) -> Any:
        return conv("conv2")(layers.BatchNormalization(name="bn")(conv("conv1")(x)))

    classifier = classifier_of(body)
    frontier = split(classifier, "bn")
    assert (names_of(frontier.prefix)[-1], same_as_the_network(classifier, frontier)) == ("bn", True)


def test_a_layer_that_is_called_twice_is_shared() -> None:
    def body(x: Any) -> Any:
        twice = conv("shared", filters=1)
        return conv("last")(twice(twice(x)))

    classifier = classifier_of(body)
    frontier = split(classifier, "shared")
    assert (names_of(frontier.prefix), same_as_the_network(classifier, frontier)) == (["shared"], True)


def test_a_frozen_layer_may_be_called_in_both_parts() -> None:
    def body(x: Any) -> Any:
        twice = conv("shared", filters=1)
        return twice(conv("between", filters=1)(twice(x)))

    classifier = classifier_of(body)
    frontier = split(classifier, "pattern:shared")
    assert (names_of(frontier.prefix), same_as_the_network(classifier, frontier)) == (["shared"], True)
    assert "shared" in names_of(frontier.suffix.network)


# What draws at random ----------------------------------------------------------------------------------------


def noisy(x: Any) -> Any:
    """A Dropout between two convolutions."""
    return conv("conv2")(layers.Dropout(0.5, name="drop")(conv("conv1")(x)))


def test_a_frozen_layer_that_draws_is_inactive() -> None:
    frontier = split(classifier_of(noisy), "conv2")
    assert (frontier.inactive, "drop" in names_of(frontier.prefix)) == (("drop",), True)


def test_one_that_is_not_frozen_stays_random() -> None:
    frontier = split(classifier_of(noisy), "conv1")
    assert (frontier.inactive, names_of(frontier.suffix.network)[0]) == ((), "drop")


def test_joined_parts_are_the_classifier_without_inactive_layers() -> None:
    classifier = classifier_of(noisy)
    joined = split(classifier, "conv2").joined().network
    assert np.array_equal(joined(PIXELS, training=True), classifier.network(PIXELS, training=False))


# Training one part -------------------------------------------------------------------------------------------


def test_training_the_suffix_trains_the_network() -> None:
    classifier = classifier_of(plain)
    frontier = split(classifier, "conv1")
    before = {layer.name: layer.get_weights() for layer in classifier.network.layers}
    frontier.suffix.network.compile("sgd", "categorical_crossentropy")
    crossing = np.asarray(frontier.prefix(PIXELS, training=False))
    frontier.suffix.network.fit(crossing, np.eye(2)[[0, 1] * 3], verbose=0)
    changed = [
        layer.name
        for layer in classifier.network.layers
        if any(
            not np.array_equal(*pair) for pair in zip(before[layer.name], layer.get_weights(), strict=True)
        )
    ]
    assert changed == ["conv2", "head_output"]


def test_splitting_again_elsewhere_is_splitting_afresh() -> None:
    """Layers remember the parts that they were in before."""
    classifier = classifier_of(shortcut)
    first, again = (split(classifier, "block_1") for _ in range(2))
    other = split(classifier, "stem")
    assert (first.digest(), first.shapes) == (again.digest(), again.shapes)
    assert names_of(other.prefix) == ["stem"]
    assert all(same_as_the_network(classifier, frontier) for frontier in (first, again, other))


def test_splitting_leaves_the_stages_as_they_are() -> None:
    """A gradual training freezes by stage, and splits, in each of its phases."""

    def body(x: Any) -> Any:
        for stage in ("one", "two"):
            x = conv(f"{stage}_stem")(x)
            x = x + conv(f"{stage}_conv")(x)
        return x

    classifier = replace(classifier_of(body), freeze_points=("one", "two"))
    before = stage_of(classifier), freeze(classifier, "one")
    split(classifier, "one_stem")
    again = replace(classifier)  # which knows nothing of before
    assert (stage_of(again), freeze(again, "one")) == before


# Its digest --------------------------------------------------------------------------------------------------


def test_the_same_network_built_again_has_the_same_digest() -> None:
    first, second = (split(classifier_of(noisy), "conv2").digest() for _ in range(2))
    assert first == second


def test_a_network_that_was_stored_has_the_same_digest() -> None:
    classifier = classifier_of(shortcut)
    stored = from_content(to_content(classifier))
    assert split(stored, "block_1").digest() == split(classifier, "block_1").digest()


def test_another_weight_in_front_makes_another_digest() -> None:
    classifier = classifier_of(plain)
    before = split(classifier, "conv1").digest()
    classifier.network.get_layer("conv1").bias.assign([0.0, 1e-6])
    assert split(classifier, "conv1").digest() != before


def test_a_weight_behind_the_frontier_makes_no_other_digest() -> None:
    classifier = classifier_of(plain)
    before = split(classifier, "conv1").digest()
    classifier.network.get_layer("conv2").bias.assign([0.0, 1e-6])
    assert split(classifier, "conv1").digest() == before


def test_another_graph_with_the_same_weights_makes_another_digest() -> None:
    def dilated(x: Any) -> Any:
        return conv("conv2")(conv("conv1", dilation_rate=2)(x))

    def straight(x: Any) -> Any:
        return conv("conv2")(conv("conv1")(x))

    assert split(classifier_of(dilated), "conv1").digest() != split(classifier_of(straight), "conv1").digest()


def test_another_code_of_a_custom_layer_makes_another_digest() -> None:
    """As while its author works on it: the graph has only its name."""

    def doubled() -> layers.Layer:
        class Scaled(layers.Layer):
            def call(self, x: Any) -> Any:
                return x * 2

        return Scaled(name="scaled")

    def halved() -> layers.Layer:
        class Scaled(layers.Layer):
            def call(self, x: Any) -> Any:
                return x / 2

        return Scaled(name="scaled")

    first, again, after_change = (
        split(classifier_of(lambda x, new=new: conv("conv")(new()(x))), "conv").digest()
        for new in (doubled, doubled, halved)
    )
    assert (first == again, first == after_change) == (True, False)


LAYER = """
from helper import scale
from keras import layers

class Scaled(layers.Layer):
    def call(self, x):
        return scale(x)
"""


def test_another_code_beside_a_custom_layer_makes_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that its `call` calls; as in the cache of activations, the network of either is the same."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "scaled.py").write_text(LAYER)
    digests = []
    for factor in (2, 2, 3):
        (tmp_path / "helper.py").write_text(f"def scale(x):\n    return x * {factor}\n")
        layer = importlib.import_module("scaled").Scaled
        digests.append(
            split(classifier_of(lambda x, kind=layer: conv("conv")(kind(name="scaled")(x))), "conv").digest()
        )
        for name in ("scaled", "helper"):
            del sys.modules[name]
    assert (digests[0] == digests[1], digests[0] == digests[2]) == (True, False)


def test_trainable_layers_do_not_change_the_digest_of_the_prefix() -> None:
    """`joined` freezes layers without weights, too."""
    frontier = split(classifier_of(noisy), "conv2")
    before = frontier.digest()
    frontier.joined()
    assert frontier.digest() == before
