"""Finds the line of a plugin that an error passed, or at which its code is."""

from __future__ import annotations

import inspect
import re
import sys
import sysconfig
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from traceback import FrameSummary

ZOO = Path(__file__).parent.parent
INSTALLED = ("site-packages", "dist-packages")
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
PLACE = re.compile(r" \(.+\.py:\d+\)")


def file_of(definition: Any) -> str:  # a plugin may give any callable
    """Return the file of the module that defines a function, a class or a callable object; empty where it has none."""
    while isinstance(definition, partial):
        definition = definition.func
    name = getattr(definition, "__module__", None) or type(definition).__module__
    return getattr(sys.modules.get(name), "__file__", None) or ""


def definition_of(definition: Any) -> str:  # a plugin may give any callable
    """Return where a function is defined, as ` (my-plugins/tiny.py:14)`; empty where that is unknown.

    A function that zoo has made for a plugin has the attribute `defined_at`, the file and the line of the plugin.
    """
    if defined_at := getattr(definition, "defined_at", None):
        file, line = defined_at
        return f" ({file}:{line})"
    code = getattr(_unwrap(definition), "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if code else ""


def has_place(message: str) -> bool:
    """Whether a message has a place already, as ` (my-plugins/tiny.py:14)`."""
    return PLACE.search(message) is not None


def _unwrap(definition: Any) -> Any:
    """Return the function inside of decorators and partial functions."""
    definition = inspect.unwrap(definition)
    while isinstance(definition, partial):
        definition = inspect.unwrap(definition.func)
    return definition


def place_of(error: BaseException, file: str) -> str:
    """Return the innermost line of the plugin that the error passed, as ` (my-plugins/tiny.py:14)`.

    Args:
        file: of the plugin; empty: unknown.
    """
    passed = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename:
        passed.append(traceback.FrameSummary(error.filename, error.lineno, ""))
    return innermost(passed, file)


def innermost(stack: Iterable[FrameSummary], file: str) -> str:
    """Return the innermost of these lines that is the plugin's, as ` (my-plugins/tiny.py:14)`; empty if none is.

    The lines of a plugin are those of its top-level package, or of the files beside and below its file, without
    libraries of an environment there. Without a file, the outermost line of neither zoo nor a library shows the plugin.
    """
    frames = [frame for frame in stack if not Path(frame.filename).is_relative_to(ZOO)]
    if not file or Path(file).is_relative_to(ZOO):
        file = next((frame.filename for frame in frames if not _is_library(Path(frame.filename))), "")
    own = [frame for frame in frames if file and _is_own(Path(frame.filename), Path(file))]
    return f" ({own[-1].filename}:{own[-1].lineno})" if own else ""


def _is_own(path: Path, file: Path) -> bool:
    """Whether the path is of the plugin that this file is of."""
    package = _package_of(file)
    if package is not None:
        return path.is_relative_to(package) and not _is_installed(path.relative_to(package))
    if _is_installed(file):  # a module among those of all libraries
        return path == file
    return path.is_relative_to(file.parent) and not _is_library(path)


def _package_of(file: Path) -> Path | None:
    """Return the folder of the top-level package; None for a module of its own."""
    package, folder = None, file.parent
    while (folder / "__init__.py").is_file():
        package, folder = folder, folder.parent
    return package


def _is_library(path: Path) -> bool:
    """Whether the path is of an installed library, of Python's own, or of no file."""
    return _is_installed(path) or path.is_relative_to(STANDARD_LIBRARY) or path.name.startswith("<")


def _is_installed(path: Path) -> bool:
    return any(part in INSTALLED for part in path.parts)
