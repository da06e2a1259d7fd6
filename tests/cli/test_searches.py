"""`zoo searches`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.plans import SEARCH_PLAN
from zoo.interfaces import DatasetContent, State
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATASET = DatasetContent(
    name="photos", source="/photos", fingerprint="a" * 64, class_names=("one", "two"), counts={}
)


def test_searches(zoo: Callable, trained: Path, plain: Callable) -> None:
    result = zoo("searches")
    assert plain(result.out) == (
        "search  state  architecture  dataset  trials  best model  algorithm  started\n"
        "ID  failed  moody  blobs v1  0/1  –  random  TIME\n"
        "ID  completed  tiny  blobs v1  2/10  ID  grid  TIME\n"
    )
    assert plain(result.err) == "continue with: zoo search --resume ID\n"


def test_each_search_that_is_neither_completed_nor_running_has_the_command_that_resumes_it(
    zoo: Callable, tmp_path: Path
) -> None:
    path = tmp_path / "other.db"
    with open_registry(path) as registry:
        photos = registry.record_dataset(DATASET)
        ids = [registry.start_search(SEARCH_PLAN, photos).id for _ in range(4)]
        for identity, state in zip(ids, (State.COMPLETED, State.FAILED, State.INTERRUPTED), strict=False):
            registry.end_search(identity, state)
    resuming = f"continue with: zoo --registry {path} search --resume"
    assert zoo("--registry", path, "searches").err == f"{resuming} {ids[2]}\n{resuming} {ids[1]}\n"


def test_a_registry_whose_only_search_is_unreadable_has_no_others(zoo: Callable, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with open_registry(path) as registry:
        registry.start_search(SEARCH_PLAN, registry.record_dataset(DATASET))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE searches SET unread = ?", ['{"reason": "no options"}'])
    listed = zoo("--registry", path, "searches")
    assert (listed.out, "cannot be read: no options" in listed.err) == ("no other searches\n", True)
