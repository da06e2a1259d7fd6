"""Numbers as options take them; see `zoo.interfaces.decimals`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.types import FloatParamType

from zoo.data.units import parse_duration
from zoo.errors import ZooError
from zoo.interfaces.decimals import number, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable


class WholeRange(click.IntRange):
    """A whole number within bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or fail with one line."""
        return int(super().convert(_read(whole_number, value, param, ctx), param, ctx))


class NumberRange(click.FloatRange):
    """A number within bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail with one line."""
        return float(super().convert(_read(number, value, param, ctx), param, ctx))


class Number(FloatParamType):
    """Any number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or fail with one line."""
        return float(super().convert(_read(number, value, param, ctx), param, ctx))


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """A time as `parse_duration` reads it; its value is in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds, or fail with one line."""
        if isinstance(value, float):
            return value
        try:
            return parse_duration(value)
        except ZooError as error:
            self.fail(str(error), param, ctx)


def _read(
    read: Callable[[str], float], value: Any, param: click.Parameter | None, ctx: click.Context | None
) -> Any:
    """Return the number for click to check; a default is a number already."""
    if not isinstance(value, str):
        return value
    try:
        return read(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None
