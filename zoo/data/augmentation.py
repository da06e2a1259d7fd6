"""Augmentation policies: named random changes to training images, made by Keras's own layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from zoo.data.policies import POLICIES, POLICY_NAMES
from zoo.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

__all__ = ["POLICIES", "POLICY_NAMES", "augmenter"]

Layers = list[Any]  # keras.layers.Layer, which is untyped


def augmenter(policy: str, seed: int) -> Callable[[np.ndarray], np.ndarray] | None:
    """A function that changes a batch of training images at random, or None for the policy "none".

    It takes uint8 pixels (batch, height, width, channels) and returns float32 pixels 0-255 of that shape.
    The n-th call of two functions with the same seed gives the same result for the same batch.

    Raises:
        UnknownNameError: there is no policy of that name.
    """
    if policy not in POLICIES:
        raise UnknownNameError("augmentation", policy, POLICY_NAMES)
    if policy == "none":
        return None
    layers = _LAYERS[policy](seed)

    # Compiled: run eagerly these layers take several times as long as a small network's training step.
    # One trace serves each batch size, the last and smaller batch of an epoch too.
    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def change(pixels: Any) -> Any:  # tf.Tensor, which is untyped
        changed = tf.cast(pixels, tf.float32)
        for layer in layers:
            changed = layer(changed, training=True)
        return tf.clip_by_value(changed, 0.0, 255.0)

    def augment(pixels: np.ndarray) -> np.ndarray:
        changed: np.ndarray = change(tf.convert_to_tensor(pixels)).numpy()
        return changed

    return augment


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


_LAYERS: dict[str, Callable[[int], Layers]] = {"flip": _flip, "light": _light, "classic": _classic}
