"""Freezing: what of a classifier does not train."""

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
            a layer, up to it and with it; a freeze point, up to the end of that stage; or `LAYER/PREFIX`,
            several with commas between: just the variables whose paths begin so.

    Returns:
        Names of the frozen layers that have weights, or paths of the frozen variables.

    Raises:
        FreezeError: there are fewer layers, or none of that name.
    """
    backbone = _backbone_layers(classifier)
    if "/" in spec:
        return _freeze_variables(classifier, backbone, spec.split(","))
    frozen = backbone[: _boundary(classifier, backbone, spec)]
    for layer in classifier.network.layers:
        _set_trainable(layer, layer not in frozen)
    return tuple(layer.name for layer in frozen if layer.weights)


def count_parameters(network: keras.Model) -> ParameterCounts:
    """How many weights train and how many do not. BatchNormalization's moving statistics never train."""
    return ParameterCounts(
        trainable=sum(math.prod(weight.shape) for weight in network.trainable_weights),
        non_trainable=sum(math.prod(weight.shape) for weight in network.non_trainable_weights),
    )


def _set_trainable(layer: keras.layers.Layer, value: bool) -> None:
    """Of the layer and all its variables, which Keras passes over where the layer itself has the value already."""
    layer.trainable = not value
    layer.trainable = value


def _backbone_layers(classifier: Classifier) -> list[keras.layers.Layer]:
    head = set(classifier.head)
    return [layer for layer in classifier.network.layers if layer.name not in head]


def _boundary(classifier: Classifier, backbone: list[keras.layers.Layer], spec: str) -> int:
    """How many layers from the front are frozen."""
    if spec in ("none", "all"):
        return 0 if spec == "none" else len(backbone)
    if re.fullmatch(r"-?\d+", spec):
        return _after_weighted(backbone, int(spec))
    names = [layer.name for layer in backbone]
    is_point = spec in classifier.freeze_points
    if spec in names:
        end = names.index(spec) + 1
        while is_point and end < len(names) and in_stage(names[end], spec):
            end += 1  # with `conv_pw_6` goes its normalisation, `conv_pw_6_bn`
        return end
    if is_point:
        return _after_stage(classifier, backbone, spec)
    raise FreezeError(_no_such_layer(classifier, backbone, spec))


def _after_weighted(backbone: list[keras.layers.Layer], count: int) -> int:
    weighted = [index for index, layer in enumerate(backbone) if layer.weights]
    if not 0 <= count <= len(weighted):
        raise FreezeError(
            f"cannot freeze {count} layers: the model has {len(weighted)} layers with weights before its head; "
            f"give 0 to {len(weighted)}, or all"
        )
    return weighted[count - 1] + 1 if count else 0


def _after_stage(classifier: Classifier, backbone: list[keras.layers.Layer], point: str) -> int:
    """The end of the stage: its last layer, and what has no stage but lies beside it, as a shortcut does.

    Keras orders layers by depth, so the shortcut around a stage may end after the last layer that bears the
    stage's name; it goes with the stage until one tensor alone leads on.
    """
    last = max(index for index, layer in enumerate(backbone) if in_stage(layer.name, point))
    end = last + 1
    while end < len(backbone) and _tensors_across(backbone, end) > 1:
        if any(in_stage(backbone[end].name, other) for other in classifier.freeze_points):
            return last + 1
        end += 1
    return end


def _tensors_across(backbone: list[keras.layers.Layer], end: int) -> int:
    """How many of the first `end` layers have an output that a later layer takes."""
    front = {layer.name for layer in backbone[:end]}
    taken = {
        node.operation.name
        for layer in backbone[end:]
        for call in layer._inbound_nodes  # Keras has no public name for the edges of a graph
        for node in call.parent_nodes
    }
    return len(front & taken)


def _freeze_variables(
    classifier: Classifier, backbone: list[keras.layers.Layer], prefixes: list[str]
) -> tuple[str, ...]:
    for layer in classifier.network.layers:
        _set_trainable(layer, True)
    variables = [variable for layer in backbone for variable in layer.trainable_variables]
    frozen = [variable for variable in variables if variable.path.startswith(tuple(prefixes))]
    for prefix in prefixes:
        if not prefix or not any(variable.path.startswith(prefix) for variable in frozen):
            paths = [variable.path for variable in variables]
            near = nearest_names(prefix, paths) or paths[:3]
            raise FreezeError(f"no variable's path begins with '{prefix}': there are {', '.join(near)}, …")
    for variable in frozen:
        variable.trainable = False
    return tuple(variable.path for variable in frozen)


def _no_such_layer(classifier: Classifier, backbone: list[keras.layers.Layer], spec: str) -> str:
    if spec in classifier.head:
        return f"cannot freeze up to '{spec}': it is in the head, which always trains; all freezes up to the head"
    names = [*classifier.freeze_points, *(layer.name for layer in backbone if layer.weights)]
    near = nearest_names(spec, names) or names[:6]
    return f"no layer or freeze point '{spec}': give a number, all, none or a name such as {', '.join(near)}"
