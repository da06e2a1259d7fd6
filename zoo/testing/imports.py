"""Checks in a new process that a plugin's module can be imported without TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Any

from zoo.errors import ContractError
from zoo.plugin_code.discovery import FILE_MODULE
from zoo.plugin_code.heavy_imports import HEAVY
from zoo.plugin_code.limits import call_limited, plugin_limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

PROPERTY = {
    "zoo_architectures": "backbone",
    "zoo_datasets": "load",
    "zoo_sources": "load",
    "zoo_decoders": "decode",
}
"""Hook -> the function field of its objects, from which their module is determined."""

# The answer is the last line, whatever the module prints.
LOOK = """
import importlib, importlib.util, json, sys
name, file, sys.path[:], heavy = json.loads(sys.argv[1])
if file:
    spec = importlib.util.spec_from_file_location(name, file)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
else:
    importlib.import_module(name)
print()
print(json.dumps([name for name in heavy if name in sys.modules]))
"""


def check_imports(function: Callable[..., object], hook: str, name: str) -> None:
    """Import the module that defines the function, and those whose hook returns an object of this name.

    Raises:
        ContractError: one of them imports TensorFlow or Keras, or cannot be imported alone.
    """
    for module in modules_of(function, hook, name):
        if module.__name__ == "__main__":
            raise ContractError(
                "it is defined in the running script, which cannot be imported: move it to its own module"
            )
        heavy = _heavy_imports(module)
        if heavy:
            raise ContractError(
                f"importing {_short(module)} imports {', '.join(heavy)}: "
                "move the import into the functions that need it, so that commands that only read start quickly"
            )


def modules_of(function: Callable[..., object], hook: str, name: str) -> list[ModuleType]:
    """Return the modules that define and that return the object: a backbone may be shared by several plugins."""
    modules = [_module(function)]
    for module in list(sys.modules.values()):
        # Not getattr, which would load lazily imported modules.
        implementation: Any = getattr(module, "__dict__", {}).get(hook)
        is_its_own = getattr(implementation, "__module__", None) == getattr(module, "__name__", "")
        if hasattr(implementation, "zoo_impl") and is_its_own and module not in modules:
            described = [
                each for each in _described_by(implementation) if getattr(each, "name", None) == name
            ]
            if any(_code(getattr(each, PROPERTY[hook])) is _code(function) for each in described):
                modules.append(module)
    return modules


def _described_by(implementation: Callable[[], Any]) -> list[object]:
    """Return what a hook returns; nothing of one that fails, whose plugin is quarantined."""
    limits = plugin_limits()
    activity = f"{implementation.__name__} of {implementation.__module__} has been running"
    try:
        with redirect_stdout(sys.stderr):
            return call_limited(lambda: list(implementation()), activity, "", limits.loading, limits.notice)
    except KeyboardInterrupt:
        raise
    except BaseException:  # third-party code may raise anything
        return []


def _module(function: Callable[..., object]) -> ModuleType:
    inner = _without_arguments(function)
    return sys.modules[getattr(inner, "__module__", None) or type(inner).__module__]


def _code(function: Callable[..., object]) -> object:
    """Return an object that is the same for all functions of one `def`; a hook may create them anew each time."""
    inner = _without_arguments(function)
    return getattr(inner, "__code__", type(inner))


def _without_arguments(function: Callable[..., object]) -> Callable[..., object]:
    while isinstance(function, partial):
        function = function.func
    return function


def _heavy_imports(module: ModuleType) -> list[str]:
    # A file of a plugin folder is not on the path; zoo names its module with this prefix.
    file = module.__file__ if module.__name__.startswith(FILE_MODULE) else None
    job = [module.__name__, file, sys.path, HEAVY]
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", LOOK, json.dumps(job)], capture_output=True, text=True, check=False
    )
    try:
        heavy: list[str] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        last = (done.stderr.strip().splitlines() or [f"it ended with exit code {done.returncode}"])[-1]
        raise ContractError(
            f"{_short(module)} cannot be imported in a new process: {last}: make it import by itself"
        ) from None
    return heavy


def _short(module: ModuleType) -> str:
    return module.__name__.removeprefix(FILE_MODULE)
