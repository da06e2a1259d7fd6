"""The code of architectures, as a run's environment records it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.plugin_texts import HEADER
from zoo.plugins import load_plugins
from zoo.workflows.architecture_code import change_of_code, codes_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.interfaces import Architecture

TWO = """
WIDTH = 2

def wide(hp, inputs, *, weights=None):
    return inputs * WIDTH

@hookimpl
def zoo_architectures():
    return [Architecture("one", backbone, "one", "none"), Architecture("wide", wide, "wide", "none")]
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], list[Architecture]]:
    """The two architectures of a plugin's text."""

    def loaded(text: str = HEADER + TWO) -> list[Architecture]:
        (tmp_path / "two.py").write_text(text)
        architectures = load_plugins(tmp_path).architectures
        return [architectures["one"], architectures["wide"]]

    return loaded


def test_each_architecture_of_a_plugin_has_a_digest(load: Callable) -> None:
    assert re.fullmatch("one:[0-9a-f]{16},wide:[0-9a-f]{16}", codes_of(load()))


def test_the_code_of_zoo_has_its_version_alone() -> None:
    assert codes_of(load_plugins(None).architectures.values()) == ""


def test_only_the_architecture_whose_code_is_another_has_changed(load: Callable) -> None:
    environment = {"code": codes_of(load())}
    assert [change_of_code(each, environment) for each in load()] == ["", ""]
    one, wide = load((HEADER + TWO).replace("WIDTH = 2", "WIDTH = 3"))
    assert change_of_code(one, environment) == ""
    assert change_of_code(wide, environment) == "the code of 'wide' has changed since: restore that code, or"


def test_what_an_older_zoo_did_not_record_is_no_change(load: Callable) -> None:
    assert change_of_code(load()[0], {"zoo": "0.1.0"}) == ""
