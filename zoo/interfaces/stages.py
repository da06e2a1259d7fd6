"""Divides the layers of a network into stages, by their names and by the flow of tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

HEAD, STEM, TAIL, BACKBONE = "head", "stem", "tail", "backbone"


@dataclass(frozen=True)
class Operation:
    """A node in the graph of a network: a layer, or a function such as the sum of two tensors.

    Args:
        parents: names of the operations whose outputs are its inputs.
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
            up to and including the stage freezes the first `end`.
    """

    name: str
    layers: tuple[str, ...]
    start: int
    end: int


def in_stage(layer: str, point: str) -> bool:
    """Whether the layer belongs to the stage by name: `conv4_block1_out` and `conv4a` to `conv4`, but not `conv40`."""
    return layer.startswith(point) and not layer[len(point) : len(point) + 1].isdigit()


def stages_of(
    operations: Iterable[Operation], head: Collection[str], points: Sequence[str]
) -> tuple[Stage, ...]:
    """The stages of the backbone, from the input on; every layer of the backbone is in exactly one.

    A layer belongs to the stage whose name it has; any other layer belongs to the next stage to end, which is the first
    one that is frozen together with it. Layers with weights before the first stage form the `stem`, those after the
    last one the `tail`; layers without weights there join the neighbouring stage. Without points, all layers form one
    stage, `backbone`.

    Args:
        operations: of the whole network, each after its parents, layers in Keras's order.
        head: names of the head's layers.
        points: names of stages, as in Architecture.freeze_points; those without a layer are ignored.
    """
    backbone = _Backbone(operations, head, points)
    ends = _ends(backbone, points)
    members: dict[str, list[int]] = {stage: [] for stage in ends}
    for index, layer in enumerate(backbone.names):
        by_name = [
            stage for stage, end in ends.items() if stage in points and in_stage(layer, stage) and index < end
        ]
        next_to_end = next(stage for stage, end in ends.items() if index < end)
        members[max(by_name, key=len, default=next_to_end)].append(index)
    return tuple(
        Stage(stage, tuple(backbone.names[index] for index in indices), indices[0], ends[stage])
        for stage, indices in members.items()
        if indices
    )


def _ends(backbone: _Backbone, points: Sequence[str]) -> dict[str, int]:
    """Stage -> the number of layers that freezing up to it freezes."""
    stages = sorted((backbone.end_of(point), point) for point in points if backbone.named(point))
    count = len(backbone.names)
    if not stages:
        return {BACKBONE: count}
    (_, first), (end, last) = stages[0], stages[-1]
    start = backbone.start_of(first)
    before = {STEM: start} if backbone.has_weights(0, start) else {}
    after = {TAIL: count} if backbone.has_weights(end, count) else {last: count}
    return {**before, **{point: end for end, point in stages}, **after}


class _Backbone:
    """The layers before the head in order, and the connections between them."""

    def __init__(self, operations: Iterable[Operation], head: Collection[str], points: Sequence[str]) -> None:
        self._points = points
        self._operations = [operation for operation in operations if operation.name not in head]
        self._layers = [operation for operation in self._operations if operation.is_layer]
        self.names = tuple(layer.name for layer in self._layers)

    def named(self, point: str) -> list[int]:
        """The indices of the layers that belong to the stage by name."""
        return [index for index, name in enumerate(self.names) if in_stage(name, point)]

    def has_weights(self, start: int, end: int) -> bool:
        return any(layer.has_weights for layer in self._layers[start:end])

    def start_of(self, point: str) -> int:
        """The start of the first stage: before its first layer and the layers parallel to it, such as the branches
        that it merges."""
        start = self.named(point)[0]
        while start > 1 and self._tensors_across(start) > 1:
            start -= 1
        return start

    def end_of(self, point: str) -> int:
        """The end of the stage: after its last layer and the layers without a stage parallel to it, such as a shortcut.

        Keras orders layers by depth, so the shortcut around a stage may end after the last layer with the stage's
        name; it belongs to the stage up to where only one tensor continues. A point that is also the name of a layer
        ends there: `conv_pw_6` includes its normalisation, `conv_pw_6_bn`, but `mixed9` does not include `mixed9_1`.
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
        """The number of tensors that pass from the first `end` layers to later ones.

        A function counts among the first layers if all of its inputs do: after a sum, only one tensor continues.
        """
        front = set(self.names[:end])
        inputs: set[str] = set()
        for operation in self._operations:
            if not operation.is_layer and operation.parents <= front:
                front.add(operation.name)
            elif operation.name not in front:
                inputs |= operation.parents
        return len(front & inputs)
