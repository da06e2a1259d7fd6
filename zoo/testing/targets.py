"""What `zoo plugins check` is asked to check, and in the child process the plugin that is meant."""

from __future__ import annotations

import importlib
import os
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from zoo import hookspecs
from zoo.errors import ContractError, PluginError, UnknownNameError
from zoo.interfaces import Architecture, Dataset
from zoo.plugins import GROUP, import_file, load_plugins

if TYPE_CHECKING:
    from types import ModuleType

    from zoo.plugins import Plugins


@dataclass(frozen=True)
class Target:
    """What is to be checked, in words that another process understands.

    Args:
        name: what people call it.
        path: a plugin file or a package folder; None: what loaded plugins give.
        modules: the package's entry points; empty for a file.
        architectures, datasets: names of loaded ones, empty with a path.
        plugins_dir: the folder of plugin files that are loaded too.
    """

    name: str
    path: str | None = None
    modules: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    plugins_dir: str | None = None


def find_target(text: str, plugins: Plugins, plugins_dir: Path | None) -> Target:
    """The name of a loaded plugin, architecture, dataset or distribution, or else a path. Runs no plugin's code.

    Raises:
        UnknownNameError: it is neither.
        PluginError: it is quarantined, or gives nothing to check, or the path is no plugin.
    """
    meant = [plugin for plugin in plugins.found if text in (plugin.name, plugin.origin)]
    for plugin in meant:
        if plugin.error is not None:
            raise PluginError(f"plugin '{plugin.name}' of {plugin.origin} is quarantined: {plugin.error}")
    architectures = [name for plugin in meant for name in plugin.architectures]
    architectures += [text] if text in plugins.architectures and text not in architectures else []
    datasets = [name for plugin in meant for name in plugin.datasets]
    datasets += [text] if text in plugins.datasets and text not in datasets else []
    if architectures or datasets:
        folder = str(plugins_dir.absolute()) if plugins_dir else None
        return Target(text, architectures=tuple(architectures), datasets=tuple(datasets), plugins_dir=folder)
    if meant:
        raise PluginError(f"plugin '{text}' adds no architecture and no dataset: there is nothing to check")
    path = Path(text).expanduser()
    if path.exists() or os.sep in text or path.suffix == ".py":
        return _target_at(path)
    known = {one for plugin in plugins.found for one in (plugin.name, plugin.origin)}
    known.update(plugins.architectures, plugins.datasets)
    raise UnknownNameError("plugin", text, known, "or give the path of a plugin file or a package folder")


def load_target(target: Target) -> list[Architecture | Dataset]:
    """What the target gives, in the process that will check it.

    Raises:
        ContractError: a module at the path is not what it should be; what its import raises comes as it is.
    """
    if target.path is None:
        plugins = load_plugins(Path(target.plugins_dir) if target.plugins_dir else None)
        return [
            *(plugins.architecture(name) for name in target.architectures),
            *(plugins.datasets[name] for name in target.datasets),
        ]
    path = Path(target.path)
    if not target.modules:
        return _given_by([import_file(path)])
    sys.path[:0] = [str(path / "src"), str(path)]
    return _given_by([_import_from(path, name) for name in target.modules])


def _target_at(path: Path) -> Target:
    if not path.exists():
        raise PluginError(f"there is no file or folder {path}: check the path")
    path = path.resolve()
    if path.is_dir():
        return Target(path.name, str(path), _entry_points(path))
    if path.suffix != ".py":
        raise PluginError(f"{path} is no plugin: give a .py file or a folder with a pyproject.toml")
    return Target(path.stem, str(path))


def _entry_points(folder: Path) -> tuple[str, ...]:
    """The modules that the package names in the group `zoo`."""
    file = folder / "pyproject.toml"
    if not file.is_file():
        raise PluginError(
            f"folder {folder} has no pyproject.toml: give the folder of a package, or a .py file"
        )
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PluginError(f"{file} cannot be read: {error}") from error
    modules: dict[str, str] = project.get("entry-points", {}).get(GROUP, {})
    if not modules:
        raise PluginError(f"{file} names no plugin: add the module under [project.entry-points.{GROUP}]")
    for value in modules.values():
        if ":" in value:
            raise PluginError(f"entry point '{value}' in {file} is not a module: name the module alone")
    return tuple(modules.values())


def _import_from(folder: Path, name: str) -> ModuleType:
    module = importlib.import_module(name)
    file = Path(module.__file__ or "")
    if not file.is_relative_to(folder):
        raise ContractError(f"module '{name}' is not in {folder}, but is {file}: correct its entry point")
    return module


def _given_by(modules: list[ModuleType]) -> list[Architecture | Dataset]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    given: list[Architecture | Dataset] = []
    for module in modules:
        manager.register(module)
        manager.check_pending()
        given += _described(module, manager.hook.zoo_architectures, Architecture)
        given += _described(module, manager.hook.zoo_datasets, Dataset)
    repeated = [
        name for (_, name), count in Counter((type(one), one.name) for one in given).items() if count > 1
    ]
    if repeated:
        raise ContractError(f"there are two of the name '{repeated[0]}': rename one of them")
    if not given:
        raise ContractError("it adds no architecture and no dataset: there is nothing to check")
    return given


def _described(module: ModuleType, hook: pluggy.HookCaller, kind: type) -> list[Any]:
    implementations = [one for one in hook.get_hookimpls() if one.plugin is module]
    values: list[Any] = []
    for implementation in implementations:
        result: Any = implementation.function()  # a stranger's result
        values += result
    for value in values:
        if not isinstance(value, kind):
            raise ContractError(f"{hook.name} must give zoo.{kind.__name__} objects, got {value!r}")
    return values
