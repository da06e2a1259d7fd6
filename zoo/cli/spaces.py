"""A search space as text: each hyperparameter with its default, its range and its condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.interfaces.spaces import Boolean, Choice, Range
from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from zoo.interfaces.spaces import Hyperparameter, Space


@dataclass(frozen=True)
class SpaceEntry:
    """One hyperparameter of a search space.

    Args:
        own: whether it is one of zoo's own; only these have a summary.
        searched: the searched values as text; None: it is not searched, but may be set.
        condition: when it is active, as text; None: always.
    """

    name: str
    default: object
    searched: str | None
    condition: str | None
    own: bool
    summary: str


def entries_of(space: Space) -> tuple[SpaceEntry, ...]:
    """Return its hyperparameters as text."""
    return tuple(_entry(hp) for hp in space.hyperparameters)


def _entry(hp: Hyperparameter) -> SpaceEntry:
    conditions = [
        f"{condition.name}={' or '.join(map(_shown, condition.values))}" for condition in hp.conditions
    ]
    return SpaceEntry(
        name=hp.name,
        default=hp.default,
        searched=_as_text(hp),
        condition=" and ".join(conditions) or None,
        own=hp.name in OWN,
        summary=OWN[hp.name].summary if hp.name in OWN else "",
    )


def _as_text(hp: Hyperparameter) -> str | None:
    match hp:
        case Boolean():
            return "True, False"
        case Choice(values=values):
            return ", ".join(map(_shown, values))
        case Range(low=low, high=high, step=step, sampling=sampling):
            steps = f", step {step}" if step not in (None, 1) else ""
            return f"{low:g} to {high:g}{steps}{', log' if sampling == 'log' else ''}"
        case _:
            return None


def _shown(value: object) -> str:
    return "''" if value == "" else str(value)
