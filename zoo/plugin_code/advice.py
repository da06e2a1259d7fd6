"""Describes what a plugin's code raised, in one line with its place and what to do."""

from __future__ import annotations

from zoo.plugin_code.places import place_of


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
        return f"install the package that provides '{error.name.partition('.')[0]}', or correct the import"
    if isinstance(error, MemoryError):
        return "build a smaller network, or use smaller images"
    return otherwise
