"""Finds imports of Keras and TensorFlow that run when a plugin is loaded, which then costs each command seconds."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAVY = ("tensorflow", "keras", "keras_tuner")
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
        is_for_types = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
        if not is_for_types and not isinstance(child, INNER):
            yield child
            yield from _statements(child)
