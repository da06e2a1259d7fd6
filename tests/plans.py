"""The plan of a small search, of which tests replace what they are about."""

from __future__ import annotations

from zoo.interfaces import Objective, SearchPlan

SEARCH_PLAN = SearchPlan(
    architecture="tiny",
    architecture_version="1",
    plugin="none",
    algorithm="random",
    objectives=(Objective("val_accuracy", "max"),),
    trials=9,
    epochs=3,
    seed=0,
    fixed={},
    space={},
    settings={},
    environment={},
)
