"""Opening and closing a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import record_digits
from zoo.registry import Registry, open_registry

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import DatasetVersion


def test_records_persist_after_closing(tmp_path: Path) -> None:
    with open_registry(tmp_path / "registry.db") as registry:
        digits = record_digits(registry)
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        assert registry.datasets() == [digits]


def test_closing_leaves_one_file(registry: Registry, tmp_path: Path, digits: DatasetVersion) -> None:
    registry.close()
    assert [path.name for path in tmp_path.iterdir()] == ["registry.db"]


def test_a_registry_closes_at_the_end_of_its_block_whatever_happens(tmp_path: Path) -> None:
    def fail() -> None:
        with open_registry(tmp_path / "registry.db") as registry:
            registry.datasets()
            raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["registry.db"]
