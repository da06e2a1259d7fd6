"""Resuming a search after an interruption: as if it had not been interrupted, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.search.plain_search import failing, plan, searched, space, wide_space
from zoo.errors import SearchError


@pytest.mark.parametrize("failed", [(), (2,)], ids=["no failure", "one failure"])
@pytest.mark.parametrize(
    ("algorithm", "trials", "ended"),
    [
        ("random", 13, 1),
        ("random", 13, 9),
        ("grid", 8, 3),
        ("grid", 8, 6),
        pytest.param("bayesian", 7, 2, marks=pytest.mark.large),
        pytest.param("bayesian", 7, 5, marks=pytest.mark.large),
        ("hyperband", 13, 3),
        ("hyperband", 13, 10),
        ("tpe", 13, 3),
        ("tpe", 13, 10),
    ],
)
def test_a_search_resumes_as_if_it_had_not_been_interrupted(
    algorithm: str, trials: int, ended: int, failed: tuple[int, ...]
) -> None:
    hp = space() if algorithm == "grid" else wide_space()
    search_plan = plan(algorithm, hp=hp, trials=trials)
    undisturbed = searched(search_plan, failing(*failed))
    resumed = searched(search_plan, failing(*failed), undisturbed.ended[:ended])
    assert resumed.started == undisturbed.started[ended:]


@pytest.mark.parametrize("seed", range(4))
def test_tpe_goes_on_as_if_it_had_not_been_interrupted_in_a_space_of_few_values(seed: int) -> None:
    hp = wide_space()
    hp.Int("filters", 1, 4)
    hp.Choice("mood", ["good", "bad", "fine"])
    search_plan = plan("tpe", hp=hp, trials=16, seed=seed)
    undisturbed = searched(search_plan)
    resumed = searched(search_plan, past=undisturbed.ended[:12])
    assert resumed.started == undisturbed.started[12:]


def test_a_search_that_is_over_runs_nothing_more() -> None:
    over = searched(plan())
    assert searched(plan(), past=over.ended).started == []


def test_failures_before_the_interruption_do_not_count() -> None:
    past = searched(plan(trials=2), failing(1, 2)).ended
    assert len(searched(plan(), failing(3), past).ended) == 3


def test_a_past_that_hyperband_would_not_choose_is_refused() -> None:
    (trial, score), *rest = searched(plan("hyperband")).ended
    changed = replace(trial, hyperparameters={**trial.hyperparameters, "optimizer": "sgd"})
    with pytest.raises(SearchError, match="cannot be resumed: trial 1 would get other hyperparameters"):
        searched(plan("hyperband"), past=[(changed, score), *rest])


def test_a_past_longer_than_the_search_is_refused() -> None:
    past = searched(plan(trials=5)).ended
    with pytest.raises(SearchError, match="cannot be resumed"):
        searched(plan(trials=3), past=past)
