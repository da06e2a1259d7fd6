"""Freezing: which layers of a classifier do not train."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import FreezeError, nearest_names
from zoo.models.classifier import Classifier, in_stage

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of weights, not of tensors."""

    trainable: int
    non_trainable: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.trainable + self.non_trainable


def freeze(classifier: Classifier, spec: str) -> tuple[str, ...]:
    """Freeze the backbone from the pixels up to where `spec` says; everything after it trains.

    A frozen BatchNormalization layer also stays in inference mode, as Keras does for `trainable = False`.

    Args:
        spec: `none`; `all`, the whole backbone; a number N, the first N layers that have weights; the name of
            a layer, up to it and with it; or a freeze point, up to the last layer of that stage.

    Returns:
        Names of the frozen layers that have weights.

    Raises:
        FreezeError: there are fewer layers, or none of that name.
    """
    backbone = _backbone_layers(classifier)
    frozen = backbone[: _boundary(classifier, backbone, spec)]
    for layer in classifier.network.layers:
        layer.trainable = layer not in frozen
    return tuple(layer.name for layer in frozen if layer.weights)


def count_parameters(network: keras.Model) -> ParameterCounts:
    """How many weights train and how many do not. BatchNormalization's moving statistics never train."""
    return ParameterCounts(
        trainable=sum(math.prod(weight.shape) for weight in network.trainable_weights),
        non_trainable=sum(math.prod(weight.shape) for weight in network.non_trainable_weights),
    )


def _backbone_layers(classifier: Classifier) -> list[keras.layers.Layer]:
    head = set(classifier.head)
    return [layer for layer in classifier.network.layers if layer.name not in head]


def _boundary(classifier: Classifier, backbone: list[keras.layers.Layer], spec: str) -> int:
    """How many layers from the front are frozen."""
    if spec in ("none", "all"):
        return 0 if spec == "none" else len(backbone)
    if re.fullmatch(r"-?\d+", spec):
        return _after_weighted(backbone, int(spec))
    named = [index for index, layer in enumerate(backbone) if layer.name == spec]
    if not named and spec in classifier.freeze_points:
        named = [index for index, layer in enumerate(backbone) if in_stage(layer.name, spec)]
    if not named:
        raise FreezeError(_no_such_layer(classifier, backbone, spec))
    return named[-1] + 1


def _after_weighted(backbone: list[keras.layers.Layer], count: int) -> int:
    weighted = [index for index, layer in enumerate(backbone) if layer.weights]
    if not 0 <= count <= len(weighted):
        raise FreezeError(
            f"cannot freeze {count} layers: the model has {len(weighted)} layers with weights before its head; "
            f"give 0 to {len(weighted)}, or all"
        )
    return weighted[count - 1] + 1 if count else 0


def _no_such_layer(classifier: Classifier, backbone: list[keras.layers.Layer], spec: str) -> str:
    if spec in classifier.head:
        return f"cannot freeze up to '{spec}': it is in the head, which always trains; all freezes up to the head"
    names = [*classifier.freeze_points, *(layer.name for layer in backbone if layer.weights)]
    near = nearest_names(spec, names) or names[:6]
    return f"no layer or freeze point '{spec}': give a number, all, none or a name such as {', '.join(near)}"
