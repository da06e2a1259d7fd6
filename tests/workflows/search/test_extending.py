"""Extending a search that has ended by more trials, more time or another target."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.plans import RUN_PLAN, SEARCH_PLAN, changed
from tests.workflows.search.tiny_searches import (
    FIXED,
    MOODS,
    Searched,
    interrupt_in_trial,
    interrupted,
    search,
)
from zoo.errors import InterruptedWork, SearchError
from zoo.interfaces import Objective, Run, Search, State
from zoo.workflows import search as searches
from zoo.workflows.search import Extension, check_extension
from zoo.workflows.search.extending import NOTHING, extend

if TYPE_CHECKING:
    from zoo.workflows import Workspace

GIVEN = {name: value for name, value in FIXED.items() if name != "learning_rate"}
PLAN = changed(SEARCH_PLAN, trials=10)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def search_of(state: State = State.COMPLETED, algorithm: str = "random") -> Search:
    plan = changed(PLAN, algorithm=algorithm)
    return Search("5ea7c4", plan, state, "blobs", 1, "plugin blobs", "host:1", NOW)


def trials_of(number: int, last: State = State.COMPLETED) -> list[Run]:
    states = [*[State.COMPLETED] * (number - 1), last]
    return [Run(f"run{place}", RUN_PLAN, state, "blobs", 1, NOW) for place, state in enumerate(states)]


# The plan ------------------------------------------------------------------------------------------------


def test_a_plan_takes_the_extension() -> None:
    plan = extend(PLAN, Extension(trials=20, max_seconds=60.0, target=0.9))
    assert (plan.trials, plan.options.max_seconds, plan.options.target) == (20, 60.0, 0.9)


def test_other_fields_are_unchanged() -> None:
    plan = extend(extend(PLAN, Extension(target=0.5)), Extension(max_seconds=60.0))
    assert (plan.trials, plan.options.target) == (10, 0.5)


def test_the_original_number_of_trials_is_recorded() -> None:
    plan = extend(extend(PLAN, Extension(trials=20)), Extension(trials=40))
    assert (plan.trials, plan.initial_trials, PLAN.initial_trials) == (40, 10, 10)


def test_a_target_needs_one_objective_that_is_measured_each_epoch() -> None:
    plan = changed(PLAN, objectives=(Objective("params", "min"),))
    with pytest.raises(SearchError, match="--target is for one objective that is measured each epoch"):
        extend(plan, Extension(target=100.0))


# What is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "started", "extension", "message"),
    [
        (
            search_of(),
            10,
            NOTHING,
            "search 5ea7c4 is completed: extend it with --trials, --max-time or --target, or start a new one",
        ),
        (
            search_of(),
            10,
            Extension(max_seconds=60.0),
            "search 5ea7c4 has run all of its 10 trials: give --trials 11 or more",
        ),
        (
            search_of(),
            10,
            Extension(trials=10),
            "search 5ea7c4 has run all of its 10 trials: give --trials 11 or more",
        ),
        (
            search_of(State.INTERRUPTED),
            7,
            Extension(trials=6),
            "search 5ea7c4 has 7 trials already: give --trials 8 or more",
        ),
        (
            search_of(algorithm="hyperband"),
            10,
            Extension(trials=20),
            (
                "search 5ea7c4 is completed, and hyperband would continue from models that were deleted at its end: "
                "start a new one"
            ),
        ),
    ],
    ids=["nothing", "no trial left", "no more trials", "fewer trials", "hyperband"],
)
def test_a_search_that_would_not_go_on_is_refused(
    search: Search, started: int, extension: Extension, message: str
) -> None:
    with pytest.raises(SearchError) as caught:
        check_extension(search, trials_of(started), extension)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("search", "trials", "extension"),
    [
        (search_of(), trials_of(3), Extension(max_seconds=60.0)),
        (search_of(), trials_of(10, State.INTERRUPTED), Extension(max_seconds=60.0)),
        (search_of(), trials_of(10), Extension(trials=11)),
        (search_of(State.INTERRUPTED), trials_of(7), NOTHING),
        (search_of(State.INTERRUPTED), trials_of(7), Extension(trials=7)),
        (search_of(State.INTERRUPTED, "hyperband"), trials_of(7), Extension(trials=20)),
    ],
)
def test_a_search_that_would_go_on_is_not_refused(
    search: Search, trials: list[Run], extension: Extension
) -> None:
    check_extension(search, trials, extension)


# Real searches -------------------------------------------------------------------------------------------


@pytest.mark.large
def test_more_trials_are_those_of_a_search_that_had_as_many_from_the_start(workspace: Workspace) -> None:
    short = search(workspace, "tiny", GIVEN, algorithm="random", trials=2)
    before = short.trials
    record, _ = searches.resume(workspace, short.search.id, extension=Extension(trials=4))
    longer = search(workspace, "tiny", GIVEN, algorithm="random", trials=4)
    assert (record.id, record.state, record.plan.trials) == (short.search.id, State.COMPLETED, 4)
    assert short.trials[:2] == before
    assert short.results == longer.results


def test_a_search_that_ran_out_of_time_continues(workspace: Workspace) -> None:
    stopped = search(workspace, "tiny", GIVEN, algorithm="random", trials=3, max_seconds=0.001)
    assert len(stopped.trials) == 1
    record, _ = searches.resume(workspace, stopped.search.id, extension=Extension(max_seconds=600.0))
    assert ([trial.state for trial in stopped.trials], record.plan.options.max_seconds) == (
        [State.COMPLETED] * 3,
        600.0,
    )


def test_a_search_that_met_its_target_continues_to_another(workspace: Workspace) -> None:
    met = search(workspace, "tiny", GIVEN, algorithm="random", trials=2, target=0.0)
    assert len(met.trials) == 1
    searches.resume(workspace, met.search.id, extension=Extension(target=2.0))
    assert len(met.trials) == 2


def test_a_trial_for_which_no_time_was_left_is_finished_by_an_extension(workspace: Workspace) -> None:
    workspace.progress.at_epoch = interrupt_in_trial(2)
    with pytest.raises(InterruptedWork):
        search(workspace, "tiny", GIVEN, algorithm="random", trials=2, epochs=2)
    record = interrupted(workspace)
    workspace.progress.at_epoch = lambda run, epoch: None
    searches.resume(workspace, record.id, extension=Extension(max_seconds=1e-9))
    notices = workspace.progress.notices[-2:]
    assert notices[0] == "the time limit is reached after 1 of 2 trials"
    assert notices[1].startswith("not finished: 1 interrupted trial; continue with: ")
    searches.resume(workspace, record.id, extension=Extension(max_seconds=600.0))
    assert [run.state for run in workspace.registry.runs(search=record.id)] == [State.COMPLETED] * 2


def test_an_exhausted_space_has_no_more_trials(workspace: Workspace) -> None:
    exhausted: Searched = search(workspace, "moody", MOODS, trials=9)
    before = (workspace.registry.search(exhausted.search.id), exhausted.trials)
    with pytest.raises(SearchError, match="has tried every combination of its space"):
        searches.resume(workspace, exhausted.search.id, extension=Extension(trials=20))
    assert (workspace.registry.search(exhausted.search.id), exhausted.trials) == before


@pytest.mark.large
def test_of_two_architectures_the_one_that_was_not_tried_comes_next(workspace: Workspace) -> None:
    values = {"learning_rate": 0.01, "filters": 1}
    chosen = {"algorithm": "random", "trials": 4, "max_seconds": 0.001}
    stopped = search(workspace, "tiny,large", values, **chosen)
    assert "not tried: large, 3 of 4 trials; continue with: " in workspace.progress.notices[-1]
    searches.resume(workspace, stopped.search.id, extension=Extension(max_seconds=600.0))
    assert [trial.plan.architecture for trial in stopped.trials[:2]] == ["tiny", "large"]
    assert len(stopped.trials) == 4
