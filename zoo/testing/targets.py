"""The target of `zoo plugins check`: resolved from its name, and loaded in the child process."""

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
from zoo.data.formats import Formats
from zoo.errors import ContractError, PluginError, UnknownNameError
from zoo.interfaces import Architecture, Dataset, Decoder, Source
from zoo.plugin_code.discovery import GROUP, import_file
from zoo.plugins import check_hooks, load_plugins
from zoo.testing.contract import CHECKS_OF

if TYPE_CHECKING:
    from types import ModuleType

    from zoo.plugin_code.discovery import Plugin
    from zoo.plugins import Plugins

NOTHING = "no architecture, dataset, source or decoder"


@dataclass(frozen=True)
class Target:
    """The objects to check, as data for another process.

    Args:
        name: as given on the command line.
        path: a plugin file or a package folder; None: objects of loaded plugins.
        modules: the package's entry points; empty for a file.
        architectures, datasets, sources, decoders: names of loaded ones; empty with a path.
        plugins_dir: a folder of further plugin files to load.
    """

    name: str
    path: str | None = None
    modules: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    decoders: tuple[str, ...] = ()
    plugins_dir: str | None = None


Described = Architecture | Dataset | Source | Decoder


@dataclass(frozen=True)
class Subjects:
    """The objects to check, and the sources and decoders that read their files."""

    described: tuple[Described, ...]
    formats: Formats


def find_target(text: str, plugins: Plugins, plugins_dir: Path | None) -> Target:
    """Resolve the name of a loaded plugin, of an object that it adds or of a distribution, or a path.

    No code of a plugin is run.

    Raises:
        UnknownNameError: it is neither.
        PluginError: it is quarantined, or adds nothing to check, or the path is not a plugin.
    """
    matches = [plugin for plugin in plugins.entries if text in (plugin.name, plugin.origin)]
    for plugin in matches:
        if plugin.error is not None:
            raise PluginError(f"plugin '{plugin.name}' of {plugin.origin} is quarantined: {plugin.error}")
    names = {kind: _names_of(kind, text, matches, plugins) for kind in CHECKS_OF}
    if any(names.values()):
        folder = str(plugins_dir.absolute()) if plugins_dir else None
        architectures, datasets, sources, decoders = names.values()
        return Target(
            text,
            architectures=architectures,
            datasets=datasets,
            sources=sources,
            decoders=decoders,
            plugins_dir=folder,
        )
    if matches:
        raise PluginError(f"plugin '{text}' adds {NOTHING}: there is nothing to check")
    path = Path(text).expanduser()
    if os.path.exists(path) or os.sep in text or path.suffix == ".py":  # noqa: PTH110  Path raises for a long name
        return _target_at(path)
    available = {name for plugin in plugins.entries for name in (plugin.name, plugin.origin)}
    available.update(*(getattr(plugins, kind) for kind in CHECKS_OF))
    raise UnknownNameError("plugin", text, available, "or give the path of a plugin file or a package folder")


def _names_of(kind: str, text: str, matches: list[Plugin], plugins: Plugins) -> tuple[str, ...]:
    names = [name for plugin in matches for name in getattr(plugin, kind)]
    return tuple(dict.fromkeys([*names, *([text] if text in getattr(plugins, kind) else [])]))


def load_target(target: Target) -> Subjects:
    """Load the objects of the target, in the process that checks them.

    Raises:
        ContractError: a module at the path breaks the contract. Errors of its import are not translated.
    """
    if target.path is None:
        plugins = load_plugins(Path(target.plugins_dir) if target.plugins_dir else None)
        described = [getattr(plugins, kind)[name] for kind in CHECKS_OF for name in getattr(target, kind)]
        return Subjects(tuple(described), plugins.formats)
    path = Path(target.path)
    if not target.modules:
        modules = [import_file(path)]
    else:
        sys.path[:0] = [str(path / "src"), str(path)]
        modules = [_import_from(path, name) for name in target.modules]
    described = _described_by(modules)
    plugins = load_plugins()  # after the import, since another version of the package may be installed
    sources = {source.name: source for source in described if isinstance(source, Source)}
    decoders = {decoder.name: decoder for decoder in described if isinstance(decoder, Decoder)}
    formats = Formats(
        tuple((dict(plugins.sources) | sources).values()), tuple((dict(plugins.decoders) | decoders).values())
    )
    return Subjects(tuple(described), formats)


def _target_at(path: Path) -> Target:
    if not path.exists():
        raise PluginError(f"there is no file or folder {path}: check the path")
    path = path.resolve()
    if path.is_dir():
        return Target(path.name, str(path), _entry_points(path))
    if path.suffix != ".py":
        raise PluginError(f"{path} is not a plugin: give a .py file or a folder with a pyproject.toml")
    return Target(path.stem, str(path))


def _entry_points(folder: Path) -> tuple[str, ...]:
    """Return the modules of the package's entry points in the group `zoo`."""
    file = folder / "pyproject.toml"
    if not file.is_file():
        files = [f"{path}" for path in sorted(folder.glob("*.py")) if not path.name.startswith(("_", "."))]
        advice = (
            f"check its files one by one, {', '.join(files[:3])}{', …' if len(files) > 3 else ''}"
            if files
            else "give the folder of a package, or a .py file"
        )
        raise PluginError(f"folder {folder} has no pyproject.toml: {advice}")
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


def _described_by(modules: list[ModuleType]) -> list[Described]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    described: list[Described] = []
    for module in modules:
        manager.register(module)
        check_hooks(manager, module)
        described += _returned(module, manager.hook.zoo_architectures, Architecture)
        described += _returned(module, manager.hook.zoo_datasets, Dataset)
        described += _returned(module, manager.hook.zoo_sources, Source)
        described += _returned(module, manager.hook.zoo_decoders, Decoder)
    names = Counter((type(each), each.name) for each in described)
    repeated = [name for (_, name), count in names.items() if count > 1]
    if repeated:
        raise ContractError(f"two objects have the name '{repeated[0]}': rename one of them")
    if not described:
        raise ContractError(f"it adds {NOTHING}: there is nothing to check")
    return described


def _returned(module: ModuleType, hook: pluggy.HookCaller, kind: type) -> list[Any]:
    implementations = [each for each in hook.get_hookimpls() if each.plugin is module]
    values: list[Any] = []
    for implementation in implementations:
        result: Any = implementation.function()  # of any type
        values += result
    for value in values:
        if not isinstance(value, kind):
            raise ContractError(f"{hook.name} must return zoo.{kind.__name__} objects, got {value!r}")
    return values
