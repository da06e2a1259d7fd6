"""Search spaces as frozen dataclasses, read from Keras Tuner's configuration of a space without Keras Tuner.

That configuration, a JSON document, is the form in which a space is stored; only `Space` reads and writes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, cast

from zoo.errors import SearchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zoo.interfaces import HyperparameterValue

    Entry = Mapping[str, Any]  # JSON: class_name and config

ARCHITECTURE = "architecture"
"""The hyperparameter that selects the architecture in a search over several."""


@dataclass(frozen=True)
class Condition:
    """A hyperparameter has an effect only if another one has one of these values."""

    name: str
    values: tuple[HyperparameterValue, ...]

    def is_met(self, values: Mapping[str, object]) -> bool:
        """Whether the other hyperparameter has one of these values."""
        return self.name in values and values[self.name] in self.values


@dataclass(frozen=True)
class Hyperparameter:
    """A hyperparameter of a space; its class defines its values.

    Args:
        conditions: all of them must be met for it to have an effect; the innermost one is last.
    """

    name: str
    default: HyperparameterValue
    conditions: tuple[Condition, ...] = ()

    @property
    def domain(self) -> Sequence[HyperparameterValue] | None:
        """All of its values, each once; None if it is continuous."""
        raise NotImplementedError

    def is_active(self, values: Mapping[str, object]) -> bool:
        """Whether it has an effect, given the values of the others."""
        return all(condition.is_met(values) for condition in self.conditions)

    def to_config(self) -> dict[str, Any]:
        """Keras Tuner's configuration of it."""
        conditions = [
            {"class_name": "Parent", "config": {"name": condition.name, "values": list(condition.values)}}
            for condition in self.conditions
        ]
        config = {"name": self.name, "default": self.default, "conditions": conditions, **self._own_config()}
        return {"class_name": type(self).__name__, "config": config}

    def _own_config(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class Fixed(Hyperparameter):
    """A hyperparameter with one value, its default, which is not searched."""

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
        ordered: whether neighbouring values are similar.
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
        step: the difference between two values, or with logarithmic sampling their ratio; None: any value.
        sampling: linear, log or reverse_log.
    """

    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    sampling: str = "linear"

    def _steps(self) -> Sequence[float]:
        """The values that Keras Tuner samples, by its own arithmetic, which may end before `high`."""
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
        """The space that `keras_tuner.HyperParameters.get_config` or `to_config` returned.

        Raises:
            SearchError: the configuration is damaged.
        """
        try:
            return cls(
                tuple(read_hyperparameter(entry) for entry in cast("Sequence[Entry]", config["space"]))
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SearchError(
                f"the space of the search is damaged ({type(error).__name__}: {error}): restore the registry from a "
                "backup, or start a new search"
            ) from error

    def to_config(self) -> dict[str, object]:
        """The space as `keras_tuner.HyperParameters.from_config` reads it, without values."""
        return {"space": [hp.to_config() for hp in self.hyperparameters], "values": {}}

    @property
    def searched_names(self) -> frozenset[str]:
        """Names of the hyperparameters that are not fixed."""
        return frozenset(hp.name for hp in self.hyperparameters if not isinstance(hp, Fixed))

    def without_met_conditions(self) -> Space:
        """The space without conditions that fixed hyperparameters always meet."""
        fixed = {hp.name: hp.default for hp in self.hyperparameters if isinstance(hp, Fixed)}
        return Space(
            tuple(
                replace(hp, conditions=tuple(each for each in hp.conditions if not each.is_met(fixed)))
                for hp in self.hyperparameters
            )
        )

    def combinations(self) -> int | None:
        """The number of choices that differ in a hyperparameter with an effect; None if it is infinite.

        Exact if conditions are nested, as Keras Tuner's scopes are; otherwise an upper bound, since some choices may
        count twice.
        """
        return _product(_combinations(hp, self) for hp in self.hyperparameters if not hp.conditions)

    def _children(self, parent: Hyperparameter) -> list[tuple[Condition, Hyperparameter]]:
        """The hyperparameters that the parent activates, each with its innermost condition."""
        innermost = ((hp.conditions[-1], hp) for hp in self.hyperparameters if hp.conditions)
        return [(condition, hp) for condition, hp in innermost if condition.name == parent.name]


def _combinations(hp: Hyperparameter, space: Space) -> int | None:
    """As `Space.combinations`, for one hyperparameter with all that it activates."""
    children, domain = space._children(hp), hp.domain
    if domain is None:
        return None
    activating = {value for condition, _ in children for value in condition.values if value in domain}
    total = len(domain) - len(activating)
    for value in activating:
        count = _product(
            _combinations(child, space) for condition, child in children if value in condition.values
        )
        if count is None:
            return None
        total += count
    return total


def _product(counts: Iterable[int | None]) -> int | None:
    factors = list(counts)
    return None if None in factors else math.prod(factor for factor in factors if factor is not None)


def read_hyperparameter(entry: Entry) -> Hyperparameter:
    """The hyperparameter that an entry of a configuration describes."""
    kind, config = entry["class_name"], entry["config"]
    conditions = tuple(
        Condition(parent["config"]["name"], tuple(parent["config"]["values"]))
        for parent in config["conditions"]
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
    """A hyperparameter with more than one value, as an axis of a plot.

    Args:
        choices: its values; empty if it is a number from `low` to `high`.
        sampling: how numbers are sampled: linear, log or reverse_log.
    """

    name: str
    default: HyperparameterValue
    choices: tuple[HyperparameterValue, ...] = ()
    low: float = 0.0
    high: float = 0.0
    sampling: str = "linear"
    whole: bool = False

    def place(self, value: HyperparameterValue | None) -> float | None:
        """The position of a value: its index among the choices, or from 0 to 1 on the scale on which it is sampled.

        None for a missing value, and for one that is not in the space.
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
    """The hyperparameters with more than one value, in the order in which they were declared.

    If a name is declared several times, its values are combined.

    Args:
        config: as `SearchPlan.space`.
    """
    declared = Space.from_config(config).hyperparameters
    order = list(dict.fromkeys(hp.name for hp in declared))
    by_name = groupby(sorted(declared, key=lambda hp: order.index(hp.name)), key=lambda hp: hp.name)
    axes = (_axis(list(declarations)) for _, declarations in by_name)
    return tuple(axis for axis in axes if len(axis.choices) > 1 or axis.low < axis.high)


def _axis(declarations: Sequence[Hyperparameter]) -> Searched:
    """The axis of all declarations of one name."""
    ranges = [hp for hp in declarations if isinstance(hp, Range)]
    if not ranges:
        values = ((False, True) if isinstance(hp, Boolean) else hp.domain or () for hp in declarations)
        choices = dict.fromkeys(chain.from_iterable(values))
        return Searched(declarations[0].name, declarations[0].default, tuple(choices))
    return Searched(
        declarations[0].name,
        ranges[0].default,
        low=min(hp.low for hp in ranges),
        high=max(hp.high for hp in ranges),
        sampling=ranges[0].sampling,
        whole=all(isinstance(hp, Int) for hp in declarations),
    )
