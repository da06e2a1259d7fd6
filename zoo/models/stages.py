"""The stages of a classifier: its layers in parts from the pixels to the head, and how much of each trains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from zoo.interfaces.stages import HEAD, Operation, Stage, stages_of

if TYPE_CHECKING:
    from zoo.models.classifier import Classifier


@dataclass(frozen=True)
class StageCounts:
    """How large a stage is.

    Args:
        layers: how many of its layers have weights, as `--freeze N` counts.
        trainable, non_trainable: numbers of weights, not of tensors.
    """

    stage: str
    layers: int
    trainable: int
    non_trainable: int


def stages(classifier: Classifier) -> tuple[tuple[str, tuple[keras.layers.Layer, ...]], ...]:
    """Each stage with its layers, from the pixels to the `head`; every layer of the network in exactly one."""
    network = classifier.network
    backbone = [(stage.name, stage.layers) for stage in backbone_stages(classifier)]
    return tuple(
        (name, tuple(network.get_layer(layer) for layer in names))
        for name, names in (*backbone, (HEAD, classifier.head))
    )


def stage_of(classifier: Classifier) -> dict[str, str]:
    """Name of each layer of the network -> its stage; see `zoo.interfaces.stages.stages_of` for the rule."""
    return {layer.name: name for name, layers in stages(classifier) for layer in layers}


def count_by_stage(classifier: Classifier) -> tuple[StageCounts, ...]:
    """The sizes of the stages that have weights, from the pixels to the head."""
    return tuple(
        StageCounts(
            name,
            sum(bool(layer.weights) for layer in layers),
            sum(math.prod(weight.shape) for layer in layers for weight in layer.trainable_weights),
            sum(math.prod(weight.shape) for layer in layers for weight in layer.non_trainable_weights),
        )
        for name, layers in stages(classifier)
        if any(layer.weights for layer in layers)
    )


def backbone_stages(classifier: Classifier) -> tuple[Stage, ...]:
    """The stages before the head, as names and as places in the order of the backbone's layers."""
    operations = [
        Operation(
            operation.name,
            # Keras has no public name for the edges of a graph.
            frozenset(node.operation.name for call in operation._inbound_nodes for node in call.parent_nodes),
            is_layer=isinstance(operation, keras.layers.Layer),
            has_weights=isinstance(operation, keras.layers.Layer) and bool(operation.weights),
        )
        for operation in classifier.network.operations
    ]
    return stages_of(operations, classifier.head, classifier.freeze_points)
