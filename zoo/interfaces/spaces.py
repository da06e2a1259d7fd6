"""What a search chose from, read from the space that is stored with it, without Keras Tuner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces import HyperparameterValue

ARCHITECTURE = "architecture"
"""The hyperparameter that stands for the architecture in a search over several."""


@dataclass(frozen=True)
class Searched:
    """A hyperparameter of which a search could choose among several values.

    Args:
        choices: its values; empty where it is a number from `low` to `high`.
        sampling: how numbers are drawn: linear, log or reverse_log.
    """

    name: str
    default: HyperparameterValue
    choices: tuple[HyperparameterValue, ...] = ()
    low: float = 0.0
    high: float = 0.0
    sampling: str = "linear"
    whole: bool = False

    def place(self, value: HyperparameterValue | None) -> float | None:
        """Where the value is: its number among the choices, or from 0 to 1 as the space samples it.

        None for no value, and for one that the space does not know.
        """
        if self.choices:
            return self.choices.index(value) if value in self.choices else None
        if not isinstance(value, int | float) or not self.low <= value <= self.high:
            return None
        if self.sampling == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        if self.sampling == "reverse_log":
            return 1 - math.log((self.high + self.low - value) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def searched(space: Mapping[str, object]) -> tuple[Searched, ...]:
    """The hyperparameters of more than one value, in the order in which they were declared.

    One name may be declared several times, under conditions that exclude each other: its values are taken together.

    Args:
        space: as `keras_tuner.HyperParameters.get_config` gives it.
    """
    entries = cast("Sequence[Mapping[str, Any]]", space["space"])
    order = list(dict.fromkeys(entry["config"]["name"] for entry in entries))
    by_name = groupby(
        sorted(entries, key=lambda entry: order.index(entry["config"]["name"])),
        key=lambda entry: entry["config"]["name"],
    )
    read = (_read(name, list(declared)) for name, declared in by_name)
    return tuple(one for one in read if len(one.choices) > 1 or one.low < one.high)


def _read(name: str, declared: Sequence[Mapping[str, Any]]) -> Searched:
    configs = [entry["config"] for entry in declared]
    ranges = [entry["config"] for entry in declared if entry["class_name"] in ("Int", "Float")]
    if not ranges:
        choices = dict.fromkeys(value for entry in declared for value in _choices(entry))
        return Searched(name, configs[0].get("default"), tuple(choices))
    return Searched(
        name,
        ranges[0]["default"],
        low=min(config["min_value"] for config in ranges),
        high=max(config["max_value"] for config in ranges),
        sampling=ranges[0]["sampling"],
        whole=all(entry["class_name"] == "Int" for entry in declared),
    )


def _choices(entry: Mapping[str, Any]) -> Sequence[HyperparameterValue]:
    if entry["class_name"] == "Boolean":
        return (False, True)
    if entry["class_name"] == "Fixed":
        return (entry["config"]["value"],)
    return cast("Sequence[HyperparameterValue]", entry["config"]["values"])
