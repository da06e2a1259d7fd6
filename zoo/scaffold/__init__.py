"""Writes the first files of a new architecture plugin: a package, or one file."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import keyword
import re
import shutil
import sys
from contextlib import contextmanager
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from zoo.errors import PluginError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Lower-case, as the contract requires, and valid for Python (PEP 8) and packaging (PEP 508) as well.
_NAME = re.compile(r"[a-z]([a-z0-9_-]*[a-z0-9])?")
_TEMPLATES = files(__name__) / "templates"


def module_name(name: str) -> str:
    """Return the name of an architecture's Python module: `my_net` for `my-net`."""
    return name.replace("-", "_")


def write_package(name: str, into: Path, taken: Mapping[str, str]) -> list[Path]:
    """Write an installable package with one architecture into the new folder `into / name`.

    Args:
        taken: name of each existing architecture or plugin -> its origin.

    Returns:
        The files written.

    Raises:
        PluginError: the name is taken or invalid, or the folder exists or cannot be written. No partial package
            remains.
    """
    module = module_name(name)
    root = into / name
    texts = {
        root / "pyproject.toml": _filled("pyproject.toml", name),
        root / f"{module}.py": _filled("module.py", name),
        root / "tests" / f"test_{module}.py": _filled("test_module.py", name),
        root / "README.md": _filled("README.md", name),
    }
    with _reporting_os_errors(root):
        _check(name, root, into, taken)
        root.mkdir()
        try:
            (root / "tests").mkdir()
            for path, text in texts.items():
                path.write_text(text, encoding="utf-8")
        except BaseException:  # an interrupt must not leave a partial package either
            shutil.rmtree(root)
            raise
    return list(texts)


def write_file(name: str, into: Path, taken: Mapping[str, str]) -> Path:
    """Write one architecture as a single plugin file into the folder `into`, for `--plugins-dir`.

    Arguments and errors are those of `write_package`.
    """
    path = into / f"{module_name(name)}.py"
    with _reporting_os_errors(path):
        _check(name, path, into, taken)
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(_filled("module.py", name))
                file.flush()
            except BaseException:
                path.unlink()
                raise
    return path


def _check(name: str, target: Path, into: Path, taken: Mapping[str, str]) -> None:
    """Refuse a name or folder that could not be loaded, installed or written."""
    if not _NAME.fullmatch(name):
        raise PluginError(
            f"invalid plugin name '{name}': use lower-case letters and digits, beginning with a letter, with '-' or "
            f"'_' in between, such as my-net"
        )
    if not into.is_dir():
        raise PluginError(f"{into} is not a folder: create it first, or choose another with --into")
    if target.exists():
        raise PluginError(f"{target} already exists: choose another name, or another folder with --into")
    for spelling in (name, module_name(name)):
        if spelling in taken:
            raise PluginError(
                f"an architecture or plugin '{spelling}' already exists, from {taken[spelling]}: choose another name"
            )
    _refuse_module(name)


def _refuse_module(name: str) -> None:
    module = module_name(name)
    if keyword.iskeyword(module):
        raise PluginError(f"'{module}' is a Python keyword and cannot name a module: choose another name")
    if module in sys.stdlib_module_names or importlib.util.find_spec(module) is not None:
        raise PluginError(
            f"a Python module '{module}' already exists, and the plugin would shadow it: choose another name"
        )
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return
    raise PluginError(
        f"a package '{name}' is already installed, and pip would replace it: choose another name"
    )


def _filled(template: str, name: str) -> str:
    text = (_TEMPLATES / f"{template}.template").read_text(encoding="utf-8")
    return Template(text).substitute(name=name, module=module_name(name))


@contextmanager
def _reporting_os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PluginError(
            f"cannot write {path}: {reason_of(error)}; choose another folder with --into"
        ) from error
