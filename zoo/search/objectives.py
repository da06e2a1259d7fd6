"""What a search may optimise, and which way each goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces import EPOCH_METRICS, Objective

if TYPE_CHECKING:
    from collections.abc import Mapping

OBJECTIVES: Mapping[str, Objective] = {
    **{name: Objective(name, "min" if name.endswith("loss") else "max") for name in EPOCH_METRICS},
    **{name: Objective(name, "min") for name in ("params", "trainable_params", "megabytes", "seconds")},
}
"""By name. Keras Tuner's own guess of the direction is never asked: it minimises val_f1."""


def find_objectives(names: str) -> tuple[Objective, ...]:
    """The objectives of these names, with commas between.

    `params` and `trainable_params` count weights, `megabytes` are those of the stored weights (10⁶ bytes), `seconds`
    those of training; the others are measured after each epoch.

    Raises:
        UnknownNameError: there is no such objective.
        SearchError: one is named twice.
    """
    found = [name.strip() for name in names.split(",")]
    for name in found:
        if name not in OBJECTIVES:
            raise UnknownNameError("objective", name, OBJECTIVES)
        if found.count(name) > 1:
            raise SearchError(f"--objective names {name} twice: name it once")
    return tuple(OBJECTIVES[name] for name in found)
