"""The plugin that `zoo plugins check` selects, and the parts that it checks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.testing.plugin_files import IMAGES, NETWORK, write_plugin
from zoo.errors import ContractError, PluginError, UnknownNameError
from zoo.plugins import load_plugins
from zoo.testing.targets import Target, find_target, load_target

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """
[project]
name = "my-package"
version = "1.2"
[project.entry-points.zoo]
mine = "{module}"
"""
NOTHING = "adds no architecture, dataset, source or decoder: there is nothing to check"


def target_of(text: str | Path, folder: Path | None = None) -> Target:
    """The target of this text, among the installed plugins and those of the folder."""
    return find_target(str(text), load_plugins(folder), folder)


def refusal(text: str | Path, folder: Path | None = None) -> str:
    with pytest.raises(PluginError) as caught:
        target_of(text, folder)
    return str(caught.value)


def package(folder: Path, module: str, name: str = "my_module_of_images") -> Path:
    """A package that names `module` as its plugin, and has a module of this name."""
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT.format(module=module), encoding="utf-8")
    write_plugin(folder / "src", IMAGES, "return 3", name)
    return folder


# Names ---------------------------------------------------------------------------------------------------


def test_a_plugin_is_found_by_its_name() -> None:
    assert target_of("digits") == Target("digits", datasets=("digits",))


def test_one_of_several_that_a_plugin_adds_is_found_alone() -> None:
    assert target_of("resnet50").architectures == ("resnet50",)


def test_a_distribution_is_found_with_all_that_it_adds() -> None:
    plugins = load_plugins()
    (origin,) = {plugin.origin for plugin in plugins.entries}
    assert set(target_of(origin).architectures) == set(plugins.architectures)


def test_a_file_of_the_plugin_folder_is_found_with_its_folder(tmp_path: Path) -> None:
    write_plugin(tmp_path, IMAGES, "return 3")
    assert target_of("mine", tmp_path) == Target("mine", datasets=("mine",), plugins_dir=str(tmp_path))


def test_a_text_too_long_for_a_file_name_is_no_plugin() -> None:
    with pytest.raises(UnknownNameError, match="unknown plugin 'aaa"):
        target_of("a" * 5000)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown plugin 'digit': did you mean 'digits'"):
        target_of("digit")


def test_a_quarantined_plugin_is_refused_with_its_error(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, "raise ValueError('no')")
    message = f"plugin 'mine' of {path} is quarantined: ValueError: no ({path}:2): fix the plugin"
    assert refusal("mine", tmp_path) == message


def test_a_loaded_plugin_without_anything_to_check_is_refused(tmp_path: Path) -> None:
    write_plugin(tmp_path, "@hookimpl\ndef zoo_run_finished(run): pass")
    assert refusal("mine", tmp_path) == f"plugin 'mine' {NOTHING}"


# Paths ---------------------------------------------------------------------------------------------------


def test_a_file_is_found_and_not_run(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, "raise SystemExit")
    assert target_of(path) == Target("mine", str(path))


def test_a_package_is_found_by_its_folder(tmp_path: Path) -> None:
    folder = package(tmp_path / "mine", "my_module_of_images")
    assert target_of(folder) == Target("mine", str(folder), ("my_module_of_images",))


def test_a_path_where_nothing_is_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.py") == f"there is no file or folder {tmp_path}/gone.py: check the path"


def test_a_folder_of_plugin_files_names_them(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "_own.py", "notes.txt"):
        (tmp_path / name).touch()
    assert refusal(tmp_path) == (
        f"folder {tmp_path} has no pyproject.toml: check its files one by one, {tmp_path}/a.py, {tmp_path}/b.py"
    )


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert refusal(tmp_path / "a.txt") == (
        f"{tmp_path}/a.txt is not a plugin: give a .py file or a folder with a pyproject.toml"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "folder {folder} has no pyproject.toml: give the folder of a package, or a .py file"),
        ("[project", "{folder}/pyproject.toml cannot be read: "),
        (
            "[project]\nname = 'mine'\n",
            "{folder}/pyproject.toml names no plugin: add the module under [project.entry-points.zoo]",
        ),
        (
            PYPROJECT.format(module="a:b"),
            "entry point 'a:b' in {folder}/pyproject.toml is not a module: name the module alone",
        ),
    ],
    ids=["none", "damaged", "no entry point", "no module"],
)
def test_a_folder_that_is_no_package_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert refusal(tmp_path).startswith(message.format(folder=tmp_path))


# What is in it -------------------------------------------------------------------------------------------


def names_in(target: Target) -> list[tuple[str, str]]:
    return [(type(each).__name__, each.name) for each in load_target(target).described]


def test_a_file_is_loaded_with_all_that_it_adds(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, NETWORK + IMAGES)
    assert names_in(Target("mine", str(path))) == [("Architecture", "mine"), ("Dataset", "mine")]


def test_a_package_is_loaded_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = package(tmp_path / "mine", "my_module_of_images")
    assert names_in(Target("mine", str(folder), ("my_module_of_images",))) == [("Dataset", "mine")]


def test_a_loaded_name_is_loaded_with_every_format() -> None:
    subjects = load_target(Target("digits", datasets=("digits",)))
    assert [each.name for each in subjects.described] == ["digits"]
    assert [decoder.name for decoder in subjects.formats.decoders] == list(load_plugins().decoders)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@hookimpl\ndef zoo_run_finished(run): pass", f"it {NOTHING}"),
        (
            IMAGES.replace('r")]', 'r"), Dataset(name="mine", load=load, summary="s", reference="r")]'),
            "two objects have the name 'mine': rename one of them",
        ),
        (
            "@hookimpl\ndef zoo_datasets(): return [3]",
            "zoo_datasets must return zoo.Dataset objects, got 3",
        ),
    ],
    ids=["nothing", "twice", "no dataset"],
)
def test_a_module_that_breaks_the_contract_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = write_plugin(tmp_path, text)
    with pytest.raises(ContractError) as caught:
        load_target(Target("mine", str(path)))
    assert str(caught.value) == message


def test_a_module_of_another_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = package(tmp_path / "mine", "json")
    with pytest.raises(
        ContractError, match=f"module 'json' is not in {folder}, but is .*: correct its entry"
    ):
        load_target(Target("mine", str(folder), ("json",)))
