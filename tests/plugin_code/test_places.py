"""The line of a plugin among those of zoo, of libraries and of other plugins."""

from __future__ import annotations

import json
import sysconfig
from functools import partial
from pathlib import Path
from traceback import FrameSummary
from typing import TYPE_CHECKING, Any

import pytest

import zoo
from zoo.plugin_code.places import definition_of, file_of, has_place, innermost, place_of

if TYPE_CHECKING:
    from collections.abc import Callable

INSIDE = f"{Path(zoo.__file__).parent}/models/building.py"
JSON = f"{sysconfig.get_path('stdlib')}/json/decoder.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a plugin file, and an environment with a package and a single module that are plugins."""
    for name in (
        "mine.py",
        "blocks/__init__.py",
        "env/lib/site-packages/nets/__init__.py",
        "env/lib/site-packages/nets/small/__init__.py",
        "env/lib/site-packages/nets/small/net.py",
        "env/lib/site-packages/nets/layers.py",
        "env/lib/site-packages/single.py",
        "env/lib/site-packages/keras/layer.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


CASES = {
    "a file": ("mine.py", ["mine.py", "env/lib/site-packages/keras/layer.py"], "mine.py"),
    "a package beside it": ("mine.py", ["mine.py", "blocks/__init__.py"], "blocks/__init__.py"),
    "a file in another folder": ("mine.py", ["mine.py", "/other.py"], "mine.py"),
    "Python's own": ("mine.py", ["mine.py", JSON], "mine.py"),
    "an installed package": (
        "env/lib/site-packages/nets/small/net.py",
        [
            "env/lib/site-packages/nets/small/net.py",
            "env/lib/site-packages/nets/layers.py",
            "env/lib/site-packages/keras/layer.py",
        ],
        "env/lib/site-packages/nets/layers.py",
    ),
    "an installed module": (
        "env/lib/site-packages/single.py",
        ["env/lib/site-packages/single.py", "env/lib/site-packages/keras/layer.py"],
        "env/lib/site-packages/single.py",
    ),
    "an unknown file": ("", [INSIDE, "mine.py", "env/lib/site-packages/keras/layer.py"], "mine.py"),
    "zoo's own": (INSIDE, [INSIDE, "mine.py"], "mine.py"),
    "libraries alone": ("", ["env/lib/site-packages/keras/layer.py", "<string>"], None),
}


@pytest.mark.parametrize(("file", "stack", "expected"), CASES.values(), ids=CASES)
def test_the_innermost_line_of_the_plugin(
    project: Path, file: str, stack: list[str], expected: str | None
) -> None:
    frames = [FrameSummary(str(project / each), number, "") for number, each in enumerate(stack, 1)]
    place = innermost(frames, file and str(project / file))
    assert place == (f" ({project / expected}:{stack.index(expected) + 1})" if expected else "")


def plugin(text: str) -> Any:
    return json.loads(text)


def test_the_line_that_an_error_passed() -> None:
    with pytest.raises(json.JSONDecodeError) as error:
        plugin("{")
    assert place_of(error.value, __file__) == f" ({__file__}:{plugin.__code__.co_firstlineno + 1})"


def test_the_line_of_a_syntax_error() -> None:
    with pytest.raises(SyntaxError) as error:
        compile("ok = 1\ndef (", "/folder/mine.py", "exec")
    assert place_of(error.value, "/folder/mine.py") == " (/folder/mine.py:2)"


class Called:
    """A callable object."""

    def __call__(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (plugin, __file__),
        (partial(partial(plugin)), __file__),
        (Path, file_of(Path)),
        (len, ""),
        (3, ""),
        (Called(), __file__),
    ],
)
def test_the_file_of_a_definition(definition: Callable[..., Any], expected: str) -> None:
    assert file_of(definition) == expected


def test_where_a_function_is_defined() -> None:
    for definition in (plugin, partial(plugin)):
        assert definition_of(definition) == f" ({__file__}:{plugin.__code__.co_firstlineno})"
    assert definition_of(len) == ""


def test_whether_a_message_has_a_place() -> None:
    assert has_place("no luck (/folder/mine.py:14): fix it")
    assert not has_place("its features are tokens, (None, 4, 3): write pool='avg' (the class token)")
