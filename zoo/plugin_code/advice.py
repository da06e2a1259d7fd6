"""Describes what a plugin's code raised, in one line with its place and what to do."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from zoo.errors import nearest_names, text_of
from zoo.plugin_code.places import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNKNOWN_ARGUMENT = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")


def described(error: BaseException, reason: str, file: str, check: str = "", definition: str = "") -> str:
    """Return `TypeError: REASON (my-plugins/tiny.py:14): fix the plugin`.

    Args:
        reason: the error's message in one line; empty if it has none.
        file: of the plugin; empty: unknown.
        definition: the place of a function of the plugin, for an error that passed no line of it.
        check: what `zoo plugins check` would check; empty if it cannot be loaded.
    """
    what = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    fix = f"fix the plugin, and test it with `zoo plugins check {check}`" if check else "fix the plugin"
    return f"{what}{place_of(error, file) or definition}: {advice_on(error, fix)}"


def advice_on(error: BaseException, otherwise: str = "fix the plugin") -> str:
    """Return what to do about an error of a plugin.

    Args:
        otherwise: advice for an error that is of no particular kind.
    """
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        # A package without a file is a namespace, whose parts are in several distributions.
        if package != error.name and getattr(sys.modules.get(package), "__file__", None):
            return "correct the import"
        return f"install the package that provides '{package}', or correct the import"
    if isinstance(error, MemoryError):
        return "build a smaller network, or use smaller images"
    return otherwise


def nearest_argument(error: BaseException, fields: Mapping[str, Iterable[str]]) -> str:
    """Return `: did you mean 'min_size'?` for an unknown argument of a class; empty if none is near.

    Args:
        fields: name of a class -> its arguments.
    """
    unknown = UNKNOWN_ARGUMENT.search(text_of(error)) if isinstance(error, TypeError) else None
    nearest = nearest_names(unknown[2], fields.get(unknown[1], ())) if unknown else []
    return f": did you mean '{nearest[0]}'?" if nearest else ""
