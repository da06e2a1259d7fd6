"""The code that a class or function uses, as a digest that other code in the same file does not change."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections import defaultdict
from importlib.util import resolve_name
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from zoo.models.source_code import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    Definition = Any  # a class or a function
    Definitions = dict[str, list[ast.stmt]]

UNUSED_FIELDS = ("ctx", "kind", "type_comment")  # of a syntax tree: what follows from the rest, and comments

_read: WeakKeyDictionary[ModuleType, Definitions] = WeakKeyDictionary()


class _Place(NamedTuple):
    """A name at the top of a module."""

    module: str
    name: str


def used_code(definition: Definition) -> str:
    """Return the SHA-256 of the source of a class or function and of all that it uses in its own package.

    It uses what it inherits from and the definitions of its module that it names, and so on, also in modules of the
    same package that it imports. Comments, docstrings and the layout of the code do not count, nor does the version of
    Python. A module is read once, since the process goes on with the code that it has imported when the file changes.

    Returns:
        The digest; an empty string where the source is unknown, as that of a class that was typed at a prompt.
    """
    waiting = [_Place(part.__module__, part.__qualname__.partition(".")[0]) for part in parts_of(definition)]
    sources: dict[_Place, str] = {}
    while waiting:
        place = waiting.pop()
        definitions = _definitions(place.module)
        statements = definitions.get(place.name) or definitions.get("*", [])
        if not statements or place in sources:
            continue
        sources[place] = repr(_canonical(statements))
        waiting += (used for statement in statements for used in _used_by(statement, place))
    if not sources:
        return ""
    return hashlib.sha256("\0".join(sources[place] for place in sorted(sources)).encode()).hexdigest()


def _canonical(node: object) -> object:
    """Return nested lists of what the code says.

    `ast.unparse` and `ast.dump` write the same code otherwise from one version of Python to the next, and newer
    versions have more fields, which are empty for code that older ones can read.
    """
    if isinstance(node, list):
        return [_canonical(each) for each in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(name, value) for name, value in ast.iter_fields(node) if name not in UNUSED_FIELDS]
    said = [(name, _canonical(value)) for name, value in fields if value is not None and value != []]
    return [type(node).__name__, *said]


def _definitions(module: str) -> Definitions:
    """Return name -> the statements at the top of a module that define it, without docstrings; empty without source.

    What `from … import *` defines has the name `*`.
    """
    imported = sys.modules.get(module)
    if imported is None:
        return {}
    if imported not in _read:
        _read[imported] = _definitions_in(str(imported.__file__))
    return _read[imported]


def _definitions_in(file: str) -> Definitions:
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    definitions: Definitions = defaultdict(list)
    for statement in tree.body:
        for name in dict.fromkeys(_names_defined(statement)):
            definitions[name].append(statement)
    return definitions


def _names_defined(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            return  # what is inside has no name in the module


def _used_by(statement: ast.stmt, place: _Place) -> Iterator[_Place]:
    """Yield the names that a statement uses, in its module or imported from another of the same package."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            yield _Place(place.module, node.id)
        elif isinstance(node, ast.ImportFrom):
            source = _imported_from(node, place.module)
            for alias in node.names:
                yield from _in_package(place, source, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _in_package(place, *alias.name.rpartition(".")[::2])


def _imported_from(node: ast.ImportFrom, module: str) -> str:
    package = getattr(sys.modules.get(module), "__package__", None) or ""
    try:
        return resolve_name("." * node.level + (node.module or ""), package)
    except ImportError:  # a relative import without a package
        return ""


def _in_package(place: _Place, source: str, name: str) -> Iterator[_Place]:
    """Yield the places of a name of a module, or those of all of a module of this name, in the package of the place."""
    package = place.module.partition(".")[0]
    if source.partition(".")[0] == package:
        yield from (_Place(source, each) for each in (_definitions(source) if name == "*" else (name,)))
    submodule = f"{source}.{name}".strip(".")
    if submodule.partition(".")[0] == package:
        yield from (_Place(submodule, defined) for defined in _definitions(submodule))
