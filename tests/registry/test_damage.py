"""Documents in the database that are not as zoo writes them: one line that says which."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from zoo.errors import RegistryError

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Model, Run, Search
    from zoo.registry import Registry

SEARCH = [
    "candidates",
    "options",
    "training",
    "fixed",
    "space",
    "first",
    "data_check",
    "environment",
    "unread",
]
RUN = ["weights", "hyperparameters", "training", "data_check", "environment", "trial", "scores"]


def _damage(folder: Path, table: str, column: str, text: str) -> None:
    with closing(sqlite3.connect(folder / "registry.db")) as database, database:
        database.execute(f"UPDATE {table} SET {column} = ?", (text,))


@pytest.mark.parametrize("text", ["no JSON", "5"])
@pytest.mark.parametrize("column", SEARCH)
def test_a_damaged_search(tmp_path: Path, registry: Registry, search: Search, column: str, text: str) -> None:
    _damage(tmp_path, "searches", column, text)
    with pytest.raises(RegistryError, match=r"registry.db is damaged: .*; restore it from a backup$"):
        registry.search(search.id)


@pytest.mark.parametrize("text", ["no JSON", "5"])
@pytest.mark.parametrize("column", RUN)
def test_a_damaged_run(tmp_path: Path, registry: Registry, run: Run, column: str, text: str) -> None:
    _damage(tmp_path, "runs", column, text)
    with pytest.raises(RegistryError, match=r"registry.db is damaged: .*; restore it from a backup$"):
        registry.runs()


def test_damaged_classes_of_a_model(tmp_path: Path, registry: Registry, model: Model) -> None:
    _damage(tmp_path, "models", "class_names", "{}")
    with pytest.raises(RegistryError, match=r"damaged: .* \('\{\}' is no JSON array\); restore"):
        registry.model(model.id)


@pytest.mark.parametrize("column", ["candidates", "options", "training"])
def test_a_search_with_other_entries_is_named(
    tmp_path: Path, registry: Registry, search: Search, column: str
) -> None:
    _damage(tmp_path, "searches", column, '[{"a": 1}]' if column == "candidates" else '{"a": 1}')
    with pytest.raises(RegistryError, match=rf"^search {search.id} is damaged in the registry \(KeyError: "):
        registry.searches()


@pytest.mark.parametrize("column", ["training", "weights"])
def test_a_run_with_other_entries_is_named(tmp_path: Path, registry: Registry, run: Run, column: str) -> None:
    _damage(tmp_path, "runs", column, '{"a": 1}')
    with pytest.raises(RegistryError, match=rf"^run {run.id} is damaged in the registry \("):
        registry.runs()


def test_metrics_that_are_no_numbers(tmp_path: Path, registry: Registry, run: Run) -> None:
    _damage(tmp_path, "runs", "scores", '{"val_accuracy": "high"}')
    with pytest.raises(RegistryError, match="are no metrics"):
        registry.runs()
