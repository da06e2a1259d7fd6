"""The list of plugins that `zoo plugins` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from zoo import hookspecs
from zoo.cli.plugins import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BROKEN = "import nothing_of_that_name\n"
ERROR = (
    "ModuleNotFoundError: No module named 'nothing_of_that_name' (FOLDER/broken.py:1): install the package that "
    "provides 'nothing_of_that_name', or correct the import"
)
EVERYTHING = """
from zoo import Architecture, Dataset, hookimpl

def backbone(hp, inputs, *, weights=None):
    return inputs

@hookimpl
def zoo_run_finished(run):
    pass

@hookimpl
def zoo_commands(cli):
    pass

@hookimpl
def zoo_datasets():
    return [Dataset("dots", list, "dots", "none")]

@hookimpl
def zoo_architectures():
    return [Architecture(name, backbone, "none", "none") for name in ("one", "two")]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin folder with one that is broken and one that has every hook."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "broken.py").write_text(BROKEN)
    (plugins / "everything.py").write_text(EVERYTHING)
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(plugins))
    return plugins


def test_the_list(zoo: Callable, plain: Callable, folder: Path) -> None:
    lines = plain(zoo("plugins").out).replace(str(folder), "FOLDER").splitlines()
    assert [line for line in lines if "  keras-zoo  " not in line] == [
        "plugin  state  kind  adds  origin  version",
        "broken  quarantined  –  –  FOLDER/broken.py  –",
        "everything  ok  architectures, dataset, commands, run hook  one, two, dots  FOLDER/everything.py  –",
        f"broken is quarantined: {ERROR}",
    ]


def test_a_shipped_plugin_in_the_list(zoo: Callable, plain: Callable) -> None:
    assert "convnet  ok  architecture  convnet  keras-zoo  VERSION" in plain(zoo("plugins").out).splitlines()


def test_the_list_as_json(zoo: Callable, folder: Path) -> None:
    rows = {row["name"]: row for row in json.loads(zoo("plugins", "--json").out)}
    assert (rows["broken"], rows["everything"]) == (
        {
            "name": "broken",
            "origin": str(folder / "broken.py"),
            "version": None,
            "architectures": [],
            "datasets": [],
            "sources": [],
            "decoders": [],
            "error": ERROR.replace("FOLDER", str(folder)),
            "notice": None,
            "kinds": [],
            "state": "quarantined",
        },
        {
            "name": "everything",
            "origin": str(folder / "everything.py"),
            "version": None,
            "architectures": ["one", "two"],
            "datasets": ["dots"],
            "sources": [],
            "decoders": [],
            "error": None,
            "notice": None,
            "kinds": ["architecture", "dataset", "commands", "run hook"],
            "state": "ok",
        },
    )


def test_a_plugin_that_does_not_end_is_stopped(
    zoo: Callable, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "broken.py").write_text("while True:\n    pass\n")
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "0.2")
    result = zoo("plugins")
    assert result.code == 0
    assert "broken is quarantined: plugin 'broken' has been loading for 0.2 s" in result.out


def test_a_limit_that_is_no_number_is_refused(zoo: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "soon")
    result = zoo("plugins")
    message = "Error: ZOO_PLUGIN_TIMEOUT is 'soon', which is not a number of seconds: write 300\n"
    assert (result.code, result.out, result.err) == (1, "", message)


def test_every_hook_is_of_a_kind() -> None:
    assert set(KINDS) == {name for name in vars(hookspecs) if name.startswith("zoo_")}


def test_help_names_the_subcommands(zoo: Callable) -> None:
    listed = zoo("plugins", "--help").out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == ["new", "check"]


def test_json_of_the_list_is_refused_before_a_subcommand(zoo: Callable) -> None:
    result = zoo("plugins", "--json", "new", "my-net")
    message = "Error: --json is for the list of plugins; give it after 'new'"
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", message)


def test_an_unknown_subcommand_is_refused(zoo: Callable) -> None:
    result = zoo("plugins", "nwe")
    assert (result.code, result.out, result.err.splitlines()[-1]) == (
        2,
        "",
        "Error: unknown command 'nwe': did you mean 'new'?",
    )
