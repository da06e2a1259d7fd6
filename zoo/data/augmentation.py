"""Augmentations: named random changes to training images, made by Keras's own layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from zoo.data.augmentation_names import MIXING, parts_of

Tensor = Any  # tf.Tensor, which is untyped
Augment = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
Layers = list[Any]  # keras.layers.Layer, which is untyped

MOST_DRAWS = 64  # of one layer for one batch


def augmenter(augmentation: str, seed: int) -> Augment | None:
    """Return a function that changes a batch of training images at random, or None for the augmentation "none".

    It takes uint8 pixels (batch, height, width, 1 or 3 channels), float32 targets, (batch, classes) or (batch, 1)
    for one sigmoid unit, and the number of the batch, from 0. It returns float32 pixels 0-255 and float32 targets,
    both of the same shapes; the targets are changed where images are mixed. The random changes depend on the seed and
    the number alone. Two calls must not run at once. Run eagerly it takes several times as long as a small network's
    training step: use it in `tf.data.Dataset.map`, without parallel calls, or in a `tf.function`.

    Args:
        augmentation: a name, or several joined as in `classic+mixup`; see `zoo.data.augmentation_names`.
        seed: from 0 to 2³² - 1.

    Raises:
        UnknownNameError, HyperparameterError: see `zoo.data.augmentation_names.parts_of`.
    """
    parts = parts_of(augmentation)
    if not parts:
        return None
    # Each part draws from seeds of its own, or else the mirroring in `flip+classic` would undo itself.
    parts_layers = [(part, _LAYERS[part]((seed + 100 * place) % 2**32)) for place, part in enumerate(parts)]
    changing = [layer for part, layers in parts_layers if part not in MIXING for layer in layers]
    mixing = [layer for part, layers in parts_layers if part in MIXING for layer in layers]
    states = [variable for layer in (*changing, *mixing) for variable in layer.variables]
    seeds = [int(state.numpy()[0]) for state in states]

    def change(pixels: Tensor, targets: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
        # A state is a seed and a count of draws, which Keras increments from here.
        for state, own_seed in zip(states, seeds, strict=True):
            state.assign(tf.stack([tf.constant(own_seed, tf.int64), MOST_DRAWS * tf.cast(number, tf.int64)]))
        changed = tf.cast(pixels, tf.float32)
        for layer in changing:
            changed = layer(changed, training=True)
        for layer in mixing:
            mixed = layer({"images": changed, "labels": targets}, training=True)
            changed, targets = mixed["images"], mixed["labels"]
        return tf.clip_by_value(changed, 0.0, 255.0), targets

    return change


def _flip(seed: int) -> Layers:
    return [keras.layers.RandomFlip("horizontal", seed=seed)]


def _light(seed: int) -> Layers:
    return [
        keras.layers.RandomRotation(10 / 360, fill_mode="nearest", seed=seed + 1),
        keras.layers.RandomTranslation(0.1, 0.1, fill_mode="nearest", seed=seed + 2),
        keras.layers.RandomZoom(0.1, fill_mode="nearest", seed=seed + 3),
    ]


def _classic(seed: int) -> Layers:
    return [
        *_flip(seed),
        *_light(seed),
        keras.layers.RandomShear(0.1, 0.1, fill_mode="nearest", seed=seed + 4),
        # ImageDataGenerator's channel shift adds one number to all channels of an image, as this does.
        keras.layers.RandomBrightness(0.1, value_range=(0, 255), seed=seed + 5),
    ]


def _randaugment(seed: int) -> Layers:
    return [_RandAugment(seed + operation * 11) for operation in range(2)]


def _mixup(seed: int) -> Layers:
    return [keras.layers.MixUp(alpha=0.2, seed=seed)]


def _cutmix(seed: int) -> Layers:
    # Keras would draw the parameter of the beta distribution too, from 0 to 1; the paper's is 1.
    return [keras.layers.CutMix(factor=(1.0, 1.0), seed=seed)]


class _RandAugment:
    """One operation of RandAugment (Cubuk et al. 2020) on each image, drawn for it alone.

    Keras's own RandAugment draws for a whole batch: 3.10 a single time, by Python's random state; 3.15 for each batch,
    but it computes all operations and uses one. Here each of Keras's layers gets the images that drew it. Magnitudes
    are drawn evenly up to twice that of the paper for ImageNet (9 of 30), so that their mean is the paper's.
    """

    def __init__(self, seed: int) -> None:
        self.generator = keras.random.SeedGenerator(seed)
        place = {"fill_mode": "nearest"}
        values = {"value_range": (0, 255)}
        self.layers = [
            lambda pixels, **_: pixels,  # the paper's list has "identity" too
            keras.layers.RandomShear(0.18, 0.18, seed=seed + 1, **place),
            keras.layers.RandomTranslation(0.27, 0.27, seed=seed + 2, **place),
            keras.layers.RandomRotation(18 / 360, seed=seed + 3, **place),
            keras.layers.RandomBrightness(0.27, seed=seed + 4, **values),
            keras.layers.RandomContrast(0.54, seed=seed + 5, **values),
            keras.layers.RandomSharpness(
                (0.23, 0.77), seed=seed + 6, **values
            ),  # 0.5 leaves an image as it is
            keras.layers.RandomPosterization((5, 8), seed=seed + 7, **values),  # bits, the second excluded
            keras.layers.Solarization(threshold_factor=1.0, seed=seed + 8, **values),
            keras.layers.AutoContrast(**values),
            _each_alone(keras.layers.Equalization(**values)),
        ]
        self.colour = keras.layers.RandomColorDegeneration(0.54, seed=seed + 9, **values)
        keras_layers = [layer for layer in (*self.layers, self.colour) if isinstance(layer, keras.Layer)]
        self.variables = [
            self.generator.state,
            *(state for layer in keras_layers for state in layer.variables),
        ]

    def __call__(self, pixels: Tensor, *, training: bool) -> Tensor:
        layers = [*self.layers, self.colour] if pixels.shape[-1] == 3 else self.layers
        count = tf.shape(pixels)[0]
        choices = keras.random.randint((count,), 0, len(layers), seed=self.generator)
        images = tf.dynamic_partition(pixels, choices, len(layers))
        places = tf.dynamic_partition(tf.range(count), choices, len(layers))
        changed = [layer(group, training=training) for layer, group in zip(layers, images, strict=True)]
        return tf.ensure_shape(tf.dynamic_stitch(places, changed), pixels.shape)


def _each_alone(layer: Any) -> Callable[..., Tensor]:
    """Apply the layer to one image after another: Equalization takes the histogram of its whole input."""

    def apply(pixels: Tensor, *, training: bool) -> Tensor:
        return tf.map_fn(lambda image: layer(image[tf.newaxis], training=training)[0], pixels)

    return apply


_LAYERS: dict[str, Callable[[int], Layers]] = {
    "flip": _flip,
    "light": _light,
    "classic": _classic,
    "randaugment": _randaugment,
    "mixup": _mixup,
    "cutmix": _cutmix,
}
