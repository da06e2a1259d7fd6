"""Errors: the tree in the docstring, and messages that suggest the nearest names."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import zoo
from zoo import errors
from zoo.errors import (
    LayerBuildError,
    MissingLayerError,
    RoundTripError,
    UnknownNameError,
    ZooError,
    in_one_line,
    nearest_names,
    reason_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

INDENT = 4


def drawn_parents() -> dict[str, str]:
    """Error name -> its parent's name, as the module docstring draws them."""
    parents, ancestors = {}, {}
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"\s{4}([│├└─ ]*)(\w+)(\s|$)", line):
            depth = len(match[1]) // INDENT
            ancestors[depth] = match[2]
            if depth:
                parents[match[2]] = ancestors[depth - 1]
    return parents


def real_parents() -> dict[str, str]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ZooError)]
    return {kind.__name__: kind.__mro__[1].__name__ for kind in kinds if kind is not ZooError}


def test_the_docstring_draws_the_whole_tree() -> None:
    assert drawn_parents() == real_parents()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("convnt", ["convnet"]),
        ("ConvNet", ["convnet"]),
        ("res", ["resnet"]),
        ("zzz", []),
        ("rsnet", ["resnet"]),
        ("", []),
    ],
)
def test_nearest_names(name: str, nearest: list[str]) -> None:
    assert nearest_names(name, ["convnet", "resnet"]) == nearest


def test_nearest_names_are_at_most_three_best_first() -> None:
    assert nearest_names("block1", ["block12345", "block1", "block13", "block14"])[0] == "block1"
    assert len(nearest_names("block1", ["block1", "block12", "block13", "block14"])) == 3


def test_nearest_names_keep_their_case() -> None:
    assert nearest_names("BLOCK", ["Block"]) == ["Block"]


@pytest.mark.parametrize(
    ("name", "available", "message"),
    [
        ("convnt", ["convnet", "zebra"], "unknown architecture 'convnt': did you mean 'convnet'?"),
        ("neta", ["netb", "netc"], "unknown architecture 'neta': did you mean 'netc' or 'netb'?"),
        ("xyz", ["b", "a"], "unknown architecture 'xyz'; available: a, b"),
        ("xyz", list("abcdefghi"), "unknown architecture 'xyz'; available: a, b, c, d, e, f, g, h, …"),
        ("xyz", [], "unknown architecture 'xyz'; none available"),
    ],
)
def test_an_unknown_name_lists_the_available_ones(name: str, available: list[str], message: str) -> None:
    assert str(UnknownNameError("architecture", name, available)) == message


@pytest.mark.parametrize(
    "error",
    [
        ZooError("no luck"),
        UnknownNameError("architecture", "convnt", ["convnet"]),
        RoundTripError("a trained model could not be stored", "no get_config", "give it one"),
        MissingLayerError("mine>Scale"),
        LayerBuildError("scale", "no luck"),
    ],
)
@pytest.mark.parametrize("restored", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_travels_between_processes(
    error: ZooError, restored: Callable[[ZooError], ZooError]
) -> None:
    other = restored(error)
    assert (type(other), str(other), vars(other)) == (type(error), str(error), vars(error))


def test_an_unknown_name_ends_with_its_hint() -> None:
    error = UnknownNameError("dataset", "x", ["digits"], "or give a path")
    assert str(error) == "unknown dataset 'x'; available: digits, or give a path"


class TextlessError(Exception):
    def __str__(self) -> str:
        raise SystemExit(1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "/photos"), "permission denied"),
        (OSError("the archive has no end"), "the archive has no end"),
        (NotImplementedError(), "NotImplementedError"),
        (TextlessError(), "TextlessError"),
    ],
)
def test_an_error_of_the_system_is_a_few_words(error: Exception, words: str) -> None:
    assert reason_of(error) == words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\n lines\t", "two lines"),
        ("\x1b[1mbold\x1b[0m", "bold"),
        ("\a \x1b[2J \0 \ud800", r"\x07 \x1b[2J \x00 \ud800"),
        ("é “ä” 🙂", "é “ä” 🙂"),
        ("x" * 31, "x" * 30 + " …"),
        ("\a" * 9000, r"\x07" * 7 + r"\x …"),
    ],
)
def test_a_message_is_one_printable_line(text: str, line: str) -> None:
    assert in_one_line(text, longest=30) == line


def test_around_third_party_code_no_module_catches_less_than_base_exception() -> None:
    """It may raise anything; KeyboardInterrupt alone is the user's, and has a clause of its own before."""
    modules = [
        ast.parse(path.read_text(encoding="utf-8")) for path in Path(zoo.__file__).parent.rglob("*.py")
    ]
    tries = [node for module in modules for node in ast.walk(module) if isinstance(node, ast.Try)]
    for node in tries:
        caught = [ast.unparse(handler.type) if handler.type else "" for handler in node.handlers]
        assert not any("SystemExit" in each for each in caught), ast.unparse(node)
