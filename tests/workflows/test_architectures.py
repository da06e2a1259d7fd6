"""Architectures as they turn out when they are built, and the cache of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.plugins import load_plugins
from zoo.workflows.architectures import (
    built_architecture,
    cached_architecture,
    hyperparameter_names,
    may_declare,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.interfaces import Architecture

PLUGIN = """
from zoo import Architecture, hookimpl

def backbone(hp, inputs, *, weights=None):
    from keras import layers
    return layers.Conv2D(hp.Int("filters", {filters}, 4), 3, name="only")(inputs)

@hookimpl
def zoo_architectures():
    return [Architecture("mine", backbone, summary="s", reference="r", min_size=4, channels=1)]
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], Architecture]:
    """Write the plugin `mine`, which has at least so many filters, and load its architecture."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))

    def load(filters: object) -> Architecture:
        folder = tmp_path / "plugins"
        folder.mkdir(exist_ok=True)
        (folder / "mine.py").write_text(PLUGIN.format(filters=filters), encoding="utf-8")
        return load_plugins(folder).architecture("mine")

    return load


def test_a_built_architecture_is_cached_until_its_code_changes(load: Callable) -> None:
    architecture = load(2)
    assert cached_architecture(architecture, "here") is None
    built = built_architecture(architecture, "here")
    assert (built.image_size, built.parameters, built.error) == (4, 20, None)
    assert "filters" in hyperparameter_names(built)
    assert cached_architecture(architecture, "here") == built
    assert cached_architecture(architecture, "elsewhere") is None
    assert cached_architecture(load(3), "here") is None


def test_an_architecture_that_cannot_be_built_is_not_cached(load: Callable) -> None:
    architecture = load("'two'")
    built = built_architecture(architecture, "here")
    assert (built.space, built.image_size) == ({"space": []}, None)
    assert built.error is not None
    assert "two" in built.error
    assert cached_architecture(architecture, "here") is None


@pytest.mark.parametrize(("name", "may"), [("filters", True), ("filters_2", True), ("filtres", False)])
def test_a_name_of_which_no_part_is_written_in_its_source_is_not_declared(
    load: Callable, name: str, may: bool
) -> None:
    assert may_declare(load(2), name, "here") == may


def test_a_declaration_of_an_earlier_build_is_allowed(load: Callable) -> None:
    """`dropout` is in no text of its source: zoo's own are declared by zoo."""
    architecture = load(2)
    assert not may_declare(architecture, "dropout", "here")
    built_architecture(architecture, "here")
    assert may_declare(architecture, "dropout", "here")


def test_broken_files_beside_its_own_do_not_matter(load: Callable, tmp_path: Path) -> None:
    architecture = load(2)
    (tmp_path / "plugins" / "half_written.py").write_text("def backbone(", encoding="utf-8")
    (tmp_path / "plugins" / ".#mine.py").symlink_to("someone@somewhere")  # as Emacs locks what it edits
    assert not may_declare(architecture, "filtres", "here")
    assert built_architecture(architecture, "here") == cached_architecture(architecture, "here")
