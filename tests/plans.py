"""The plans of a small search and of a run, with values that tests change."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from zoo.interfaces import (
    CandidatePlan,
    FeatureOptions,
    RunKind,
    RunPlan,
    Sampling,
    SearchOptions,
    SearchPlan,
    TrainingOptions,
)

Value = TypeVar("Value", bound=Any)  # a dataclass

CANDIDATE = CandidatePlan("tiny", "1", "none", 8, 1)
SEARCH_PLAN = SearchPlan(
    candidates=(CANDIDATE,),
    options=SearchOptions(trials=9, keep=None),
    training=TrainingOptions(epochs=3),
    fixed={},
    space={},
    environment={},
)
RUN_PLAN = RunPlan(RunKind.TRIAL, CANDIDATE, {}, TrainingOptions(epochs=3), {})


def changed(plan: Value, **values: Any) -> Value:
    """The plan of a search or a run with these values, wherever within it they are; the first candidate's."""
    within = _changed_within(plan, values)
    parts = {field.name: getattr(within, field.name) for field in fields(within)}
    if "candidates" in parts and "candidates" not in values:
        first, *others = parts["candidates"]
        within = replace(within, candidates=(_taken(first, values), *others))
    if values:
        raise TypeError(f"no plan has {', '.join(values)}")
    return within  # type: ignore[no-any-return]


def candidates(*architectures: str) -> tuple[CandidatePlan, ...]:
    """A candidate of each name."""
    return tuple(replace(CANDIDATE, architecture=name) for name in architectures)


def _changed_within(value: Any, values: dict[str, Any]) -> Any:
    """Take each value that belongs to it, or to a value within it, out of the dictionary."""
    value = _taken(value, values)
    for field in fields(value):
        part = getattr(value, field.name)
        if isinstance(part, CandidatePlan | SearchOptions | TrainingOptions | Sampling | FeatureOptions):
            value = replace(value, **{field.name: _changed_within(part, values)})
    return value


def _taken(value: Any, values: dict[str, Any]) -> Any:
    names = [field.name for field in fields(value) if field.name in values]
    return replace(value, **{name: values.pop(name) for name in names})
