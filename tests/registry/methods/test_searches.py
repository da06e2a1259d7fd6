"""Reopening a search: the checkpoints that it clears and keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.registry.builders import run_plan, trial
from zoo.interfaces import RunKind, Search

if TYPE_CHECKING:
    from zoo.registry import Registry


PLAN = run_plan(RunKind.TRIAL)


def test_reopening_clears_the_checkpoint_of_a_trial_that_completed_right_before_the_kill(
    registry: Registry, search: Search
) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.complete_without_model(run.id, {"val_accuracy": 0.5})
    registry.save_checkpoint(run.id, b"left behind")
    registry.reopen_search(search.id)
    assert registry.checkpoint(run.id) is None


def test_reopening_keeps_the_checkpoints_of_interrupted_trials(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.save_checkpoint(run.id, b"weights")
    registry.reopen_search(search.id)
    assert registry.checkpoint(run.id) == b"weights"
