"""The error that a plugin raised, with its line and the advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.plugin_code.advice import described, nearest_argument

if TYPE_CHECKING:
    from collections.abc import Callable


def fails() -> None:
    raise TypeError("no luck")


def imports() -> None:
    import nowhere.at.all  # noqa: F401


def misspells() -> None:
    import zoo.nothing  # type: ignore[import-not-found]  # noqa: F401


def imports_another_part() -> None:
    import google.nothing  # type: ignore[import-not-found,import-untyped]  # noqa: F401


def exhausts() -> None:
    raise MemoryError


CASES: list[tuple[Callable[[], None], str, str, str]] = [
    (
        fails,
        "no luck",
        "net",
        "TypeError: no luck (PLACE): fix the plugin, and test it with `zoo plugins check net`",
    ),
    (fails, "", "", "TypeError (PLACE): fix the plugin"),
    (
        imports,
        "no module",
        "net",
        "ModuleNotFoundError: no module (PLACE): install the package that provides 'nowhere', or correct the import",
    ),
    (misspells, "no module", "net", "ModuleNotFoundError: no module (PLACE): correct the import"),
    (
        imports_another_part,
        "no module",
        "net",
        "ModuleNotFoundError: no module (PLACE): install the package that provides 'google', or correct the import",
    ),
    (exhausts, "", "net", "MemoryError (PLACE): build a smaller network, or use smaller images"),
]


@pytest.mark.parametrize(("function", "reason", "check", "message"), CASES)
def test_the_message(function: Callable[[], None], reason: str, check: str, message: str) -> None:
    with pytest.raises((TypeError, ImportError, MemoryError)) as error:
        function()
    place = f"{__file__}:{function.__code__.co_firstlineno + 1}"
    assert described(error.value, reason, __file__, check).replace(place, "PLACE") == message


@pytest.mark.parametrize(
    ("message", "suggestion"),
    [
        ("Net.__init__() got an unexpected keyword argument 'minsize'", ": did you mean 'min_size'?"),
        ("Net.__init__() got an unexpected keyword argument 'colour'", ""),
        ("Dense.__init__() got an unexpected keyword argument 'minsize'", ""),
        ("something else", ""),
    ],
)
def test_the_nearest_argument_is_suggested(message: str, suggestion: str) -> None:
    assert nearest_argument(TypeError(message), {"Net": ["name", "min_size"]}) == suggestion
