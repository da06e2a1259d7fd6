"""The plugin host: finds plugins, records where each came from, and quarantines broken ones."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

from zoo import hookspecs
from zoo.data.formats import Formats
from zoo.errors import (
    LONGEST_MESSAGE,
    ContractError,
    PluginError,
    TimeLimitError,
    UnknownNameError,
    ZooError,
    in_one_line,
    text_of,
)
from zoo.interfaces import Architecture, Dataset, Decoder, Source
from zoo.plugin_code.advice import described, nearest_argument
from zoo.plugin_code.discovery import OWN_DISTRIBUTION, EntryPointSource, FileSource, Plugin, discover
from zoo.plugin_code.heavy_imports import heavy_import, heavy_modules
from zoo.plugin_code.limits import Limits, call_limited, plugin_limits
from zoo.plugin_code.places import definition_of, place_of
from zoo.tensorflow_startup import quiet_start

if TYPE_CHECKING:
    from types import ModuleType

MOVE_IT = "import it inside the functions that need it, since each command loads the plugins"
LONGEST_OWN = 1000  # characters of a message of zoo, in which a plugin's values are
FIELDS = {
    kind.__name__: [each.name for each in fields(kind)] for kind in (Architecture, Dataset, Source, Decoder)
}

Description = TypeVar("Description", Architecture, Dataset, Source, Decoder)


@dataclass(frozen=True)
class Descriptions:
    """The architectures, datasets, sources and decoders of plugins, by name."""

    architectures: dict[str, Architecture] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    decoders: dict[str, Decoder] = field(default_factory=dict)

    def add(self, added: Descriptions) -> None:
        """Add the descriptions of one more plugin."""
        self.architectures.update(added.architectures)
        self.datasets.update(added.datasets)
        self.sources.update(added.sources)
        self.decoders.update(added.decoders)

    def claims(self) -> Iterator[str]:
        """Yield everything that only one plugin may claim: names, suffixes, and prefixes of references."""
        yield from (f"architecture '{name}'" for name in self.architectures)
        yield from (f"dataset '{name}'" for name in self.datasets)
        for source in self.sources.values():
            yield f"source '{source.name}'"
            yield from (f"source suffix '{suffix}'" for suffix in source.suffixes)
            if source.prefix:
                yield f"source prefix '{source.prefix}'"
        for decoder in self.decoders.values():
            yield f"decoder '{decoder.name}'"
            yield from (f"decoder suffix '{suffix}'" for suffix in decoder.suffixes)


@dataclass(frozen=True)
class Plugins:
    """All plugins and everything that they add.

    Args:
        entries: all plugins, including quarantined ones, in the order of loading.
        manager: calls the hooks of the loaded plugins.
        architectures, datasets, sources, decoders: name -> description.
        folder: absolute path of the folder of plugin files.
    """

    entries: tuple[Plugin, ...]
    manager: pluggy.PluginManager
    architectures: Mapping[str, Architecture]
    datasets: Mapping[str, Dataset]
    sources: Mapping[str, Source]
    decoders: Mapping[str, Decoder]
    folder: Path | None = None

    @cached_property
    def formats(self) -> Formats:
        """The containers and image formats of all plugins."""
        return Formats(tuple(self.sources.values()), tuple(self.decoders.values()))

    def architecture(self, name: str) -> Architecture:
        """Return the architecture of that name.

        Raises:
            UnknownNameError: no plugin adds it; the message suggests the nearest names.
            PluginError: it is the path of a plugin, or the plugin that adds it is quarantined; the message says why.
        """
        if name in self.architectures:
            return self.architectures[name]
        if plugin := self._quarantined(name):
            raise PluginError(
                f"architecture '{name}' is missing, since plugin '{plugin.name}' is quarantined: {plugin.error}"
            )
        if name.endswith(".py"):
            raise PluginError(
                f"'{name}' is the path of a plugin: load its folder with --plugins-dir or ZOO_PLUGINS_DIR, and give "
                "the name of its architecture"
            )
        raise UnknownNameError("architecture", name, self.architectures, self._quarantine_hint())

    def provider(self, architecture: str) -> Plugin:
        """Return the plugin that adds this architecture."""
        return next(plugin for plugin in self.entries if architecture in plugin.architectures)

    def _quarantined(self, architecture: str) -> Plugin | None:
        """Return the quarantined plugin that has this name, or whose file names an architecture so."""
        broken = [plugin for plugin in self.entries if plugin.error is not None]
        named = (plugin for plugin in broken if plugin.name == architecture)
        return next(named, None) or next((each for each in broken if _describes(each, architecture)), None)

    def _quarantine_hint(self) -> str:
        broken = ", ".join(plugin.name for plugin in self.entries if plugin.error is not None)
        return f"(quarantined: {broken}; see `zoo plugins`)" if broken else ""


def load_plugins(plugins_dir: Path | None = None, limits: Limits | None = None) -> Plugins:
    """Load every plugin: the built-in ones, entry points of the group `zoo`, then the files in `plugins_dir`.

    A plugin that cannot be imported, implements an unknown hook, returns something of the wrong type, does not end, or
    adds a name or a suffix that another plugin has is quarantined: it stays in `Plugins.entries` with its error, and
    the others work.

    Args:
        limits: of the time that each plugin may take; None: those of `ZOO_PLUGIN_TIMEOUT`.

    Raises:
        PluginError: `plugins_dir` is not a folder, or `ZOO_PLUGIN_TIMEOUT` is no number.
    """
    limits = limits or plugin_limits()
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    entries: list[Plugin] = []
    descriptions, owners = Descriptions(), dict[str, Plugin]()
    for plugin, module_source in discover(plugins_dir):
        key, before = plugin.key, heavy_modules()
        registered_before = manager.has_plugin(
            key
        )  # a distribution may list a name twice; the first one stays
        try:
            added = _load(manager, plugin, module_source, limits)
            _refuse_clashes(plugin, added, owners)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # third-party code may raise anything
            if manager.has_plugin(key) and not registered_before:
                manager.unregister(name=key)
            entries.append(replace(plugin, error=_one_line(error, module_source.file)))
            continue
        descriptions.add(added)
        owners.update(dict.fromkeys(added.claims(), plugin))
        entries.append(
            replace(
                plugin,
                architectures=tuple(added.architectures),
                datasets=tuple(added.datasets),
                sources=tuple(added.sources),
                decoders=tuple(added.decoders),
                notice=_notice(plugin, module_source.file, heavy_modules() - before),
            )
        )
    folder = None if plugins_dir is None else plugins_dir.absolute()
    return Plugins(
        tuple(entries),
        manager,
        descriptions.architectures,
        descriptions.datasets,
        descriptions.sources,
        descriptions.decoders,
        folder,
    )


def call_hook(implementation: pluggy.HookImpl, argument: object, seconds: float | None = None) -> None:
    """Call one plugin's implementation of a hook that returns nothing, such as `zoo_run_finished`.

    Args:
        seconds: after which it is stopped; None: those of `zoo.plugin_code.limits.Limits.working`.

    Raises:
        ContractError: it fails or does not end; the message is the reason.
    """
    file, limits = getattr(implementation.plugin, "__file__", None) or "", plugin_limits()
    hook = implementation.function.__name__
    activity = f"{hook} of plugin {implementation.plugin_name} has been running"

    def call() -> None:
        implementation.function(**dict.fromkeys(implementation.argnames, argument))

    try:
        with redirect_stdout(sys.stderr):
            call_limited(call, activity, file, seconds or limits.working, limits.notice)
    except (TimeLimitError, KeyboardInterrupt):
        raise
    except BaseException as error:  # third-party code may raise anything
        raise ContractError(described(error, _message(error), file)) from error


def _load(
    manager: pluggy.PluginManager, plugin: Plugin, source: EntryPointSource | FileSource, limits: Limits
) -> Descriptions:
    """Import a plugin, register it and return everything that it adds."""

    def load() -> Descriptions:
        _register(manager, plugin.key, source.module())
        return _collect_all(manager, plugin.key)

    activity = f"plugin '{plugin.name}' has been loading"
    with ExitStack() as streams:
        if plugin.origin != OWN_DISTRIBUTION and heavy_import(source.file):
            screen = streams.enter_context(quiet_start())
            if sys.stderr is sys.__stderr__:  # what Python itself prints is shown
                streams.enter_context(redirect_stderr(screen))
        # What a plugin prints must not get into the output of a command, such as JSON.
        streams.enter_context(redirect_stdout(sys.stderr))
        return call_limited(load, activity, source.file, limits.loading, limits.notice)


def _notice(plugin: Plugin, file: str, imported: Collection[str]) -> str | None:
    """Return the notice for a plugin whose import imports Keras or TensorFlow.

    Args:
        imported: which of them its import has imported for the first time in this process.
    """
    if plugin.origin == OWN_DISTRIBUTION:
        return None
    if at_top := heavy_import(file):
        package, line = at_top
        return f"plugin '{plugin.name}' imports {package} at its top ({file}:{line}): {MOVE_IT}"
    return (
        f"plugin '{plugin.name}' imports {min(imported)} when it is loaded: {MOVE_IT}" if imported else None
    )


def _register(manager: pluggy.PluginManager, key: str, module: ModuleType) -> None:
    if manager.is_registered(module):
        owner = manager.get_name(module)
        raise PluginError(f"the same module is already loaded as {owner}: remove one of the two entry points")
    manager.register(module, name=key)
    check_hooks(manager, module)
    if not manager.get_hookcallers(module):
        raise PluginError("it implements no zoo hook: decorate a zoo_… function with @zoo.hookimpl")


def check_hooks(manager: pluggy.PluginManager, module: ModuleType) -> None:
    """Refuse hooks of a registered module that zoo does not have.

    Raises:
        PluginError: the message suggests the nearest hook, and has the place.
    """
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        unknown = re.match(r"unknown hook '(\w+)'", str(error))
        if error.plugin is not module or not unknown:
            raise
        names = [name for name in vars(hookspecs) if name.startswith("zoo_")]
        implementations = getattr(manager.hook, unknown[1]).get_hookimpls()
        # whose function may have another name than the hook
        place = next(definition_of(each.function) for each in implementations if each.plugin is module)
        raise PluginError(f"{UnknownNameError('hook', unknown[1], names)}{place}") from error


def _collect_all(manager: pluggy.PluginManager, key: str) -> Descriptions:
    """Return everything that this plugin adds."""
    added = Descriptions(
        _collect(manager, key, "zoo_architectures", Architecture),
        _collect(manager, key, "zoo_datasets", Dataset),
        _collect(manager, key, "zoo_sources", Source),
        _collect(manager, key, "zoo_decoders", Decoder),
    )
    repeated = [claim for claim, times in Counter(added.claims()).items() if times > 1]
    if repeated:
        raise ContractError(f"it adds the {repeated[0]} twice: remove one of the two")
    return added


def _collect(
    manager: pluggy.PluginManager, key: str, hook: str, kind: type[Description]
) -> dict[str, Description]:
    """Return the values of this plugin's implementations of the hook, by name."""
    descriptions: dict[str, Description] = {}
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        if implementation.plugin_name != key:
            continue
        for value in _each(implementation.function(), hook, kind):
            if value.name in descriptions:
                raise ContractError(f"{hook} returns two of the name '{value.name}': rename one of them")
            descriptions[value.name] = value
    return descriptions


def _each(
    result: Any, hook: str, kind: type[Description]
) -> Iterator[Description]:  # a plugin may return anything
    if not isinstance(result, Iterable):
        raise ContractError(
            f"{hook} must return an iterable of zoo.{kind.__name__}, got {in_one_line(repr(result))}"
        )
    for value in result:
        if not isinstance(value, kind):
            raise ContractError(
                f"{hook} must return zoo.{kind.__name__} objects, got {in_one_line(repr(value))}"
            )
        yield value


def _refuse_clashes(plugin: Plugin, added: Descriptions, owners: Mapping[str, Plugin]) -> None:
    for claim in added.claims():
        if claim in owners:
            advice = "load only" if claim.split()[1] in ("suffix", "prefix") else "rename"
            raise PluginError(
                f"{claim} of {plugin.provenance} is already added by {owners[claim].provenance}: "
                f"{advice} one of the two"
            )


def _one_line(error: BaseException, file: str) -> str:
    message = _message(error)
    if isinstance(error, TimeLimitError):
        return message
    if isinstance(error, PluginError):
        return f"{message}{place_of(error, file)}"
    return described(error, f"{message}{nearest_argument(error, FIELDS)}", file)


def _describes(plugin: Plugin, name: str) -> bool:
    """Whether a plugin's file has `name="NAME"` or `Architecture("NAME"`."""
    try:
        text = Path(plugin.origin).read_text(encoding="utf-8", errors="replace") if not plugin.version else ""
    except (OSError, ValueError):
        return False
    return re.search(rf"""\b(name\s*=|Architecture\()\s*(["']){re.escape(name)}\2""", text) is not None


def _message(error: BaseException) -> str:
    """Return the error's message in one line."""
    return in_one_line(text_of(error), LONGEST_OWN if isinstance(error, ZooError) else LONGEST_MESSAGE)
