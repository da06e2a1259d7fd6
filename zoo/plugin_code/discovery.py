"""Finds the modules of plugins: the built-in ones, entry points of the group `zoo`, and the files of a folder."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from types import ModuleType
from typing import TYPE_CHECKING

from zoo.errors import ContractError, PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "zoo"
OWN_DISTRIBUTION = "keras-zoo"
FILE_MODULE = "zoo_plugin_file_"  # prefix of the module name of a plugin file

BUILTIN = ("sources", "decoders")
"""Modules of `zoo.builtin`. They need no entry point, so that a checkout with outdated metadata can read images too."""


@dataclass(frozen=True)
class Plugin:
    """One plugin, loaded or quarantined.

    Args:
        name: the entry point's or the file's name.
        origin: the distribution, or the path of the file.
        version: the distribution's version; None for a file.
        architectures, datasets, sources, decoders: names of what it adds; empty when it is quarantined.
        error: the reason why it is quarantined; None for a loaded plugin.
        notice: what its author should change although it works; None: nothing.
    """

    name: str
    origin: str
    version: str | None
    architectures: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    decoders: tuple[str, ...] = ()
    error: str | None = None
    notice: str | None = None

    @property
    def key(self) -> str:
        """Its unique name in the plugin manager, since pluggy silently replaces a plugin of the same name."""
        return f"{self.origin}:{self.name}"

    @property
    def provenance(self) -> str:
        """The distribution and version, or the file, which a run records as the origin of its architecture."""
        return self.origin if self.version is None else f"{self.origin} {self.version}"


@dataclass(frozen=True)
class EntryPointSource:
    """The module of a plugin that an entry point names."""

    entry_point: EntryPoint

    @property
    def file(self) -> str:
        """The file of its module, or of the package that contains it; empty if it cannot be found."""
        module = self.entry_point.value.partition(":")[0]
        try:
            spec = importlib.util.find_spec(module.partition(".")[0])
        except (ImportError, ValueError):
            return ""
        return (spec and spec.origin) or ""

    def module(self) -> ModuleType:
        """Import the module."""
        module = self.entry_point.load()
        if not isinstance(module, ModuleType):
            raise ContractError(
                f"entry point '{self.entry_point.value}' is not a module: write only the module's name"
            )
        return module


@dataclass(frozen=True)
class FileSource:
    """A plugin that is a single file."""

    path: Path

    @property
    def file(self) -> str:
        """Its absolute path."""
        return str(self.path.absolute())

    def module(self) -> ModuleType:
        """Import the file."""
        return import_file(self.path)


def import_file(path: Path) -> ModuleType:
    """Import a plugin file, which is not on Python's path, and return its module.

    Raises:
        PluginError: it is not a Python file. Exceptions that the module raises are passed on unchanged.
    """
    name = f"{FILE_MODULE}{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} cannot be imported as a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickles look up the module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def discover(plugins_dir: Path | None) -> Iterator[tuple[Plugin, EntryPointSource | FileSource]]:
    """Yield each plugin, not loaded yet, with its module, in the order of loading.

    Raises:
        PluginError: `plugins_dir` is not a folder.
    """
    for name in BUILTIN:
        entry_point = EntryPoint(name, f"zoo.builtin.{name}", GROUP)
        yield Plugin(name, OWN_DISTRIBUTION, _own_version()), EntryPointSource(entry_point)
    for entry_point in sorted(entry_points(group=GROUP), key=_own_first):
        distribution = entry_point.dist
        origin = _distribution_name(entry_point) or entry_point.value
        number = distribution.version if distribution else None
        yield Plugin(entry_point.name, origin, number), EntryPointSource(entry_point)
    if plugins_dir is None:
        return
    if not plugins_dir.is_dir():
        raise PluginError(
            f"plugin folder {plugins_dir} is not a folder: check --plugins-dir or ZOO_PLUGINS_DIR"
        )
    for path in sorted(plugins_dir.glob("*.py")):
        if not path.name.startswith(("_", ".")):
            yield Plugin(path.stem, str(path.resolve()), None), FileSource(path)


def _own_version() -> str | None:
    """Return zoo's version; None where it runs from sources that are not installed."""
    try:
        return version(OWN_DISTRIBUTION)
    except PackageNotFoundError:
        return None


def _own_first(entry_point: EntryPoint) -> tuple[bool, str, str]:
    """Return a sort key that puts shipped plugins first, so that a third-party one of the same name is quarantined."""
    distribution = _distribution_name(entry_point)
    return distribution != OWN_DISTRIBUTION, distribution, entry_point.name


def _distribution_name(entry_point: EntryPoint) -> str:
    """Return the distribution's name; empty where its metadata is lost and importlib returns None."""
    return (entry_point.dist.name or "") if entry_point.dist else ""
