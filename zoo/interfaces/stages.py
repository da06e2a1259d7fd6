"""Stages: which part of a network each of its layers lies in, by its name and by the way that tensors take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

HEAD, STEM, TAIL, BACKBONE = "head", "stem", "tail", "backbone"


@dataclass(frozen=True)
class Operation:
    """A node in the graph of a network: a layer, or a bare function such as a sum of two tensors.

    Args:
        parents: names of the operations whose outputs it takes.
    """

    name: str
    parents: frozenset[str]
    is_layer: bool
    has_weights: bool


@dataclass(frozen=True)
class Stage:
    """A part of a backbone.

    Args:
        layers: their names, in Keras's order, by depth.
        start, end: freezing everything before the stage freezes the first `start` layers of the backbone; freezing
            up to the stage and with it, the first `end`.
    """

    name: str
    layers: tuple[str, ...]
    start: int
    end: int


def in_stage(layer: str, point: str) -> bool:
    """Whether the layer's name is of the stage: `conv4_block1_out` and `conv4a` of `conv4`, `conv40` not."""
    return layer.startswith(point) and not layer[len(point) : len(point) + 1].isdigit()


def stages_of(
    operations: Iterable[Operation], head: Collection[str], points: Sequence[str]
) -> tuple[Stage, ...]:
    """Every layer of the backbone in exactly one stage; the stages from the pixels on.

    A layer that bears a point's name lies in that stage. One of another name lies where it is: in the stage that
    ends next, for that is the first to be frozen with it. Layers with weights before the first stage are the `stem`,
    those after the last are the `tail`; what has no weights there goes with its neighbour. Without points all is
    one stage, `backbone`.

    Args:
        operations: of the whole network, each after its parents, layers in Keras's order.
        head: names of the head's layers.
        points: names of stages, as in Architecture.freeze_points; those without a layer are passed over.
    """
    backbone = _Backbone(operations, head, points)
    ends = _ends(backbone, points)
    members: dict[str, list[int]] = {stage: [] for stage in ends}
    for index, layer in enumerate(backbone.names):
        named = [
            stage for stage, end in ends.items() if stage in points and in_stage(layer, stage) and index < end
        ]
        where = next(stage for stage, end in ends.items() if index < end)
        members[max(named, key=len, default=where)].append(index)
    return tuple(
        Stage(stage, tuple(backbone.names[index] for index in inside), inside[0], ends[stage])
        for stage, inside in members.items()
        if inside
    )


def _ends(backbone: _Backbone, points: Sequence[str]) -> dict[str, int]:
    """Stage -> how many layers are frozen with it, from the pixels on."""
    found = sorted((backbone.end_of(point), point) for point in points if backbone.named(point))
    count = len(backbone.names)
    if not found:
        return {BACKBONE: count}
    (_, first), (end, last) = found[0], found[-1]
    start = backbone.start_of(first)
    before = {STEM: start} if backbone.has_weights(0, start) else {}
    after = {TAIL: count} if backbone.has_weights(end, count) else {last: count}
    return {**before, **{point: end for end, point in found}, **after}


class _Backbone:
    """The layers before the head in order, and which of them take whose outputs."""

    def __init__(self, operations: Iterable[Operation], head: Collection[str], points: Sequence[str]) -> None:
        self._points = points
        self._operations = [one for one in operations if one.name not in head]
        self._layers = [one for one in self._operations if one.is_layer]
        self.names = tuple(one.name for one in self._layers)

    def named(self, point: str) -> list[int]:
        """Where the layers lie that bear the stage's name."""
        return [index for index, name in enumerate(self.names) if in_stage(name, point)]

    def has_weights(self, start: int, end: int) -> bool:
        return any(layer.has_weights for layer in self._layers[start:end])

    def start_of(self, point: str) -> int:
        """Where the first stage begins: before its first layer, and before what lies beside that, as the branches
        that a layer joins do."""
        start = self.named(point)[0]
        while start > 1 and self._tensors_across(start) > 1:
            start -= 1
        return start

    def end_of(self, point: str) -> int:
        """The end of the stage: its last layer, and what has no stage but lies beside it, as a shortcut does.

        Keras orders layers by depth, so the shortcut around a stage may end after the last layer that bears the
        stage's name; it goes with the stage until one tensor alone leads on. A point that is itself the name of
        a layer ends there: with `conv_pw_6` goes its normalisation, `conv_pw_6_bn`, but `mixed9_1` is no part of
        `mixed9`.
        """
        if point in self.names:
            end = self.names.index(point) + 1
            while end < len(self.names) and in_stage(self.names[end], point):
                end += 1
            return end
        last = end = self.named(point)[-1] + 1
        while end < len(self.names) and self._tensors_across(end) > 1:
            if any(in_stage(self.names[end], other) for other in self._points):
                return last
            end += 1
        return end

    def _tensors_across(self, end: int) -> int:
        """How many tensors lead from the first `end` layers to later ones.

        A function counts to the first ones as soon as all that it takes does: of a sum, one tensor leads on.
        """
        front = set(self.names[:end])
        taken: set[str] = set()
        for one in self._operations:
            if not one.is_layer and one.parents <= front:
                front.add(one.name)
            elif one.name not in front:
                taken |= one.parents
        return len(front & taken)
