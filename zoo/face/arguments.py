"""Checks a caller's arguments: names of options, ranges and references, before anything heavy is imported."""

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
    """The range of an option's numbers, including both ends.

    Args:
        high: None: no limit.
        whole: allow only whole numbers.
    """

    low: float
    high: float | None = None
    whole: bool = True

    def check(self, name: str, value: object) -> int | float:
        """Return the value as a Python number.

        Raises:
            HyperparameterError: it is not a number, or out of range.
        """
        try:
            number = operator.index(value) if self.whole else float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = None
        in_range = number is not None and self.low <= number and (self.high is None or number <= self.high)
        if number is None or isinstance(value, str | bool) or not in_range:
            raise HyperparameterError(f"{name} must be {self}, got {value!r}")
        return number

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return (
            f"{kind}, {self.low:,} or more"
            if self.high is None
            else f"{kind} from {self.low:,} to {self.high:,}"
        )


RANGES = {
    "epochs": Range(1, 1_000_000),
    "patience": Range(1),
    "seed": Range(0, 2**32 - 1),  # NumPy's range
    "image_size": Range(1, 4096),
    "steps_per_epoch": Range(1, 1_000_000),
    "fraction": Range(0, 1, whole=False),
    "cache_copies": Range(1),
    "trials": Range(1, 1_000_000),
    "keep": Range(1),
    "workers": Range(1),
    "cpus_per_trial": Range(0, whole=False),
    "gpus_per_trial": Range(0, whole=False),
}
"""Option -> its range, as on the command line."""


ALWAYS = ("resume", "strict", "registry", "artifacts", "plugins_dir", "progress")
"""Options that can always be combined with `resume`."""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse, in one line, unknown keywords of the function and numbers out of range.

    Raises:
        TypeError: a keyword is unknown; the message names the nearest ones.
        HyperparameterError: a number is out of range.
    """
    options = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            if name not in options:
                raise TypeError(f"zoo.{function.__name__}() has no option '{name}': {_advice(name, options)}")
            if name in RANGES and value is not None:
                kwargs[name] = RANGES[name].check(name, value)
        return function(*args, **kwargs)

    return call


def refuse_beside_resume(
    function: Callable[..., object], arguments: Mapping[str, object], *allowed: str
) -> None:
    """Refuse options that have no effect on resumed work, which keeps its original options.

    Args:
        arguments: the locals() of the function.
        allowed: names of options that have an effect, besides those that always do.

    Raises:
        ZooError: another option differs from its default.
    """
    for name, option in inspect.signature(function).parameters.items():
        value = arguments[name]
        if name not in (*ALWAYS, *allowed) and value is not option.default and value != option.default:
            raise ZooError(f"resumed work keeps its original options: leave {name} out")


def _advice(name: str, options: Sequence[str]) -> str:
    nearest = nearest_names(name, options)
    if nearest:
        return f"did you mean {' or '.join(map(repr, nearest))}?"
    if "hyperparameters" in options:
        return f"pass a hyperparameter as hyperparameters={{'{name}': …}}"
    return f"available: {', '.join(options)}"


def dataset_reference(dataset: str | Path) -> str:
    """A dataset in the form of the command line; a Path is always a path, even if a dataset has the same name."""
    if isinstance(dataset, str):
        return dataset
    _require(isinstance(dataset, os.PathLike), f"a dataset is a name or a path, got {dataset!r}")
    path = os.fspath(dataset)
    return path if os.sep in path else os.path.join(os.curdir, path)  # noqa: PTH118  Path("./x") drops the ./


def model_reference(model: str | Model) -> str:
    """A model in the form of the command line; for a record, its id."""
    if isinstance(model, Model):
        return model.id
    _require(
        isinstance(model, str), f"a model is a reference such as 'digits@best', or a record, got {model!r}"
    )
    return model


def join_names(names: str | Sequence[str], option: str) -> str:
    """One name, or several separated by commas, in the form of the command line."""
    if isinstance(names, str):
        return names
    _require(
        isinstance(names, Sequence) and bool(names) and all(isinstance(name, str) for name in names),
        f"{option} must be a name or several names, got {names!r}",
    )
    return ",".join(names)


def hyperparameter_values(
    values: Mapping[str, HyperparameterValue] | None, **more: HyperparameterValue | None
) -> dict[str, HyperparameterValue]:
    """The hyperparameters that the caller sets, with NumPy's numbers converted to Python's.

    Args:
        more: hyperparameters with an option of their own, such as `freeze`; None: not set.

    Raises:
        HyperparameterError: a value is not text, a number or a bool.
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
    """Convert a time limit to seconds: a number of seconds, or text such as `90s`, `10m`, `1h30m`; raises ZooError."""
    from zoo.data.units import parse_duration

    if max_time is None:
        return None
    if isinstance(max_time, str):
        return parse_duration(max_time)
    return Range(1, whole=False).check("max_time", max_time)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ZooError(message)
