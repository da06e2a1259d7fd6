"""Checks what a caller passes: names of options, ranges, and references, before anything heavy is imported."""

from __future__ import annotations

import functools
import inspect
import operator
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from zoo.errors import HyperparameterError, ZooError, nearest_names
from zoo.interfaces import HyperparameterValue, Model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Range:
    """The numbers that an option takes, both ends included.

    Args:
        most: None: no limit.
        whole: only whole numbers.
    """

    least: float
    most: float | None = None
    whole: bool = True

    def check(self, name: str, value: object) -> int | float:
        """The value as a Python number; raises HyperparameterError where it is none, or out of range."""
        try:
            number = operator.index(value) if self.whole else float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = None
        inside = number is not None and self.least <= number and (self.most is None or number <= self.most)
        if number is None or isinstance(value, str | bool) or not inside:
            raise HyperparameterError(f"{name} must be {self}, got {value!r}")
        return number

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return (
            f"{kind}, {self.least:g} or more"
            if self.most is None
            else f"{kind} of {self.least:g} to {self.most:g}"
        )


RANGES = {
    "epochs": Range(1),
    "patience": Range(1),
    "seed": Range(0, 2**32 - 1),  # as many as NumPy takes
    "image_size": Range(1, 4096),
    "steps_per_epoch": Range(1, 1_000_000),
    "fraction": Range(0, 1, whole=False),
    "cache_copies": Range(1),
    "trials": Range(1),
    "keep": Range(1),
    "workers": Range(1),
    "cpus_per_trial": Range(0, whole=False),
    "gpus_per_trial": Range(0, whole=False),
}
"""Option -> its range; as on the command line."""


ALWAYS = ("resume", "strict", "registry", "artifacts", "plugins_dir", "progress")
"""Options that count beside `resume`."""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse, in one line, a keyword that the function does not have and a number that is out of its range.

    Raises:
        TypeError: there is no such keyword; names the nearest one.
        HyperparameterError: a number is out of range.
    """
    known = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            if name not in known:
                raise TypeError(f"zoo.{function.__name__}() has no option '{name}': {_advice(name, known)}")
            if name in RANGES and value is not None:
                kwargs[name] = RANGES[name].check(name, value)
        return function(*args, **kwargs)

    return call


def refuse_beside_resume(
    function: Callable[..., object], arguments: Mapping[str, object], *heeded: str
) -> None:
    """Refuse options that work which is resumed would not heed, since it remembers those that it began with.

    Args:
        arguments: the locals() of the function.
        heeded: names of those that count, beside the ones that always do.

    Raises:
        ZooError: an option differs from its default.
    """
    for name, option in inspect.signature(function).parameters.items():
        value = arguments[name]
        if name not in (*ALWAYS, *heeded) and value is not option.default and value != option.default:
            raise ZooError(f"what is resumed remembers the options that it began with: leave {name} out")


def _advice(name: str, known: Sequence[str]) -> str:
    nearest = nearest_names(name, known)
    if nearest:
        return f"did you mean {' or '.join(map(repr, nearest))}?"
    if "hyperparameters" in known:
        return f"a hyperparameter goes into hyperparameters={{'{name}': …}}"
    return f"available: {', '.join(known)}"


def dataset_reference(dataset: str | Path) -> str:
    """A dataset as the command line takes it: a Path is a path, also where a dataset has the same name."""
    if isinstance(dataset, str):
        return dataset
    _require(isinstance(dataset, os.PathLike), f"a dataset is a name or a path, got {dataset!r}")
    path = os.fspath(dataset)
    return path if os.sep in path else os.path.join(os.curdir, path)  # noqa: PTH118  Path("./x") drops the ./


def model_reference(model: str | Model) -> str:
    """A model as the command line takes it; a record stands for its id."""
    if isinstance(model, Model):
        return model.id
    _require(
        isinstance(model, str), f"a model is a reference such as 'digits@best', or a record, got {model!r}"
    )
    return model


def names_joined(names: str | Sequence[str], what: str) -> str:
    """One name, or several with commas between, as the command line takes them."""
    if isinstance(names, str):
        return names
    _require(
        isinstance(names, Sequence) and bool(names) and all(isinstance(name, str) for name in names),
        f"{what} must be a name or several names, got {names!r}",
    )
    return ",".join(names)


def hyperparameter_values(
    values: Mapping[str, HyperparameterValue] | None, **more: HyperparameterValue | None
) -> dict[str, HyperparameterValue]:
    """The hyperparameters that the caller sets, numbers of NumPy as Python's.

    Args:
        more: those that have an option of their own, such as `freeze`; None: not set.

    Raises:
        HyperparameterError: a value is no text, number or bool.
    """
    values = {} if values is None else values
    if not isinstance(values, Mapping):
        raise HyperparameterError(f"hyperparameters must map names to values, got {values!r}")
    chosen = {**values, **{name: value for name, value in more.items() if value is not None}}
    return {str(name): _plain(str(name), value) for name, value in chosen.items()}


def _plain(name: str, value: object) -> HyperparameterValue:
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value
    if isinstance(plain, bool | int | float | str):
        return plain
    raise HyperparameterError(f"hyperparameter '{name}' must be text, a number or a bool, got {value!r}")


def seconds_of(max_time: float | str | None) -> float | None:
    """A time limit in seconds, given as a number of seconds or as `90s`, `10m`, `1h30m`; raises ZooError."""
    from zoo.data.units import parse_duration

    if max_time is None:
        return None
    if isinstance(max_time, str):
        return parse_duration(max_time)
    return Range(1, whole=False).check("max_time", max_time)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ZooError(message)
