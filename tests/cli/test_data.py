"""`zoo data`: its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def test_help_names_the_commands_in_the_order_of_use(zoo: Callable) -> None:
    listed = zoo("data", "--help").out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == ["add", "show", "check", "plot", "cache"]


def test_without_a_command_its_help_is_shown(zoo: Callable) -> None:
    result = zoo("data")
    assert (result.code, "COMMAND [ARGS]..." in result.out + result.err) == (2, True)
