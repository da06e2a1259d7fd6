"""A classifier on images of another size or number of channels: the same weights, or one line that says why not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.architectures import architecture_of
from zoo.errors import ZooError
from zoo.models.content import to_content
from zoo.models.freezing import freeze
from zoo.models.inputs import rebuild

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier


@keras.saving.register_keras_serializable("zoo-tests")
class Position(layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A weight for every pixel, as vision transformers have them."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.position = self.add_weight(shape[1:], name="position")

    def call(self, inputs: Any) -> Any:
        return inputs + self.position


def pixels(size: int, channels: int) -> np.ndarray:
    """Images from dark to bright; of several channels, gray ones."""
    noise = np.random.default_rng(size).uniform(0, 1, (4, size, size, 1)).astype(np.float32)
    gray = np.linspace(0, 255, 4, dtype=np.float32)[:, None, None, None] * noise
    return np.repeat(gray, channels, axis=-1)


def outputs(classifier: Classifier) -> np.ndarray:
    return np.asarray(classifier.network(pixels(classifier.image_size, classifier.channels)))


@pytest.fixture
def trained(build: Callable[..., Classifier]) -> Callable[..., Classifier]:
    """Build a classifier with weights and moving statistics that are not those of a new network."""

    def built(*arguments: Any, **named: Any) -> Classifier:
        keras.utils.set_random_seed(0)
        classifier = build(*arguments, **named)
        rng = np.random.default_rng(1)
        for weight in classifier.network.weights:
            weight.assign(weight + rng.uniform(0, 0.5, weight.shape))
        return classifier

    return built


@pytest.fixture
def chain(trained: Callable[..., Classifier]) -> Callable[..., Classifier]:
    """A classifier of these layers or functions, one after another."""

    def changed_inputs(
        *steps: Callable[[Any], Any], image_size: int = 8, channels: int = 3, **values: Any
    ) -> Classifier:
        def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
            for step in steps:
                # A space is explored by building twice, and a layer belongs to one network.
                inputs = type(step).from_config(step.get_config())(inputs) if is_layer(step) else step(inputs)
            return inputs

        return trained(architecture_of(backbone), image_size=image_size, channels=channels, **values)

    return changed_inputs


def is_layer(step: Callable[[Any], Any]) -> bool:
    return isinstance(step, layers.Layer)


def flip(inputs: Any) -> Any:
    return keras.ops.flip(inputs, axis=-1)


def refusal(classifier: Classifier, **shape: Any) -> str:
    with pytest.raises(ZooError) as caught:
        rebuild(classifier, **{"image_size": 8, "channels": 3, **shape})
    return str(caught.value)


# Another size ----------------------------------------------------------------------------------------------


def test_another_size_equals_a_network_of_that_size_with_the_same_weights(
    trained: Callable[..., Classifier],
) -> None:
    parent, other = trained(head_units="6"), trained(head_units="6", image_size=13)
    other.network.set_weights(parent.network.get_weights())
    assert np.array_equal(outputs(rebuild(parent, image_size=13, channels=1)), outputs(other))


def test_there_and_back_is_the_same_content(trained: Callable[..., Classifier]) -> None:
    classifier = trained(head_units="6")
    there = rebuild(classifier, image_size=13, channels=1)
    parent, back = to_content(classifier), to_content(rebuild(there, image_size=8, channels=1))
    assert replace(back, tensors={}) == replace(parent, tensors={})
    assert all(np.array_equal(back.tensors[path], tensor) for path, tensor in parent.tensors.items())


def test_the_shape_that_it_has_changes_nothing(trained: Callable[..., Classifier]) -> None:
    parent = trained()
    assert rebuild(parent, image_size=8, channels=1).network is parent.network


def test_weights_are_copies(trained: Callable[..., Classifier]) -> None:
    parent = trained()
    before = outputs(parent)
    child = rebuild(parent, image_size=16, channels=1)
    child.network.set_weights([weight * 0 for weight in child.network.get_weights()])
    assert np.array_equal(outputs(parent), before)


@pytest.mark.parametrize("spec", ["none", "block1", "all", "block1_conv/kernel"])
def test_the_trainable_weights_are_the_same(trained: Callable[..., Classifier], spec: str) -> None:
    parent = trained()
    freeze(parent, spec)
    child = rebuild(parent, image_size=16, channels=1)
    assert to_content(child).trainable == to_content(parent).trainable
    assert [layer.trainable for layer in child.network.layers] == [
        layer.trainable for layer in parent.network.layers
    ]


def test_the_rest_is_the_same(trained: Callable[..., Classifier]) -> None:
    parent = trained()
    child = rebuild(parent, image_size=16, channels=1)
    assert (child.class_names, child.head, child.freeze_points) == (
        parent.class_names,
        parent.head,
        parent.freeze_points,
    )


def test_operations_keep_their_names(chain: Callable[..., Classifier]) -> None:
    parent = chain(flip, layers.Conv2D(2, 3))
    child = rebuild(parent, image_size=16, channels=3)
    assert [operation.name for operation in child.network.operations] == [
        operation.name for operation in parent.network.operations
    ]


# Another number of channels --------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3)])
@pytest.mark.parametrize(
    "steps",
    [
        (layers.Rescaling(1 / 127.5, offset=-1), layers.Conv2D(4, 3, padding="same")),
        (
            layers.Rescaling(1 / 255),
            layers.ZeroPadding2D(2),
            layers.MaxPooling2D(),
            layers.Conv2D(4, 3, use_bias=False),
        ),
        (lambda x: layers.Add()([layers.Conv2D(4, 3)(x), layers.Conv2D(4, 3)(layers.Rescaling(0.01)(x))]),),
    ],
    ids=["scaled", "padded", "two ways"],
)
def test_a_gray_image_has_the_same_result_in_the_other_number_of_channels(
    chain: Callable[..., Classifier], steps: tuple[Any, ...], before: int, after: int
) -> None:
    parent = chain(*steps, channels=before)
    child = rebuild(parent, image_size=8, channels=after)
    assert (child.channels, np.ptp(outputs(parent), axis=0).min() > 0.01) == (after, True)
    np.testing.assert_allclose(outputs(child), outputs(parent), atol=1e-5)


def test_every_colour_has_the_same_share_of_gray(chain: Callable[..., Classifier]) -> None:
    parent = chain(layers.Conv2D(4, 3, name="first"), channels=1)
    kernel = rebuild(parent, image_size=8, channels=3).network.get_layer("first").kernel.numpy()
    expected = parent.network.get_layer("first").kernel.numpy() / 3
    assert all(np.array_equal(kernel[:, :, [channel]], expected) for channel in range(3))


def test_size_and_channels_change_together(chain: Callable[..., Classifier]) -> None:
    parent = chain(layers.Conv2D(4, 3))
    child = rebuild(parent, image_size=12, channels=1)
    gray = rebuild(parent, image_size=12, channels=3)
    np.testing.assert_allclose(outputs(child), outputs(gray), rtol=1e-5)


@pytest.mark.parametrize(
    "step",
    [
        layers.Rescaling([1.0, 2.0, 3.0], name="odd"),
        layers.Rescaling(1.0, offset=[1.0, 2.0, 3.0], name="odd"),
        layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 1.0, 1.0], name="odd"),
        layers.DepthwiseConv2D(3, name="odd"),
        layers.SeparableConv2D(4, 3, name="odd"),
        layers.Conv2D(3, 3, groups=3, name="odd"),
        layers.BatchNormalization(name="odd"),
        layers.Dense(2, name="odd"),
        layers.GlobalAveragePooling2D(name="odd"),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_network_that_treats_channels_differently_keeps_their_number(
    chain: Callable[..., Classifier], step: layers.Layer
) -> None:
    after = (
        []
        if step.name == "odd" and isinstance(step, layers.GlobalAveragePooling2D)
        else [layers.Conv2D(2, 3)]
    )
    assert refusal(chain(layers.Rescaling(1.0), step, *after), image_size=16, channels=1) == (
        f"the network cannot take images of 16×16×1: layer 'odd' ({type(step).__name__}) is made for 3 channels; "
        "stay with 3 channels: images of other kinds become RGB"
    )


def test_an_operation_on_the_channels_keeps_their_number(chain: Callable[..., Classifier]) -> None:
    assert "(Flip) is made for 3 channels; stay with 3 channels" in refusal(
        chain(flip, layers.Conv2D(2, 3)), channels=1
    )


def test_a_network_for_gray_images_may_keep_to_them(chain: Callable[..., Classifier]) -> None:
    classifier = chain(layers.DepthwiseConv2D(3, name="odd"), channels=1)
    assert refusal(classifier, channels=3).endswith(
        "is made for 1 channel; stay with 1 channel: images of other kinds become gray"
    )


# What does not fit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("units", "layer"), [("0", "head_output"), ("8", "head_dense_1")])
def test_a_head_that_flattens_fits_one_size(
    trained: Callable[..., Classifier], units: str, layer: str
) -> None:
    assert refusal(trained(pooling="flatten", head_units=units), image_size=32, channels=1) == (
        f"the network cannot take images of 32×32×1: layer '{layer}' (Dense) has weights for 256 features and would "
        "get 4,096 (its head flattens); give --head new, or leave --image-size out: images then become 8×8"
    )


def test_a_head_does_not_matter_where_it_is_left_behind(trained: Callable[..., Classifier]) -> None:
    parent = trained(pooling="flatten")
    child = rebuild(parent, image_size=16, channels=3, keep_head=False)
    assert (child.head, child.network.output_shape) == ((), (None, 16, 16, 4))
    assert np.array_equal(
        child.network.get_layer("block2_conv").kernel, parent.network.get_layer("block2_conv").kernel
    )


def test_a_head_can_be_left_behind_at_the_same_size(trained: Callable[..., Classifier]) -> None:
    parent = trained(pooling="flatten")
    child = rebuild(parent, image_size=8, channels=1, keep_head=False)
    assert child.head == ()
    assert child.network.get_layer("block1_conv") is parent.network.get_layer("block1_conv")


def test_a_backbone_that_flattens_fits_one_size(chain: Callable[..., Classifier]) -> None:
    classifier = chain(layers.Flatten(), layers.Dense(5, name="fc"))
    assert refusal(classifier, image_size=16) == (
        "the network cannot take images of 16×16×3: layer 'fc' (Dense) has weights for 192 features and would get 768; "
        "leave --image-size out: images then become 8×8"
    )


def test_weights_that_would_not_fit_into_memory_are_never_made(trained: Callable[..., Classifier]) -> None:
    classifier = trained(pooling="flatten", head_units="8")
    assert "would get 40,000,000,000 (its head flattens)" in refusal(
        classifier, image_size=100_000, channels=1
    )


@pytest.mark.parametrize(
    "step",
    [layers.MaxPooling2D(4, name="odd"), layers.Conv2D(2, 3, name="odd")],
    ids=["pooling", "convolution"],
)
def test_too_small_images_are_refused(chain: Callable[..., Classifier], step: layers.Layer) -> None:
    message = refusal(chain(step), image_size=2)
    assert message.startswith(
        f"the network cannot take images of 2×2×3: layer 'odd' ({type(step).__name__}) "
    )
    assert message.endswith("; leave --image-size out: images then become 8×8")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (layers.Reshape((4, 16, 3), name="odd"), "says: The total size of the tensor must be unchanged"),
        (Position(name="odd"), "would need weights of other shapes"),
    ],
    ids=["reshape", "position"],
)
def test_a_layer_for_one_size_is_named(
    chain: Callable[..., Classifier], step: layers.Layer, reason: str
) -> None:
    assert refusal(chain(step), image_size=16) == (
        f"the network cannot take images of 16×16×3: layer 'odd' ({type(step).__name__}) {reason}; "
        "leave --image-size out: images then become 8×8"
    )


def test_the_first_layer_from_the_pixels_on_is_named(chain: Callable[..., Classifier]) -> None:
    """Its advice counts: a new head alone would not help."""
    message = refusal(chain(Position(name="odd"), pooling="flatten"), image_size=16)
    assert message == (
        "the network cannot take images of 16×16×3: layer 'odd' (Position) would need weights of other shapes; "
        "leave --image-size out: images then become 8×8"
    )


def test_an_error_of_keras_becomes_one_line(chain: Callable[..., Classifier]) -> None:
    classifier = chain(lambda x: keras.ops.add(x, np.ones((8, 8, 3), np.float32)))
    message = refusal(classifier, image_size=16)
    assert "(Add) says: " in message
    assert not {"\n", "\x1b"} & set(message)


def test_a_refused_shape_leaves_the_classifier_as_it_was(trained: Callable[..., Classifier]) -> None:
    classifier = trained(pooling="flatten")
    before = outputs(classifier)
    refusal(classifier, image_size=32, channels=1)
    assert np.array_equal(outputs(classifier), before)
