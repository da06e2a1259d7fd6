"""Freezing: what of a classifier does not train."""

from __future__ import annotations

import fnmatch
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import FreezeError, nearest_names
from zoo.interfaces.stages import HEAD
from zoo.models.trainability import Freezing, set_layer_trainable

if TYPE_CHECKING:
    import keras

    from zoo.models.classifier import Classifier


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
    """Freeze what `spec` says of the backbone; everything else trains, and the head always does.

    A frozen BatchNormalization layer also stays in inference mode, as Keras does for `trainable = False`.

    Args:
        spec: one of

            - `none`; `all`, the whole backbone;
            - a number N, the first N layers that have weights; `50%`, that share of them, rounded;
            - the name of a layer, up to it and with it; of a freeze point or another stage, up to its end;
            - `until:NAME`, everything before that layer or before that stage begins;
            - `pattern:GLOB`, several with commas between: just the layers of these names, wherever they are;
              `*`, `?` and `[…]` as in names of files;
            - `LAYER/PREFIX`, several with commas between: just the variables whose paths begin so.

    Returns:
        Names of the frozen layers that have weights, or paths of the frozen variables.

    Raises:
        FreezeError: there are fewer layers, or none of that name, or it is in the head.
    """
    freezing = resolve_freeze(classifier, spec)
    freezing.apply()
    return freezing.names


def resolve_freeze(classifier: Classifier, spec: str) -> Freezing:
    """What `spec` says of this classifier, see `freeze`; resolved once, however many phases a training has."""
    if spec not in classifier.freezings:
        classifier.freezings[spec] = _resolve(classifier, spec)
    return classifier.freezings[spec]


def _resolve(classifier: Classifier, spec: str) -> Freezing:
    backbone = _backbone_layers(classifier)
    kind, colon, names = spec.partition(":")
    if colon and kind == "pattern":
        frozen = _matching(classifier, backbone, names.split(","))
    elif colon and kind == "until":
        frozen = set(backbone[: _place(classifier, backbone, names, before=True)])
    elif "/" in spec:
        variables = _matching_variables(classifier, backbone, spec.split(","))
        paths = tuple(variable.path for variable in variables)
        return Freezing(paths, dict.fromkeys(classifier.network.layers, True), variables)
    else:
        frozen = set(backbone[: _boundary(classifier, backbone, spec)])
    weighted = tuple(layer.name for layer in backbone if layer in frozen and layer.weights)
    return Freezing(weighted, {layer: layer not in frozen for layer in classifier.network.layers})


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
    if re.fullmatch(r"-?\d+(\.\d+)?%", spec):
        return _after_share(backbone, spec)
    return _place(classifier, backbone, spec, before=False)


def _after_weighted(backbone: list[keras.layers.Layer], count: int) -> int:
    weighted = [index for index, layer in enumerate(backbone) if layer.weights]
    if not 0 <= count <= len(weighted):
        raise FreezeError(
            f"cannot freeze {count} layers: the model has {len(weighted)} layers with weights before its head; "
            f"give 0 to {len(weighted)}, or all"
        )
    return weighted[count - 1] + 1 if count else 0


def _after_share(backbone: list[keras.layers.Layer], spec: str) -> int:
    share = float(spec.removesuffix("%"))
    if not 0 <= share <= 100:
        raise FreezeError(f"cannot freeze {spec} of the layers before the head: give 0% to 100%")
    weighted = sum(bool(layer.weights) for layer in backbone)
    return _after_weighted(backbone, int(weighted * share / 100 + 0.5))


def _place(classifier: Classifier, backbone: list[keras.layers.Layer], name: str, *, before: bool) -> int:
    """How many layers there are up to the layer or stage of this name and with it, or else before it.

    A point that is also the name of a layer is a stage; a stage that is no point, as `stem`, gives way to a layer.
    """
    stages = {stage.name: stage for stage in classifier.backbone_stages}
    names = [layer.name for layer in backbone]
    if name in stages and (name in classifier.freeze_points or name not in names):
        return stages[name].start if before else stages[name].end
    if name in names:
        return names.index(name) + (not before)
    raise FreezeError(_no_such_layer(classifier, backbone, [*stages], name))


def _matching(
    classifier: Classifier, backbone: list[keras.layers.Layer], patterns: list[str]
) -> set[keras.layers.Layer]:
    """The layers whose names match one of the patterns."""
    weighted = [layer.name for layer in backbone if layer.weights]
    for pattern in patterns:
        if not pattern:
            raise FreezeError("an empty pattern freezes nothing: give one such as pattern:block_1?_*")
        if any(fnmatch.fnmatchcase(name, pattern) for name in weighted):
            continue
        if any(fnmatch.fnmatchcase(name, pattern) for name in classifier.head):
            raise FreezeError(
                f"cannot freeze pattern '{pattern}': it matches the head alone, which always trains"
            )
        near = nearest_names(re.sub(r"[][*?!]", "", pattern), weighted) or weighted[:6]
        raise FreezeError(
            f"no layer with weights matches pattern '{pattern}': there are {', '.join(near)}, …"
        )
    return {
        layer for layer in backbone if any(fnmatch.fnmatchcase(layer.name, pattern) for pattern in patterns)
    }


def _matching_variables(
    classifier: Classifier, backbone: list[keras.layers.Layer], prefixes: list[str]
) -> tuple[keras.Variable, ...]:
    """The variables, of those that could train, whose paths begin so; opens all layers to see which could."""
    for layer in classifier.network.layers:
        set_layer_trainable(layer, True)
    variables = [variable for layer in backbone for variable in layer.trainable_variables]
    frozen = [variable for variable in variables if variable.path.startswith(tuple(prefixes))]
    for prefix in prefixes:
        if not prefix or not any(variable.path.startswith(prefix) for variable in frozen):
            paths = [variable.path for variable in variables]
            near = nearest_names(prefix, paths) or paths[:3]
            raise FreezeError(f"no variable's path begins with '{prefix}': there are {', '.join(near)}, …")
    return tuple(frozen)


def _no_such_layer(
    classifier: Classifier, backbone: list[keras.layers.Layer], stages: list[str], name: str
) -> str:
    if name in (*classifier.head, HEAD):
        return f"cannot freeze up to '{name}': it is in the head, which always trains; all freezes up to the head"
    names = [*stages, *(layer.name for layer in backbone if layer.weights)]
    near = nearest_names(name, names) or names[:6]
    return (
        f"no layer or freeze point '{name}': give a number, a share such as 50%, all, none or a name such as "
        f"{', '.join(near)}"
    )
