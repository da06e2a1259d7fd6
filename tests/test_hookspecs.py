"""Every hook is implemented here and documented, and `import zoo` stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from zoo import Architecture, hookspecs
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from zoo.plugins import Plugins

DOCS = Path(__file__).parents[1] / "docs" / "plugins.md"

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("zoo_"))

PLUGIN = """
import click

from zoo import Architecture, Dataset, Decoder, LabeledImages, Source, hookimpl

finished = []


def backbone(hp, inputs, *, weights=None):
    return inputs


@hookimpl
def zoo_architectures():
    return [Architecture("every-hook", backbone, "implements every hook", "none")]


@hookimpl
def zoo_datasets():
    yield Dataset("every-dataset", lambda: LabeledImages([], [], ()), "empty", "none")


@hookimpl
def zoo_sources():
    return (Source("every-source", print, "reads nothing", "none", suffixes=(".every",)),)


@hookimpl
def zoo_decoders():
    return {Decoder("every-decoder", print, print, "decodes nothing", "none", (".every",))}


@hookimpl
def zoo_commands(cli):
    cli.add_command(click.Command("hello"))


@hookimpl
def zoo_run_finished(run):
    finished.append(run)
"""


@pytest.fixture
def every_hook(tmp_path: Path) -> Plugins:
    (tmp_path / "every.py").write_text(PLUGIN)
    return load_plugins(tmp_path)


def test_the_plugin_of_this_test_implements_every_hook(every_hook: Plugins) -> None:
    module = every_hook.manager.get_plugin(f"{every_hook.entries[-1].origin}:every")
    implemented = {caller.name for caller in every_hook.manager.get_hookcallers(module) or ()}
    assert sorted(implemented) == HOOKS


def test_zoo_architectures_adds_architectures(every_hook: Plugins) -> None:
    assert isinstance(every_hook.architectures["every-hook"], Architecture)


def test_zoo_datasets_adds_datasets(every_hook: Plugins) -> None:
    assert every_hook.datasets["every-dataset"].summary == "empty"


def test_zoo_sources_adds_sources(every_hook: Plugins) -> None:
    assert every_hook.sources["every-source"] in every_hook.formats.sources


def test_zoo_decoders_adds_decoders(every_hook: Plugins) -> None:
    assert every_hook.decoders["every-decoder"] in every_hook.formats.decoders


def test_zoo_commands_gets_the_command_line(every_hook: Plugins) -> None:
    cli = click.Group()
    every_hook.manager.hook.zoo_commands(cli=cli)
    assert "hello" in cli.commands


def test_zoo_run_finished_gets_the_run(every_hook: Plugins) -> None:
    every_hook.manager.hook.zoo_run_finished(run="a run")
    module = every_hook.manager.get_plugin(f"{every_hook.entries[-1].origin}:every")
    assert module.finished == ["a run"]  # type: ignore[union-attr]


@pytest.mark.parametrize("hook", HOOKS)
def test_the_hook_is_documented(hook: str) -> None:
    assert hook in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_the_hook_has_a_docstring(hook: str) -> None:
    assert getattr(hookspecs, hook).__doc__


@pytest.mark.parametrize("statement", ["import zoo", "from zoo.plugins import load_plugins; load_plugins()"])
def test_no_heavy_import(statement: str) -> None:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"tensorflow", "keras", "keras_tuner", "sqlalchemy", "sklearn", "matplotlib"}
    assert heavy & set(done.stdout.split()) == set()
