"""The one reader of search spaces: Keras Tuner's configuration of a space as frozen dataclasses, without Keras Tuner.

The configuration, a JSON document, is how a space is stored; `Space` reads and writes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zoo.interfaces import HyperparameterValue

    Entry = Mapping[str, Any]  # JSON: class_name and config

ARCHITECTURE = "architecture"
"""The hyperparameter that stands for the architecture in a search over several."""


@dataclass(frozen=True)
class Condition:
    """A hyperparameter has an effect only where another one has one of these values."""

    name: str
    values: tuple[HyperparameterValue, ...]

    def is_met(self, values: Mapping[str, object]) -> bool:
        """Whether the other one is among the values, and has one of these."""
        return self.name in values and values[self.name] in self.values


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter of a space; its class says what values it has.

    Args:
        conditions: all of them must be met for it to have an effect; the innermost comes last.
    """

    name: str
    default: HyperparameterValue
    conditions: tuple[Condition, ...] = ()

    @property
    def domain(self) -> Sequence[HyperparameterValue] | None:
        """All its values, each once; None for a continuous one."""
        raise NotImplementedError

    def is_active(self, values: Mapping[str, object]) -> bool:
        """Whether it has an effect where the others have these values."""
        return all(condition.is_met(values) for condition in self.conditions)

    def to_config(self) -> dict[str, Any]:
        """As Keras Tuner writes it."""
        conditions = [
            {"class_name": "Parent", "config": {"name": one.name, "values": list(one.values)}}
            for one in self.conditions
        ]
        config = {"name": self.name, "default": self.default, "conditions": conditions, **self._own_config()}
        return {"class_name": type(self).__name__, "config": config}

    def _own_config(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Fixed(Hyperparameter):
    """It has one value, its default, and is not searched."""

    @property
    def domain(self) -> Sequence[HyperparameterValue]:
        return (self.default,)

    def to_config(self) -> dict[str, Any]:
        entry = super().to_config()
        entry["config"]["value"] = entry["config"].pop("default")
        return entry


@dataclass(frozen=True)
class Boolean(Hyperparameter):
    """True or False."""

    @property
    def domain(self) -> Sequence[HyperparameterValue]:
        return (True, False)


@dataclass(frozen=True)
class Choice(Hyperparameter):
    """One of several values.

    Args:
        ordered: whether values that are beside each other are alike.
    """

    values: tuple[HyperparameterValue, ...] = ()
    ordered: bool = False

    @property
    def domain(self) -> Sequence[HyperparameterValue]:
        return tuple(dict.fromkeys(self.values))

    def _own_config(self) -> dict[str, Any]:
        return {"values": list(self.values), "ordered": self.ordered}


@dataclass(frozen=True)
class Range(Hyperparameter):
    """A number from `low` to `high`, both included.

    Args:
        step: between two values: what is added, or with a logarithmic sampling what they are multiplied by; None: any.
        sampling: linear, log or reverse_log.
    """

    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    sampling: str = "linear"

    def _steps(self) -> Sequence[float]:
        """The values that Keras Tuner draws, by its own arithmetic, which may end before `high`."""
        step = cast("float", self.step)
        if self.sampling == "linear":
            return [self.low + index * step for index in range(int((self.high - self.low) // step + 1))]
        count = int(math.log(self.high / self.low, step) + 1e-8) + 1
        rising = [self.low * math.pow(step, index) for index in range(count)]
        return rising if self.sampling == "log" else [self.high + self.low - value for value in rising]

    def _own_config(self) -> dict[str, Any]:
        numbers = {"min_value": self.low, "max_value": self.high, "step": self.step}
        return {**numbers, "sampling": self.sampling}


@dataclass(frozen=True)
class Int(Range):
    """A whole number."""

    low: int = 0
    high: int = 0
    step: int | None = 1

    @property
    def domain(self) -> Sequence[HyperparameterValue]:
        if self.sampling == "linear" or self.step is None:
            return range(self.low, self.high + 1, self.step or 1)
        return tuple(dict.fromkeys(map(int, self._steps())))


@dataclass(frozen=True)
class Float(Range):
    """A number; continuous without a step."""

    @property
    def domain(self) -> Sequence[HyperparameterValue] | None:
        if self.step is not None:
            return tuple(dict.fromkeys(self._steps()))
        return (self.low,) if self.low == self.high else None


@dataclass(frozen=True)
class Space:
    """A search space: its hyperparameters in the order in which they were declared.

    One name may be declared several times, under conditions that exclude each other.
    """

    hyperparameters: tuple[Hyperparameter, ...]

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Space:
        """The space that `keras_tuner.HyperParameters.get_config` or `to_config` wrote."""
        return cls(tuple(read_hyperparameter(entry) for entry in cast("Sequence[Entry]", config["space"])))

    def to_config(self) -> dict[str, object]:
        """The space as `keras_tuner.HyperParameters.from_config` reads it, without values."""
        return {"space": [hp.to_config() for hp in self.hyperparameters], "values": {}}

    @property
    def searched_names(self) -> frozenset[str]:
        """Names of all that is not fixed."""
        return frozenset(hp.name for hp in self.hyperparameters if not isinstance(hp, Fixed))

    def without_met_conditions(self) -> Space:
        """The space without conditions that are always met, because what they ask about is fixed."""
        fixed = {hp.name: hp.default for hp in self.hyperparameters if isinstance(hp, Fixed)}
        return Space(
            tuple(
                replace(hp, conditions=tuple(one for one in hp.conditions if not one.is_met(fixed)))
                for hp in self.hyperparameters
            )
        )

    def combinations(self) -> int | None:
        """How many choices differ in a hyperparameter that has an effect; None: endlessly many.

        Exact where each condition lies within the one before it, as scopes do; or else no choice is missed, but some
        may count twice.
        """
        return _product(_combinations(hp, self) for hp in self.hyperparameters if not hp.conditions)

    def _inside(self, parent: Hyperparameter) -> list[tuple[Condition, Hyperparameter]]:
        """What the parent switches on, each with its innermost condition."""
        innermost = ((hp.conditions[-1], hp) for hp in self.hyperparameters if hp.conditions)
        return [(condition, hp) for condition, hp in innermost if condition.name == parent.name]


def _combinations(hp: Hyperparameter, space: Space) -> int | None:
    """As `Space.combinations`, of one hyperparameter with all that it switches on."""
    inside, domain = space._inside(hp), hp.domain
    if domain is None:
        return None
    mentioned = {value for condition, _ in inside for value in condition.values if value in domain}
    total = len(domain) - len(mentioned)
    for value in mentioned:
        count = _product(_combinations(child, space) for one, child in inside if value in one.values)
        if count is None:
            return None
        total += count
    return total


def _product(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else math.prod(count for count in known if count is not None)


def read_hyperparameter(entry: Entry) -> Hyperparameter:
    """One hyperparameter of a configuration."""
    kind, config = entry["class_name"], entry["config"]
    conditions = tuple(
        Condition(one["config"]["name"], tuple(one["config"]["values"])) for one in config["conditions"]
    )
    name, default = config["name"], config.get("default")
    if kind == "Fixed":
        return Fixed(name, config["value"], conditions)
    if kind == "Boolean":
        return Boolean(name, default, conditions)
    if kind == "Choice":
        values = tuple(config["values"])
        return Choice(name, values[0] if default is None else default, conditions, values, config["ordered"])
    low, high = config["min_value"], config["max_value"]
    return {"Int": Int, "Float": Float}[kind](
        name, low if default is None else default, conditions, low, high, config["step"], config["sampling"]
    )


@dataclass(frozen=True)
class Searched:
    """A hyperparameter of which a search could choose among several values, as an axis of a plot.

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


def searched(config: Mapping[str, object]) -> tuple[Searched, ...]:
    """The hyperparameters of more than one value, in the order in which they were declared.

    The values of one name that is declared several times are taken together.

    Args:
        config: as `SearchPlan.space`.
    """
    declared = Space.from_config(config).hyperparameters
    order = list(dict.fromkeys(hp.name for hp in declared))
    by_name = groupby(sorted(declared, key=lambda hp: order.index(hp.name)), key=lambda hp: hp.name)
    axes = (_axis(list(same)) for _, same in by_name)
    return tuple(axis for axis in axes if len(axis.choices) > 1 or axis.low < axis.high)


def _axis(same: Sequence[Hyperparameter]) -> Searched:
    """Of all declarations of one name."""
    ranges = [hp for hp in same if isinstance(hp, Range)]
    if not ranges:
        values = ((False, True) if isinstance(hp, Boolean) else hp.domain or () for hp in same)
        choices = dict.fromkeys(chain.from_iterable(values))
        return Searched(same[0].name, same[0].default, tuple(choices))
    return Searched(
        same[0].name,
        ranges[0].default,
        low=min(hp.low for hp in ranges),
        high=max(hp.high for hp in ranges),
        sampling=ranges[0].sampling,
        whole=all(isinstance(hp, Int) for hp in same),
    )
