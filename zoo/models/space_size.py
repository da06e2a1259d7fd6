"""How many different choices a search space has."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from keras_tuner.engine.hyperparameters import Float, Int

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keras_tuner import HyperParameters

    from zoo.interfaces import HyperparameterValue

OTHER = object()
"""Stands for every value that no condition mentions."""


def combinations(space: HyperParameters) -> int | None:
    """How many choices differ in a hyperparameter that has an effect; None: endlessly many.

    Hyperparameters that no condition connects are counted apart, so that many conditions take no longer than few,
    unless they are entangled.
    """
    return _count(space.space, {})


def domain(hp: Any) -> Sequence[HyperparameterValue] | None:
    """All values of a `keras_tuner` hyperparameter, each once; None for a continuous one."""
    if isinstance(hp, Int) and (hp.step is None or hp.sampling == "linear"):
        return range(hp.min_value, hp.max_value + 1, hp.step or 1)
    if isinstance(hp, Int):
        return tuple(dict.fromkeys(map(int, hp.values)))
    if isinstance(hp, Float) and hp.step is None:
        return (hp.min_value,) if hp.min_value == hp.max_value else None
    return tuple(dict.fromkeys(hp.values))


def _count(declared: Iterable[Any], values: dict[str, object]) -> int | None:
    """As `combinations`, of the declarations that come after those that have these values."""
    counts = [_count_connected(group, values) for group in _connected(_left(declared, values), values)]
    return None if None in counts else math.prod(count for count in counts if count is not None)


def _left(declared: Iterable[Any], values: dict[str, object]) -> list[Any]:
    """What may still have an effect."""
    left: list[Any] = []
    undecided: set[str] = set()
    for hp in declared:
        if hp.name not in values and all(
            one.name in undecided or one.is_active(values) for one in hp.conditions
        ):
            left.append(hp)
            undecided.add(hp.name)
    return left


def _connected(declared: Sequence[Any], values: dict[str, object]) -> list[list[Any]]:
    """Groups of declarations, each in its order, between which there is no undecided condition."""
    groups: list[set[str]] = []
    for hp in declared:
        names = {hp.name, *(one.name for one in hp.conditions if one.name not in values)}
        joined = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names]
        groups.append(names.union(*joined))
    return [[hp for hp in declared if hp.name in names] for names in groups]


def _count_connected(group: Sequence[Any], values: dict[str, object]) -> int | None:
    """Counts for each value of the first one, which decides on others; values that decide alike are counted once."""
    first, *others = group  # what it depends on is decided: it would be in the group, and before it
    every = domain(first)
    if every is None:
        return None
    if not others:
        return len(every)
    conditions = [one for hp in others for one in hp.conditions if one.name == first.name]
    mentioned = {value for one in conditions for value in one.values if value in every}
    effects = Counter(tuple(value in one.values for one in conditions) for value in mentioned)
    examples: dict[object, object] = {
        tuple(value in one.values for one in conditions): value for value in mentioned
    }
    nothing = tuple(False for _ in conditions)
    if len(every) > len(mentioned):
        effects[nothing] += len(every) - len(mentioned)
        examples[nothing] = OTHER
    total = 0
    for effect, times in effects.items():
        rest = _count(others, {**values, first.name: examples[effect]})
        if rest is None:
            return None
        total += times * rest
    return total
