"""Freezing: which layers and variables of a classifier do not train."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import FreezeError
from zoo.interfaces.freezing import Freezable, Frozen, find_frozen
from zoo.models.trainability import Freezing, set_layer_trainable
from zoo.models.variables import named_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

    from zoo.models.classifier import Classifier


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of weights, not of tensors."""

    trainable: int
    non_trainable: int

    @property
    def total(self) -> int:
        """The sum of both."""
        return self.trainable + self.non_trainable


def freeze(classifier: Classifier, spec: str) -> tuple[str, ...]:
    """Freeze the part of the backbone that `spec` names; everything else trains, and the head always does.

    A frozen BatchNormalization layer also stays in inference mode, as Keras does for `trainable = False`.

    Args:
        spec: one of

            - `none`; `all`, the whole backbone;
            - a number N, the first N layers that have weights; `50%`, that share of them, rounded;
            - the name of a layer, up to and including it; of a freeze point or another stage, up to its end;
            - `until:NAME`, everything before that layer or before that stage begins;
            - `pattern:GLOB`, or several separated by commas: only the layers that match, wherever they are;
              `*`, `?` and `[…]` as in names of files;
            - `LAYER/PREFIX`, or several separated by commas: only the variables whose names begin with it;
              see `zoo.models.variables.named_variables`.

    Returns:
        Names of the frozen layers that have weights, or of the frozen variables.

    Raises:
        FreezeError: the network has fewer layers, or none of that name, or it is in the head.
    """
    freezing = resolve_freeze(classifier, spec)
    freezing.apply()
    return freezing.names


def resolve_freeze(classifier: Classifier, spec: str) -> Freezing:
    """Return the freezing that `spec` describes, see `freeze`; resolved once for all phases of a training."""
    if spec not in classifier.freezings:
        classifier.freezings[spec] = _resolve(classifier, spec)
    return classifier.freezings[spec]


def _resolve(classifier: Classifier, spec: str) -> Freezing:
    try:
        frozen = find_frozen(freezable(classifier), spec)
    except FreezeError:
        frozen = Frozen(variables=_under_keras_paths(classifier, spec.split(",")) if "/" in spec else ())
        if not frozen.variables:
            raise
    layers = classifier.network.layers
    if frozen.variables:
        named = named_variables(classifier.network)
        variables = tuple(named[name] for name in frozen.variables)
        return Freezing(frozen.variables, dict.fromkeys(layers, True), variables)
    names = tuple(layer.name for layer in layers if layer.name in frozen.layers and layer.weights)
    return Freezing(names, {layer: layer.name not in frozen.layers for layer in layers})


def freezable(classifier: Classifier) -> Freezable:
    """Return the parts of the classifier that `--freeze` can name. Listing variables makes all layers trainable."""
    backbone = [layer for layer in classifier.network.layers if layer.name not in classifier.head]
    return Freezable(
        layers=tuple(layer.name for layer in backbone),
        weighted=tuple(layer.name for layer in backbone if layer.weights),
        head=tuple(classifier.head),
        find_stages=lambda: classifier.backbone_stages,
        freeze_points=tuple(classifier.freeze_points),
        find_variables=lambda: _thawed_variables(classifier),
    )


def _thawed_variables(classifier: Classifier) -> list[str]:
    """Return the names of the backbone's variables that can train; makes all layers trainable."""
    for layer in classifier.network.layers:
        set_layer_trainable(layer, True)
    named = named_variables(classifier.network)
    head = {*classifier.head}
    return [
        name for name, variable in named.items() if variable.trainable and name.partition("/")[0] not in head
    ]


def _under_keras_paths(classifier: Classifier, prefixes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the variables whose paths in Keras start with one of the prefixes; none if one has no match.

    So `--freeze` named variables when the manifests of models had format 1, and what was started then may be resumed.
    """
    named = named_variables(classifier.network)
    paths = {name: str(named[name].path) for name in _thawed_variables(classifier)}
    if not all(
        "/" in prefix and any(path.startswith(prefix) for path in paths.values()) for prefix in prefixes
    ):
        return ()
    return tuple(name for name, path in paths.items() if path.startswith(tuple(prefixes)))


def count_parameters(network: keras.Model) -> ParameterCounts:
    """Return how many weights train and how many do not. BatchNormalization's moving statistics never train."""
    return ParameterCounts(
        trainable=sum(math.prod(weight.shape) for weight in network.trainable_weights),
        non_trainable=sum(math.prod(weight.shape) for weight in network.non_trainable_weights),
    )
