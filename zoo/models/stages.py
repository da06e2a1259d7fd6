"""The stages of a classifier: consecutive groups of its layers, from the pixels to the head."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.interfaces.stages import HEAD

if TYPE_CHECKING:
    import keras

    from zoo.models.classifier import Classifier


@dataclass(frozen=True)
class StageCounts:
    """The size of a stage.

    Args:
        layers: the number of its layers that have weights, as `--freeze N` counts them.
        trainable, non_trainable: numbers of weights, not of tensors.
    """

    stage: str
    layers: int
    trainable: int
    non_trainable: int


def stages(classifier: Classifier) -> tuple[tuple[str, tuple[keras.layers.Layer, ...]], ...]:
    """Return each stage with its layers, from the pixels to the `head`. Every layer is in exactly one stage."""
    layer_of = {layer.name: layer for layer in classifier.network.layers}
    backbone = [(stage.name, stage.layers) for stage in classifier.backbone_stages]
    return tuple(
        (name, tuple(layer_of[layer] for layer in names))
        for name, names in (*backbone, (HEAD, classifier.head))
    )


def stage_of(classifier: Classifier) -> dict[str, str]:
    """Return name of a layer -> its stage; see `zoo.interfaces.stages.stages_of` for the rule."""
    return {layer.name: name for name, layers in stages(classifier) for layer in layers}


def count_by_stage(classifier: Classifier) -> tuple[StageCounts, ...]:
    """Return the sizes of the stages that have weights, from the pixels to the head."""
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
