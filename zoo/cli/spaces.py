"""A search space in words: each hyperparameter with its default, its range and its condition."""

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
        own: one of zoo's, the same for every architecture; only these have a summary.
        searched: what a search tries, in words; None: it is not searched, but may be set.
        condition: when it has an effect, in words; None: always.
    """

    name: str
    default: object
    searched: str | None
    condition: str | None
    own: bool
    summary: str


def entries_of(space: Space) -> tuple[SpaceEntry, ...]:
    """Its hyperparameters in words."""
    return tuple(_entry(hp) for hp in space.hyperparameters)


def _entry(hp: Hyperparameter) -> SpaceEntry:
    conditions = [f"{one.name}={' or '.join(map(_shown, one.values))}" for one in hp.conditions]
    return SpaceEntry(
        name=hp.name,
        default=hp.default,
        searched=_in_words(hp),
        condition=" and ".join(conditions) or None,
        own=hp.name in OWN,
        summary=OWN[hp.name].summary if hp.name in OWN else "",
    )


def _in_words(hp: Hyperparameter) -> str | None:
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
