"""Names in backticks lead somewhere: in docstrings and comments of the code, and in the documents."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = [*(ROOT / "zoo").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
FOLDERS = (ROOT, ROOT / "zoo", ROOT / "plugins" / "zoo_plugins")
"""The folders in which a path in backticks may begin."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    named = parts[1:] if parts[0] == "plugins" else parts
    return ".".join(named[:-1] if named[-1] == "__init__" else named)


def names_in(tree: ast.AST) -> set[str]:
    """Whatever is defined, assigned or imported somewhere in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                names |= {alias.asname or alias.name for alias in imported}
            case _:
                pass
    return names


TREES = {path: ast.parse(path.read_text()) for path in CODE}
MODULES = {module_name(path): names_in(tree) for path, tree in TREES.items()}
CLASSES: dict[str, set[str]] = {}
BASES: dict[str, list[str]] = {}
for module in TREES.values():
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            CLASSES.setdefault(node.name, set()).update(names_in(node))
            BASES.setdefault(node.name, []).extend(ast.unparse(base).split("[")[0] for base in node.bases)


def has(name: str, attribute: str) -> bool:
    """Whether the class, or a class of ours that it derives from, has the attribute."""
    bases = [base for base in BASES[name] if base in CLASSES and base != name]
    return attribute in CLASSES[name] or any(has(base, attribute) for base in bases)


def is_module_or_name_in_one(name: str) -> bool:
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        if (module := ".".join(parts[:count])) in MODULES:
            match parts[count:]:
                case []:
                    return True
                case [attribute]:
                    return attribute in MODULES[module]
                case [owner, attribute]:
                    return owner in MODULES[module] and owner in CLASSES and has(owner, attribute)
            return False
    return False


def leads_nowhere(name: str) -> bool:
    if name.startswith("zoo."):
        return not is_module_or_name_in_one(name)
    if re.fullmatch(r"[\w/]+\.py", name):
        return not any((folder / name).exists() for folder in FOLDERS)
    if re.fullmatch(r"[A-Z]\w+\.\w+", name):
        owner, attribute = name.split(".")
        return owner in CLASSES and not has(owner, attribute)
    is_class_of_ours = re.fullmatch(r"(?:[A-Z][a-z0-9]+){2,}", name)
    return bool(is_class_of_ours) and name not in CLASSES


@pytest.mark.parametrize("path", [*CODE, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_names_in_backticks_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    named = re.findall(r"(?<!`)`([A-Za-z_][\w./]*)(?:\(\))?`", text)
    assert [name for name in named if leads_nowhere(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "zoo.search.nowhere",
        "zoo.registry.Registry.nothing",
        "search/nowhere.py",
        "TrialLoop.nothing",
        "NoClassOfOurs",
    ],
)
def test_a_name_that_leads_nowhere_is_noticed(name: str) -> None:
    assert leads_nowhere(name)
