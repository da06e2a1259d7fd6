"""The code that a class uses: what changes its digest, and what does not."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from zoo.models.used_code import used_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LAYER = """
import numpy as np
from . import shapes
from .sizes import width
from .bases import Base as Root
from .many import *

FACTOR = 2.0


def helper(x):
    return x * FACTOR


class Layer(Root):
    def call(self, x):
        return helper(x) + width() + shapes.depth() + several()


def custom_layers():
    class Inner(Layer):
        pass

    return [Inner]


def backbone(hp):
    return hp
"""

# All syntax of Python 3.11; the function is never called.
EVERYTHING = r'''
def everything():
    class Everything(Layer, name="every'thing"):
        """A docstring."""

        sizes: tuple[int, ...] = (1, 0x10, -2.5e3, 1j, ...)
        text = f"{sizes!r:>{FACTOR}} {sizes[0]=} it's" "joined" u"text" + rb"\n".decode()

        @staticmethod
        async def call(x, /, y: "int | None" = None, *rest, key=lambda a, *, b=1: a @ b, **others) -> list[int]:
            async with x as first, y:
                yield [i for i in rest if not (i and x) async for j in i]
            try:
                match x:
                    case {"a": [1, *_], **more} if more:
                        del x.y[::2, 1:], rest
                    case Layer(size=None) | (True | -1.5) as z:
                        raise ValueError(*rest, **others) from None
            except* (TypeError, OSError) as error:
                assert (w := not error), f"{w}"
            else:
                while x < y <= 3 != "":
                    x @= ~y if x else (yield)
            for a, (b, *c) in {**others, "key": {1, *rest}}.items():
                global FACTOR
                return
'''

FILES = {
    "__init__.py": "",
    "layers.py": LAYER + EVERYTHING,
    "shapes.py": "STEP = 1\n\n\ndef depth():\n    return STEP\n",
    "sizes.py": "def width():\n    return 3\n",
    "many.py": "def several():\n    return 5\n",
    "bases.py": "class Base:\n    pass\n",
}

CHANGES = {
    "its class": ("layers.py", "helper(x) + width()", "helper(x) - width()"),
    "a function that it calls": ("layers.py", "x * FACTOR", "x / FACTOR"),
    "a constant of that": ("layers.py", "FACTOR = 2.0", "FACTOR = 0.5"),
    "what it imports from another module": ("sizes.py", "3", "4"),
    "a module that it imports": ("shapes.py", "STEP = 1", "STEP = 2"),
    "what it imports from a module with all else": ("many.py", "5", "6"),
    "its base class": ("bases.py", "pass", "size = 1"),
}

SAME = {
    "another function": ("layers.py", "return hp", "return hp + 1"),
    "a comment": ("layers.py", "FACTOR = 2.0", "FACTOR = 2.0  # twice"),
    "a docstring": ("layers.py", "def helper(x):\n", 'def helper(x):\n    """Twice."""\n'),
    "the layout": ("layers.py", "return x * FACTOR", "return (\n        x * FACTOR\n    )"),
}


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Write the package with a change, and return the digest of a class or a function in it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def forget() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "used_code_net"]:
            del sys.modules[name]

    def write(name: str, change: tuple[str, str, str] = ("", "", "")) -> str:
        file, old, new = change
        (tmp_path / "used_code_net").mkdir(exist_ok=True)
        for path, text in FILES.items():
            assert path != file or text.count(old) >= 1
            (tmp_path / "used_code_net" / path).write_text(text.replace(old, new) if path == file else text)
        forget()
        monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the files change within a second
        importlib.invalidate_caches()
        module = importlib.import_module("used_code_net.layers")
        definition = getattr(module, name)
        return used_code(definition()[0] if name == "custom_layers" else definition)

    yield write
    forget()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("name", ["Layer", "custom_layers"])
def test_it_changes_with_what_the_class_uses(
    digest: Callable, name: str, change: tuple[str, str, str]
) -> None:
    assert digest(name, change) != digest(name)


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
@pytest.mark.parametrize("name", ["Layer", "custom_layers"])
def test_it_does_not_change_with_other_code(
    digest: Callable, name: str, change: tuple[str, str, str]
) -> None:
    assert digest(name, change) == digest(name)


def test_a_function_has_one_too(digest: Callable) -> None:
    assert digest("helper", CHANGES["a constant of that"]) != digest("helper")


def test_without_a_source_there_is_none() -> None:
    space: dict[str, type] = {}
    exec("class Typed: pass", {"__name__": "typed_at_a_prompt"}, space)
    assert used_code(space["Typed"]) == ""


def test_a_class_that_is_defined_again_has_the_code_that_was_imported(
    digest: Callable, tmp_path: Path
) -> None:
    before = digest("custom_layers")
    file, old, new = CHANGES["a constant of that"]
    layers = tmp_path / "used_code_net" / file
    layers.write_text(layers.read_text().replace(old, new))
    assert used_code(sys.modules["used_code_net.layers"].custom_layers()[0]) == before


def test_each_version_of_python_has_the_same_digest(digest: Callable) -> None:
    """Newer ones have other syntax trees, and write code otherwise; the digest is that of 3.11, 3.12, 3.13 and 3.14."""
    assert digest("everything") == "dd638529b6af4bb1375509b74cc50a93a31c375edb2c8756391682a33a516639"
