"""Checkpoints: one for each unfinished run, and none once it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import content
from zoo.interfaces import Run, State

if TYPE_CHECKING:
    from zoo.registry import Registry


def test_a_checkpoint_comes_back(registry: Registry, run: Run) -> None:
    registry.save_checkpoint(run.id, b"weights")
    assert registry.checkpoint(run.id) == b"weights"


def test_completing_a_run_drops_its_checkpoint(registry: Registry, run: Run) -> None:
    registry.save_checkpoint(run.id, b"weights")
    registry.complete_run(run.id, content(), [])
    assert registry.checkpoint(run.id) is None


@pytest.mark.parametrize(
    ("state", "left"), [(State.FAILED, None), (State.PRUNED, None), (State.INTERRUPTED, b"weights")]
)
def test_only_an_interrupted_run_keeps_its_checkpoint(
    registry: Registry, run: Run, state: State, left: bytes | None
) -> None:
    registry.save_checkpoint(run.id, b"weights")
    registry.end_run(run.id, state)
    assert registry.checkpoint(run.id) == left
