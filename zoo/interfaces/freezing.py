"""Finds the layers that `--freeze` names, by names alone: for a built classifier and a stored manifest alike."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import FreezeError, nearest_names
from zoo.interfaces.decimals import number, whole_number
from zoo.interfaces.stages import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zoo.interfaces.stages import Stage


@dataclass(frozen=True)
class Freezable:
    """The parts of a network that can be frozen, by name.

    Args:
        layers: of the backbone, in Keras's order.
        weighted: the layers among them that have weights, in the same order.
        head: the layers of the head, which always train.
        find_stages: returns the stages of the backbone, from the input on; called only if a name may be a stage.
        freeze_points: the stages that the architecture names.
        find_variables: returns the names of the backbone's variables that training could change, or None where only
            the built network has them; called only if the spec names variables.
    """

    layers: tuple[str, ...]
    weighted: tuple[str, ...]
    head: tuple[str, ...]
    find_stages: Callable[[], Sequence[Stage]]
    freeze_points: tuple[str, ...]
    find_variables: Callable[[], Sequence[str] | None]


@dataclass(frozen=True)
class Frozen:
    """The parts of a network that do not train.

    Args:
        layers: names of whole layers.
        variables: names of single variables; only if no whole layer is frozen.
    """

    layers: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()


def find_frozen(network: Freezable, spec: str) -> Frozen:
    """The part of the network's backbone that `spec` freezes.

    Args:
        spec: see `zoo.models.freezing.freeze`.

    Raises:
        FreezeError: the backbone has fewer layers, or none with that name, or the layer is in the head.
    """
    kind, colon, names = spec.partition(":")
    if colon and kind == "pattern":
        return Frozen(layers=_matching(network, names.split(",")))
    if colon and kind == "until":
        return Frozen(layers=frozenset(network.layers[: _place(network, names, before=True)]))
    if "/" in spec:
        return Frozen(variables=_variables_under(network, spec.split(",")))
    return Frozen(layers=frozenset(network.layers[: _boundary(network, spec)]))


def _boundary(network: Freezable, spec: str) -> int:
    """The number of layers that are frozen, from the input on."""
    if spec in ("none", "all"):
        return 0 if spec == "none" else len(network.layers)
    if re.fullmatch(r"-?[0-9]+", spec):
        return _after_weighted(network, whole_number(spec))
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?%", spec):
        return _after_share(network, spec)
    return _place(network, spec, before=False)


def _after_weighted(network: Freezable, count: int) -> int:
    most = len(network.weighted)
    if not 0 <= count <= most:
        raise FreezeError(
            f"cannot freeze {count} layers: the model has {most} layers with weights before its head; "
            f"give 0 to {most}, or all"
        )
    return network.layers.index(network.weighted[count - 1]) + 1 if count else 0


def _after_share(network: Freezable, spec: str) -> int:
    share = number(spec.removesuffix("%"))
    if not 0 <= share <= 100:
        raise FreezeError(f"cannot freeze {spec} of the layers before the head: give 0% to 100%")
    return _after_weighted(network, int(len(network.weighted) * share / 100 + 0.5))


def _place(network: Freezable, name: str, *, before: bool) -> int:
    """The number of layers up to and including the layer or stage with this name, or only those before it.

    A name of both a freeze point and a layer means the stage; a name of both another stage, such as `stem`, and a layer
    means the layer.
    """
    stages = {stage.name: stage for stage in network.find_stages()}
    if name in stages and (name in network.freeze_points or name not in network.layers):
        return stages[name].start if before else stages[name].end
    if name in network.layers:
        return network.layers.index(name) + (not before)
    raise FreezeError(_no_such_layer(network, name))


def _matching(network: Freezable, patterns: Sequence[str]) -> frozenset[str]:
    """The layers whose names match one of the patterns."""
    for pattern in patterns:
        if not pattern:
            raise FreezeError("an empty pattern freezes nothing: give one such as pattern:block_1?_*")
        if any(fnmatch.fnmatchcase(name, pattern) for name in network.weighted):
            continue
        if any(fnmatch.fnmatchcase(name, pattern) for name in network.head):
            raise FreezeError(
                f"cannot freeze pattern '{pattern}': it matches only the head, which always trains"
            )
        near = nearest_names(re.sub(r"[][*?!]", "", pattern), network.weighted) or network.weighted[:6]
        raise FreezeError(
            f"no layer with weights matches pattern '{pattern}'; available: {', '.join(near)}, …"
        )
    return frozenset(
        name for name in network.layers if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    )


def _variables_under(network: Freezable, prefixes: Sequence[str]) -> tuple[str, ...]:
    """The variables whose names start with one of the prefixes."""
    variables = network.find_variables()
    names = [f"{layer}/" for layer in network.weighted] if variables is None else variables
    for prefix in prefixes:
        sought = f"{prefix.partition('/')[0]}/" if variables is None else prefix
        if not prefix or not any(name.startswith(sought) for name in names):
            near = nearest_names(prefix, names) or names[:3]
            raise FreezeError(f"no variable's name starts with '{prefix}'; available: {', '.join(near)}, …")
    return tuple(
        prefixes if variables is None else (name for name in names if name.startswith(tuple(prefixes)))
    )


def _no_such_layer(network: Freezable, name: str) -> str:
    if name in (*network.head, HEAD):
        return f"cannot freeze up to '{name}': it is in the head, which always trains; all freezes up to the head"
    names = [*(stage.name for stage in network.find_stages()), *network.weighted]
    near = nearest_names(name, names) or names[:6]
    return (
        f"no layer or freeze point '{name}': give a number, a share such as 50%, all, none or a name such as "
        f"{', '.join(near)}"
    )
