"""Finds imports of Keras and TensorFlow that run when a plugin is loaded, which then costs each command seconds."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAVY = ("tensorflow", "keras", "keras_tuner")
NEVER = ("TYPE_CHECKING", "typing.TYPE_CHECKING", "__name__ == '__main__'")  # as `ast.unparse` writes them
INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def heavy_modules() -> set[str]:
    """Return those of the packages that this process has imported."""
    return {name for name in HEAVY if name in sys.modules}


def heavy_import(file: str) -> tuple[str, int] | None:
    """Return the first of these packages that a Python file imports outside functions, with the line.

    None if it imports none, or cannot be read or parsed.
    """
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
        else:
            continue
        for package in (module.partition(".")[0] for module in modules):
            if package in HEAVY:
                return package, node.lineno
    return None


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the module is imported, in its order."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_false(child.test):
            yield from _statements(ast.Module(child.orelse, type_ignores=[]))
        elif not isinstance(child, INNER):
            yield child
            yield from _statements(child)


def _is_false(test: ast.expr) -> bool:
    """Whether it is true only for a type checker, or where the file is run as a program."""
    return ast.unparse(test) in NEVER
