"""The global options, and the registries that they open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NO_REGISTRY = "Error: no registry at {}: train or search something first, or name one with --registry\n"


def test_looking_up_makes_no_registry(zoo: Callable, tmp_path: Path) -> None:
    for command in (["models"], ["runs"], ["searches"], ["best", "digits"], ["show", "abc"]):
        result = zoo(*command)
        assert (result.code, result.err) == (1, NO_REGISTRY.format(tmp_path / "registry.db"))
    assert list(tmp_path.iterdir()) == []
