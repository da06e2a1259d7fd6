"""The modules of plugins, in the order of loading; tests/test_plugins.py loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.errors import PluginError
from zoo.plugin_code.discovery import BUILTIN, OWN_DISTRIBUTION, Plugin, discover, import_file

if TYPE_CHECKING:
    from pathlib import Path


def test_built_in_plugins_come_first_and_files_last(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "_own.py", "notes.txt"):
        (tmp_path / name).touch()
    plugins = [plugin for plugin, _ in discover(tmp_path)]
    assert [plugin.name for plugin in plugins[: len(BUILTIN)]] == [*BUILTIN]
    assert [(plugin.name, plugin.provenance) for plugin in plugins[-2:]] == [
        ("a", str(tmp_path / "a.py")),
        ("b", str(tmp_path / "b.py")),
    ]
    assert plugins[-3].origin == OWN_DISTRIBUTION


def test_no_code_of_a_file_is_run_until_it_is_imported(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1 / 0\n")
    *_, (_, source) = discover(tmp_path)
    assert source.file == str(tmp_path / "a.py")
    with pytest.raises(ZeroDivisionError):
        source.module()


def test_a_version_is_part_of_the_provenance() -> None:
    assert Plugin("net", "my-package", "1.2").provenance == "my-package 1.2"


def test_what_is_no_python_file_cannot_be_imported(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="cannot be imported as a Python module"):
        import_file(tmp_path / "notes.txt")
