"""Backbones for 8×8 images that are valid in Keras and unlike those that zoo ships, to freeze up to some layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import tensorflow as tf
from keras import layers, ops

if TYPE_CHECKING:
    from collections.abc import Callable

    Body = Callable[[Any], Any]

RANDOM = "their activations are random, or depend on the other images of the batch"
MASK = "a mask belongs to their activations"
ROWS = "their activations are not one row for each image"


class Odd(NamedTuple):
    """A backbone with the layer up to which it is frozen, and the reason why its activations are not cached."""

    body: Body
    freeze: str
    obstacle: str | None = None


ODD: dict[str, Odd] = {}


def odd(freeze: str = "a", obstacle: str | None = None) -> Callable[[Body], Body]:
    def add(body: Body) -> Body:
        ODD[body.__name__.replace("_", " ")] = Odd(body, freeze, obstacle)
        return body

    return add


def conv(name: str, filters: int = 2, **options: Any) -> layers.Layer:
    return layers.Conv2D(filters, 3, padding="same", name=name, **options)


def between(*middle: Callable[[], layers.Layer]) -> Body:
    """New layers between the convolutions `a` and `b`, on pixels of 0 to 1."""

    def body(x: Any) -> Any:
        x = conv("a")(layers.Rescaling(1 / 255, name="rescaling")(x))
        for new_layer in middle:
            x = new_layer()(x)
        return conv("b")(x)

    return body


# Unknown shapes ----------------------------------------------------------------------------------------------


class Patches(layers.Layer):
    """Without compute_output_shape, so that Keras does not know the number of patches."""

    def call(self, x: Any) -> Any:
        patches = ops.image.extract_patches(x, 2)
        return ops.reshape(patches, (ops.shape(x)[0], -1, patches.shape[-1]))


class TensorFlowPatches(layers.Layer):
    def call(self, x: Any) -> Any:
        patches = tf.image.extract_patches(x, [1, 3, 3, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID")
        return tf.reshape(patches, [tf.shape(x)[0], -1, patches.shape[-1]])


def attended(x: Any) -> Any:
    return layers.GlobalAveragePooling1D(name="pool")(layers.Dense(2, name="b")(x))


@odd()
def patches_of_unknown_number(x: Any) -> Any:
    return attended(Patches(name="patches")(conv("a")(x)))


@odd()
def overlapping_patches_of_tensorflow(x: Any) -> Any:
    return attended(TensorFlowPatches(name="patches")(conv("a")(x)))


@odd("c")
def patches_that_cross(x: Any) -> Any:
    return attended(layers.Dense(3, name="c")(Patches(name="patches")(conv("a")(x))))


@odd("c", ROWS)
def windows_as_batch(x: Any) -> Any:
    """As in Swin: the windows of all images are one batch."""
    x = ops.reshape(conv("a")(x), (-1, 4, 4, 2))
    x = conv("b")(conv("c")(x))
    return ops.reshape(x, (-1, 8, 8, 2))


# Losses ------------------------------------------------------------------------------------------------------


class AddsLoss(layers.Layer):
    def call(self, x: Any) -> Any:
        self.add_loss(ops.mean(ops.square(x)))
        return x


@odd()
def regularized_kernels(x: Any) -> Any:
    return conv("b", kernel_regularizer="l1")(conv("a", kernel_regularizer="l2", bias_regularizer="l2")(x))


@odd()
def regularized_activations(x: Any) -> Any:
    x = conv("a", activity_regularizer="l2")(layers.Rescaling(1 / 255, name="rescaling")(x))
    return conv("b", activity_regularizer="l1")(layers.ActivityRegularization(l2=0.1, name="activity")(x))


@odd("adds1")
def losses_on_both_sides(x: Any) -> Any:
    x = AddsLoss(name="adds1")(conv("a")(layers.Rescaling(1 / 255, name="rescaling")(x)))
    return AddsLoss(name="adds2")(conv("b")(x))


# Training mode -----------------------------------------------------------------------------------------------


class Noise(layers.Layer):
    """Random numbers of TensorFlow, of which Keras knows nothing."""

    def call(self, x: Any, training: bool | None = None) -> Any:
        return x + tf.random.stateless_normal(tf.shape(x), (1, 2)) if training else x


class AlwaysNoise(layers.Layer):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.generator = keras.random.SeedGenerator(1)

    def call(self, x: Any) -> Any:
        return x + keras.random.normal(ops.shape(x), seed=self.generator)


class DropPath(layers.Layer):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.generator = keras.random.SeedGenerator(1)

    def call(self, x: Any, training: bool | None = None) -> Any:
        if not training:
            return x
        shape = (ops.shape(x)[0], 1, 1, 1)
        return x * ops.floor(keras.random.uniform(shape, seed=self.generator) + 0.8)


class Counter(layers.Layer):
    """Counts its calls, in a weight that changes its output."""

    def __init__(self, *, always: bool, **options: Any) -> None:
        super().__init__(**options)
        self.always = always

    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, x: Any, training: bool | None = None) -> Any:
        if training or self.always:
            self.calls.assign_add(1.0)
        return x + self.calls / 10


class OfTheBatch(layers.Layer):
    def call(self, x: Any) -> Any:
        return x - ops.mean(x, axis=0, keepdims=True)


class Inside(layers.Layer):
    """Augmentation and BatchNormalization inside a layer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parts = [layers.RandomFlip(), conv("inner"), layers.BatchNormalization()]

    def build(self, shape: Any) -> None:
        for part in self.parts:
            part.build(shape)
            shape = part.compute_output_shape(shape)

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


ODD.update(
    {
        "noise behind the frozen layers": Odd(between(lambda: Noise(name="n")), "a"),
        "frozen noise": Odd(between(lambda: Noise(name="n")), "n"),
        "noise in each mode": Odd(between(lambda: AlwaysNoise(name="n")), "n", RANDOM),
        "mean of the batch": Odd(between(lambda: OfTheBatch(name="n"), lambda: conv("c")), "c", RANDOM),
        "frozen counter": Odd(between(lambda: Counter(always=False, name="n")), "n"),
        "frozen counter of each call": Odd(between(lambda: Counter(always=True, name="n")), "n"),
        "counter behind the frozen layers": Odd(between(lambda: Counter(always=False, name="n")), "a"),
        "stochastic depth": Odd(between(lambda: DropPath(name="n")), "n"),
        "stochastic depth behind": Odd(between(lambda: DropPath(name="n")), "a"),
        "dropout of whole channels": Odd(
            between(lambda: layers.Dropout(0.5, (None, 1, 1, 2), name="n")), "n"
        ),
        "dropout in each mode": Odd(
            lambda x: conv("b")(layers.Dropout(0.5, name="n")(x, training=True)), "b"
        ),
        "other noise": Odd(
            between(lambda: layers.GaussianNoise(0.5), lambda: layers.SpatialDropout2D(0.3, name="n")), "n"
        ),
        "spectral normalization": Odd(
            between(lambda: layers.SpectralNormalization(conv("inner"), name="n")), "n"
        ),
        "spectral normalization behind": Odd(
            between(lambda: layers.SpectralNormalization(conv("inner"))), "a"
        ),
        "frozen spectral normalization behind": Odd(
            between(lambda: layers.SpectralNormalization(conv("inner"), name="n")), "pattern:n"
        ),
        "synchronized normalization": Odd(
            between(lambda: layers.BatchNormalization(synchronized=True, name="n")), "n"
        ),
        "augmentation and normalization in a layer": Odd(between(lambda: Inside(name="n")), "n"),
    }
)


@odd("bn")
def augmentation_in_front(x: Any) -> Any:
    for layer in (layers.RandomFlip(), layers.RandomRotation(0.2), layers.RandomZoom(0.2), conv("a")):
        x = layer(x)
    return conv("b")(layers.BatchNormalization(name="bn")(x))


@odd("pattern:a")
def augmentation_that_is_not_frozen(x: Any) -> Any:
    return conv("b")(conv("a")(layers.RandomFlip(name="flip")(x)))


@odd("bn")
def resizing_in_front(x: Any) -> Any:
    x = conv("a")(layers.CenterCrop(4, 4)(layers.Resizing(6, 6)(x)))
    return conv("b")(layers.BatchNormalization(name="bn")(x))


@odd()
def pipeline_in_front(x: Any) -> Any:
    return conv("b")(conv("a")(layers.Pipeline([layers.RandomFlip(), layers.RandomContrast(0.3)])(x)))


# Graphs ------------------------------------------------------------------------------------------------------


class TwoOutputs(layers.Layer):
    def __init__(self, *, named: bool, **options: Any) -> None:
        super().__init__(**options)
        self.named = named
        self.left, self.right = layers.Dense(2), layers.Dense(3)

    def build(self, shape: Any) -> None:
        self.left.build(shape)
        self.right.build(shape)

    def call(self, x: Any) -> Any:
        outputs = {"left": self.left(x), "right": self.right(x)}
        return outputs if self.named else tuple(outputs.values())


class Scaled(layers.Layer):
    def call(self, x: Any, scale: Any = None) -> Any:
        return x * scale


@odd("pattern:shared")
def layer_on_both_sides(x: Any) -> Any:
    shared = conv("shared", 1)
    return shared(conv("b", 1)(shared(x)))


@odd("two")
def two_outputs(x: Any) -> Any:
    left, right = TwoOutputs(named=False, name="two")(x)
    return layers.Concatenate()([conv("b")(left), conv("c")(right)])


@odd("two")
def two_outputs_by_name(x: Any) -> Any:
    outputs = TwoOutputs(named=True, name="two")(x)
    return layers.Concatenate()([conv("b")(outputs["right"]), outputs["left"]])


@odd("g")
def tensor_by_keyword(x: Any) -> Any:
    x = conv("a")(layers.Rescaling(1 / 255, name="rescaling")(x))
    gate = layers.Dense(2, name="g")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return conv("b")(Scaled(name="scaled")(x, scale=gate))


@odd()
def whole_numbers(x: Any) -> Any:
    x = layers.Flatten()(conv("a", 1)(layers.Rescaling(1 / 255, name="rescaling")(x)))
    return layers.Flatten()(layers.Embedding(2, 2, name="b")(ops.cast(x > 0, "int8")))


@odd("f64", "their activations are of type float64, which float32 does not represent exactly")
def double_precision(x: Any) -> Any:
    return conv("b", dtype="float64")(conv("f64", dtype="float64")(x))


@odd()
def half_precision(x: Any) -> Any:
    return conv("b")(conv("a", dtype="mixed_bfloat16")(x))


# Sequences ---------------------------------------------------------------------------------------------------


def rows(x: Any) -> Any:
    """Eight rows, the dark ones of which are zeros."""
    x = layers.Reshape((8, 8))(layers.Rescaling(1 / 255, name="rescaling")(x))
    return x * ops.cast(ops.max(x, axis=-1, keepdims=True) > 0.43, "float32")


@odd("lstm", MASK)
def mask_of_an_argument(x: Any) -> Any:
    x = layers.Masking(0.0)(rows(x))
    return layers.LSTM(2, name="b")(layers.LSTM(2, return_sequences=True, name="lstm")(x))


@odd("lstm", MASK)
def mask_of_a_tensor(x: Any) -> Any:
    """With two tensors Keras does not record the mask in the graph."""
    x = layers.LSTM(2, return_sequences=True, name="lstm")(layers.Masking(0.0)(rows(x)))
    y = layers.MultiHeadAttention(1, 2, name="b")(x, x)
    return layers.Flatten()(layers.Concatenate()([x, y]))


@odd("embedding", MASK)
def mask_of_an_embedding(x: Any) -> Any:
    return layers.GRU(2, name="b")(
        layers.Embedding(256, 2, mask_zero=True, name="embedding")(layers.Flatten()(x))
    )


@odd("a")
def recurrent_dropout(x: Any) -> Any:
    """Its dropout changes its random states in each mode."""
    inner = layers.LSTM(2, return_sequences=True, dropout=0.2, recurrent_dropout=0.2)
    return layers.Dense(2, name="b")(layers.Flatten()(layers.Bidirectional(inner, name="a")(rows(x))))


@odd("a")
def recurrent_behind(x: Any) -> Any:
    x = layers.Reshape((8, 16))(conv("a")(layers.Rescaling(1 / 255, name="rescaling")(x)))
    return layers.Bidirectional(layers.GRU(2), name="b")(x)


@odd("a")
def scores_of_attention(x: Any) -> Any:
    x = rows(x)
    y, scores = layers.MultiHeadAttention(2, 2, dropout=0.2, name="a")(x, x, return_attention_scores=True)
    pooled = layers.GlobalAveragePooling1D()(layers.Dense(2, name="b")(y))
    return layers.Concatenate()([pooled, layers.Flatten()(scores)])


@odd("a")
def layers_over_time(x: Any) -> Any:
    x = layers.TimeDistributed(layers.Dense(2, activation="relu"), name="a")(x)
    return layers.TimeDistributed(layers.Dense(2), name="b")(layers.GroupNormalization(2, name="group")(x))


@odd("a")
def einsum_without_a_shape(x: Any) -> Any:
    x = layers.EinsumDense("bhwc,cd->bhwd", (None, None, 2), name="a")(x)
    return layers.EinsumDense("bhwc,cd->bhwd", (None, None, 2), name="b")(layers.UnitNormalization()(x))
