"""Search spaces: values for the hyperparameters of a space, checked, fixed and filled in."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from keras_tuner import HyperParameters
from keras_tuner.engine import hyperparameters as kinds

from zoo.errors import HyperparameterError, UnknownNameError
from zoo.interfaces import HyperparameterValue
from zoo.interfaces.decimals import number, whole_number
from zoo.interfaces.spaces import Space, read_hyperparameter
from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Values = dict[str, HyperparameterValue]


def check(space: HyperParameters, values: Mapping[str, HyperparameterValue]) -> Values:
    """Return the values, numbers or text from the command line, with the types of their hyperparameters.

    Raises:
        UnknownNameError: a name is not in the space.
        HyperparameterError: a value is out of range.
    """
    declared = {hp.name: hp for hp in space.space}
    checked: Values = {}
    for name, value in values.items():
        if name not in declared:
            raise UnknownNameError("hyperparameter", name, declared)
        checked[name] = OWN[name].check(value) if name in OWN else _check_declared(declared[name], value)
    return checked


def fix(space: HyperParameters, values: Mapping[str, HyperparameterValue]) -> HyperParameters:
    """Return the space with these hyperparameters fixed at these values, under the same conditions."""
    fixed = HyperParameters()
    for hp in space.space:
        fixed.merge([_fixed(hp, values[hp.name]) if hp.name in values else hp])
    return fixed


def choose(space: HyperParameters, values: Mapping[str, HyperparameterValue]) -> HyperParameters:
    """Return a copy of the space in which every active hyperparameter has its value from `values`, or its default.

    Raises:
        HyperparameterError: a hyperparameter in `values` is inactive with the other values.
    """
    chosen = space.copy()
    chosen.values = dict(values)
    fill_in(chosen)
    for name in values:
        if name not in chosen.values:
            unmet = ", ".join(
                f"{condition.name}={chosen.values.get(condition.name, '')}"
                for hp in space.space
                if hp.name == name
                for condition in hp.conditions
                if not condition.is_active(chosen.values)
            )
            raise HyperparameterError(f"{name} has no effect with {unmet}: leave one of the two out")
    return chosen


def restore(config: Mapping[str, object]) -> HyperParameters:
    """Return the space of a configuration from `get_config`, which Keras Tuner's `from_config` would modify."""
    return HyperParameters.from_config(copy.deepcopy(dict(config)))


_READERS: Mapping[type, Callable[[str], HyperparameterValue]] = {int: whole_number, float: number, str: str}


def value_of_type(hp: Any, value: HyperparameterValue) -> HyperparameterValue:  # a keras_tuner Fixed
    """Return the value of an option that is not searched, which may be text: any value of its default's type.

    Raises:
        HyperparameterError: it is of another type.
    """
    kind = type(hp.value)
    try:
        if kind is bool:
            return {"true": True, "false": False}[str(value).casefold()]
        return _READERS[kind](str(value))
    except (KeyError, ValueError):
        raise HyperparameterError(f"{hp.name} must be a {kind.__name__}, got '{value}'") from None


def read(hp: HyperParameters) -> Space:
    """Return the space as plain data."""
    return Space.from_config(hp.get_config())


def domain(hp: Any) -> Sequence[HyperparameterValue] | None:  # hp: a keras_tuner HyperParameter
    """Return all its values, each once; None for a continuous one."""
    return read_hyperparameter({"class_name": type(hp).__name__, "config": hp.get_config()}).domain


def fill_in(hp: HyperParameters) -> None:
    """Give every active hyperparameter without a value its default, and drop the values of inactive ones."""
    active = set()
    for declaration in hp.space:
        if hp.is_active(declaration):
            active.add(declaration.name)
            hp.values.setdefault(declaration.name, declaration.default)
    for name in [name for name in hp.values if name not in active]:
        del hp.values[name]


def _fixed(hp: Any, value: HyperparameterValue) -> Any:  # a keras_tuner HyperParameter
    return kinds.Fixed(hp.name, value, conditions=copy.deepcopy(hp.conditions))


def _check_declared(
    hp: Any, value: HyperparameterValue
) -> HyperparameterValue:  # a keras_tuner HyperParameter
    if isinstance(hp, kinds.Fixed):
        return value_of_type(hp, value)
    if isinstance(hp, kinds.Choice | kinds.Boolean):
        options = list(hp.values)
        by_text = {str(option).casefold(): option for option in options}
        if str(value).casefold() not in by_text:
            raise HyperparameterError(
                f"{hp.name} must be one of {', '.join(map(str, options))}, got '{value}'"
            )
        return by_text[str(value).casefold()]  # type: ignore[no-any-return]
    read: Callable[[str], float] = whole_number if isinstance(hp, kinds.Int) else number
    word = "a whole number" if isinstance(hp, kinds.Int) else "a number"
    try:
        checked = read(str(value))
        fits = hp.min_value <= checked <= hp.max_value
    except ValueError:
        fits = False
    if not fits:
        raise HyperparameterError(
            f"{hp.name} must be {word} from {hp.min_value} to {hp.max_value}, got '{value}'"
        )
    return checked
