"""Whether a plugin's module imports TensorFlow at its top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras  # noqa: F401  the real ones, before a path with others is put in front of theirs
import pytest
import tensorflow as tf  # noqa: F401

from tests.testing.plugin_files import NETWORK, failure_of, loaded, write_plugin
from zoo.plugins import load_plugins
from zoo.testing import check_architecture

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _light(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules of the names that are looked for, which a fresh process imports in no time."""
    folder = tmp_path_factory.mktemp("light")
    for name in ("tensorflow", "keras"):
        (folder / f"{name}.py").touch()
    monkeypatch.syspath_prepend(folder)


def test_a_plugin_file_without_imports_at_the_top_passes(tmp_path: Path) -> None:
    check_architecture(loaded(tmp_path, ""), "imports-without-tensorflow")


def test_a_plugin_file_that_imports_tensorflow_at_the_top_fails(tmp_path: Path) -> None:
    assert failure_of(loaded(tmp_path, "import tensorflow"), "imports-without-tensorflow").startswith(
        "mine fails 'imports-without-tensorflow': importing mine imports tensorflow"
    )


@pytest.mark.parametrize("body", ["return None", "raise SystemExit(3)", "return [1, object]"])
def test_a_quarantined_plugin_does_not_matter(tmp_path: Path, body: str) -> None:
    (tmp_path / "quarantined.py").write_text(
        f"from zoo import hookimpl\n\n@hookimpl\ndef zoo_architectures():\n    {body}\n"
    )
    check_architecture(loaded(tmp_path, ""), "imports-without-tensorflow")


def test_the_output_of_a_module_does_not_matter(tmp_path: Path) -> None:
    printing = loaded(tmp_path, "import os; print('[1'); os.write(1, b'[2')")
    check_architecture(printing, "imports-without-tensorflow")


def test_the_plugins_own_module_counts_where_its_backbone_is_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "light_backbones.py").write_text("def light(hp, inputs, *, weights=None): ...")
    monkeypatch.syspath_prepend(tmp_path)
    borrowed = "import keras; from light_backbones import light"
    text = f"{borrowed}\n{NETWORK.replace('backbone=backbone', 'backbone=light')}"
    (tmp_path / "plugins").mkdir()
    write_plugin(tmp_path / "plugins", text, name="borrower")
    borrower = load_plugins(tmp_path / "plugins").architecture("mine")
    assert "importing borrower imports" in failure_of(borrower, "imports-without-tensorflow")
