"""The source code of classes and functions: whether it is Keras's own, its files, and a digest of it."""

from __future__ import annotations

import hashlib
import inspect
import sys
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Definition = Any  # a class, a function, or an object that can be called

KERAS = {"keras", "builtins"}
OWN = ("zoo", "zoo_plugins")  # zoo's packages
UNCHANGED = sys.stdlib_module_names | KERAS | {"tensorflow"}  # packages that depend on their versions alone


def is_of_keras(module: str | None) -> bool:
    """Whether what has this `__module__` is Keras's own, or built into Python."""
    return package_of(module) in KERAS


def code_digest(definitions: Iterable[Definition]) -> str:
    """Return the SHA-256 of the code that these classes and functions may run.

    It covers their names, their `source_files` and the versions of their packages, apart from Keras, TensorFlow and
    Python.
    """
    parts = [part for each in definitions for part in parts_of(each)]
    names = {
        f"{part.__module__}.{part.__qualname__} {_version_of(package_of(part.__module__))}" for part in parts
    }
    digest = hashlib.sha256("\0".join(sorted(names)).encode())
    for path in _beside(parts):
        digest.update(content(path))
    return digest.hexdigest()


def source_files(definition: Definition) -> list[Path]:
    """Return the Python files beside a function, or beside a class and the classes that it inherits from.

    Beside it are those in the folder of its module, of its own code and of what it wraps. There are none where the
    source is unknown, as that of a class that was typed at a prompt.
    """
    return _beside(parts_of(definition))


def content(source: Path) -> bytes:
    """Return the bytes of a file; none if it cannot be read, such as Emacs's locks, which are dangling links."""
    try:
        return source.read_bytes()
    except OSError:
        return b""


@cache
def distributions_of(package: str) -> list[str]:
    """Return the names of the installed distributions that contain this package, as `pip` names them."""
    return sorted(set(metadata.packages_distributions().get(package, ())))


def _beside(parts: Iterable[Definition]) -> list[Path]:
    folders = {file.parent for part in parts for file in _files_of(part) if file.is_file()}
    return sorted(path for folder in folders for path in folder.glob("*.py"))


def parts_of(definition: Definition) -> list[Definition]:
    """Return the definition, what it wraps and what it inherits from, apart from Keras, TensorFlow and Python."""
    parts: list[Definition] = []
    while definition is not None:
        if inspect.isroutine(definition):
            parts.append(definition)
        else:
            parts += (definition if inspect.isclass(definition) else type(definition)).__mro__
        definition = getattr(definition, "func" if isinstance(definition, partial) else "__wrapped__", None)
    return [part for part in parts if package_of(part.__module__) not in UNCHANGED]


def _files_of(part: Definition) -> Iterator[Path]:
    """Yield the file of its module and that of its code, which may be another if it is decorated."""
    code = getattr(part, "__code__", None)
    for file in (getattr(sys.modules.get(part.__module__), "__file__", None), code and code.co_filename):
        if file:
            yield Path(file)


def package_of(module: str | None) -> str:
    """Return the package in a `__module__`; empty where that is unknown."""
    return (module or "").partition(".")[0]


def _version_of(package: str) -> str:
    """Return the installed version of a package; empty for a plugin's file."""
    return " ".join(map(metadata.version, distributions_of(package)))
