"""Finds a backbone that ends as a classifier does, in a softmax: its head would get probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras.src.ops.nn import Softmax  # of a call of keras.ops.softmax, which has no public name

from zoo.plugin_code.places import definition_of

if TYPE_CHECKING:
    from zoo.interfaces import Architecture

SOFTMAX = (keras.activations.softmax, keras.ops.softmax)
DENSE = (keras.layers.Dense, keras.layers.Activation)
"""Layers whose last step is their activation. Others, such as an attention of a plugin, may use a softmax inside."""


def describe_softmax(architecture: Architecture, features: keras.KerasTensor) -> str:
    """Return in one line where the backbone ends in a softmax, and what to do; empty if it does not.

    Args:
        features: of the backbone. Only a vector is looked at, since a softmax over maps or tokens may be an attention.
    """
    last = features._keras_history.operation  # Keras has no public name for it
    if len(features.shape) != 2 or not _is_softmax(last):
        return ""
    return (
        f"the backbone of {architecture.name} ends in a softmax, '{last.name}'{definition_of(architecture.backbone)}: "
        f"its {features.shape[-1]} probabilities are the features of the head; return the features before it"
    )


def _is_softmax(operation: keras.Operation) -> bool:
    """Whether it is a softmax layer, the bare function, or a layer with this activation."""
    if isinstance(operation, DENSE):
        return operation.activation in SOFTMAX
    return isinstance(operation, (keras.layers.Softmax, Softmax))
