"""Custom classes and functions in a stored graph: who registers them with Keras, and how another process finds them."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from functools import cache
from importlib import metadata
from itertools import chain
from typing import TYPE_CHECKING, Any

import keras

from zoo.errors import ContractError
from zoo.models.backbone_errors import call_watched, reported
from zoo.models.source_code import OWN, distributions_of, is_of_keras
from zoo.plugin_code.places import definition_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from zoo.interfaces import Architecture

ZOO = "keras-zoo"
LIBRARIES = {"keras", "tensorflow", ZOO}  # what registers classes with Keras requires one of these
# Where Keras looks for what its graphs name without a module: `BUILTIN_MODULES` in its `serialization_lib`.
BUILTIN_MODULES = (
    keras.activations,
    keras.constraints,
    keras.initializers,
    keras.losses,
    keras.metrics,
    keras.optimizers,
    keras.regularizers,
)


def register_layers(architecture: Architecture | None) -> tuple[object, ...]:
    """Register the custom layers of the architecture with Keras, and return them.

    Raises:
        ContractError: `custom_layers` fails, for example because it needs a package that is not installed, or returns
            anything but classes and functions.
    """
    if architecture is None or architecture.custom_layers is None:
        return ()
    custom_layers = architecture.custom_layers

    def layers() -> tuple[object, ...]:
        return _classes_in(architecture.name, custom_layers, custom_layers() or ())

    with reported(architecture, "its custom_layers fails", custom_layers), redirect_stdout(sys.stderr):
        return call_watched(architecture, layers, "its custom_layers has been running", limited=True)


def _classes_in(name: str, function: Callable[[], Any], result: Any) -> tuple[object, ...]:
    """Return the classes and functions that `custom_layers` has returned; a plugin may return anything."""
    plain = isinstance(result, Iterable) and not isinstance(result, Mapping | str)
    objects = tuple(result) if plain else ()
    odd = [each for each in objects if not hasattr(each, "__qualname__")]
    if not plain or odd:
        kind = f"a {type(result).__name__}"
        kind += f" with a {type(odd[0]).__name__} object" if odd else ""
        raise ContractError(
            f"architecture '{name}': its custom_layers returned {kind}: return a list of classes and functions, such "
            f"as [MyLayer]{definition_of(function)}"
        )
    return objects


def name_of(config: Mapping[str, Any]) -> str:
    """Return the name by which Keras finds an object of a graph, such as `package>Class`."""
    if config["class_name"] == "function":
        return str(config.get("config"))
    return str(config.get("registered_name") or config["class_name"])


def is_keras_own(config: Mapping[str, Any]) -> bool:
    """Whether an object of a graph is Keras's own, or a mark of Keras for a value, with no module and no code."""
    module, name = str(config.get("module") or ""), str(config["class_name"])
    if name == "function":  # Keras writes the module of no function
        return module == "builtins" and _is_builtin(name_of(config))
    if "module" not in config and name_of(config) == name and _is_builtin(name):
        return True
    return is_of_keras(module) or (not module and name.startswith("__"))


def _is_builtin(name: str) -> bool:
    """Whether Keras finds a class or function of its own by this name alone, such as `relu`."""
    return ">" not in name and any(callable(getattr(module, name, None)) for module in BUILTIN_MODULES)


def module_of(config: Mapping[str, Any]) -> str:
    """Return the module of an object of a graph; for a function, the package under which it is registered."""
    if config["class_name"] == "function":
        return name_of(config).rpartition(">")[0]
    return str(config.get("module") or "")


def is_of_plugin(config: Mapping[str, Any]) -> bool:
    """Whether an object of a graph is a plugin's, and neither Keras's, another library's nor zoo's own."""
    package = module_of(config).partition(".")[0]
    if is_keras_own(config) or package in OWN:
        return False
    return not is_of_library(config) or ZOO in _requirements(package)


def is_registered(config: Mapping[str, Any]) -> bool:
    """Whether Keras finds this object of a graph, after the library that registers it is imported."""
    if keras.saving.get_registered_object(name_of(config)) is None:
        _import_library(config)
    return keras.saving.get_registered_object(name_of(config)) is not None


def is_importable(config: Mapping[str, Any], custom_layers: Collection[object]) -> bool:
    """Whether another process finds this object of a graph.

    Args:
        custom_layers: what `Architecture.custom_layers` returned: the other process calls it too.
    """
    if is_keras_own(config):
        return True
    definition = keras.saving.get_registered_object(name_of(config))
    if definition is None:
        return False
    if definition in custom_layers:
        return True
    # Another process registers what is defined at the top of a module that it imports.
    at_top = "<locals>" not in definition.__qualname__
    modules = {each.__module__ for each in custom_layers if hasattr(each, "__module__")}
    return at_top and (definition.__module__ in modules or is_of_library(config))


def _import_library(config: Mapping[str, Any]) -> None:
    """Import the module in which an installed library registers an object; do nothing for any other module."""
    if not is_of_library(config):
        return
    module = module_of(config)
    for name in (module, module.partition(".")[0]):  # another version may have moved the class
        try:
            importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: S112  third-party code may raise anything
            continue
        return


def is_of_library(config: Mapping[str, Any]) -> bool:
    """Whether an object is registered under the name of an installed package that requires Keras, and lies in it.

    A stored graph names modules, and must not be able to have any other module imported, nor one that is run, such as
    `package.__main__`.
    """
    module = module_of(config)
    package = module.partition(".")[0]
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*", module) or package in OWN:
        return False
    return name_of(config).partition(">")[0] == package and bool(LIBRARIES & _requirements(package))


@cache
def _requirements(package: str) -> set[str]:
    """Return the names of the distributions that a package requires; none if it is not installed."""
    requirements = chain.from_iterable(metadata.requires(each) or () for each in distributions_of(package))
    names = (re.split(r"[^A-Za-z0-9_.-]", requirement)[0] for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}
