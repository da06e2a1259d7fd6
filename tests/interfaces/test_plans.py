"""Plans: values derived from their parts, and how plans are stored."""

from __future__ import annotations

import json

import pytest

from tests.plans import CANDIDATE, RUN_PLAN, SEARCH_PLAN, candidates, changed
from zoo.interfaces import CandidatePlan, Objective, SearchOptions, Weights
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE

LOSS, PARAMS = Objective("val_loss", "min"), Objective("params", "min")


def through_json(document: dict[str, object]) -> dict[str, object]:
    restored: dict[str, object] = json.loads(json.dumps(document))
    return restored


@pytest.mark.parametrize("weights", [Weights("imagenet"), Weights("/w.h5", "ab" * 32)], ids=["named", "file"])
def test_weights_survive_json(weights: Weights) -> None:
    assert Weights.from_json(through_json(weights.to_json())) == weights


def test_the_place_of_weights_on_this_machine_is_not_stored() -> None:
    here = Weights("s3://bucket/w.h5", "ab" * 32, "/cache/w.h5")
    assert Weights.from_json(through_json(here.to_json())).path is None
    assert here == Weights("s3://bucket/w.h5", "ab" * 32)


@pytest.mark.parametrize(
    ("weights", "argument"),
    [(Weights("imagenet"), "imagenet"), (Weights("s3://b/w.h5", "f", "/w.h5"), "/w.h5")],
)
def test_a_backbone_gets_the_name_or_the_local_path(weights: Weights, argument: str) -> None:
    assert weights.argument == argument


@pytest.mark.parametrize(
    "candidate", [CANDIDATE, changed(CANDIDATE, weights=Weights("w", "f"), parent_id="abc", keeps_head=True)]
)
def test_a_candidate_survives_json(candidate: CandidatePlan) -> None:
    assert CandidatePlan.from_json(through_json(candidate.to_json())) == candidate


@pytest.mark.parametrize(
    "options", [SearchOptions(), SearchOptions("tpe", 3, (LOSS, PARAMS), target=0.1, initial_trials=2)]
)
def test_the_options_of_a_search_survive_json(options: SearchOptions) -> None:
    assert SearchOptions.from_json(through_json(options.to_json())) == options


def test_a_run_has_the_architecture_and_the_parent_of_its_candidate() -> None:
    plan = changed(RUN_PLAN, architecture="net", parent_id="abc")
    assert (plan.architecture, plan.parent_id) == ("net", "abc")


def test_a_search_finds_its_candidate_by_the_architecture() -> None:
    plan = changed(SEARCH_PLAN, candidates=candidates("a", "b"))
    assert (plan.architectures, plan.candidate("b").architecture) == (("a", "b"), "b")


def test_a_search_reads_its_options() -> None:
    plan = changed(SEARCH_PLAN, algorithm="grid", trials=4, epochs=5, seed=6)
    assert (plan.algorithm, plan.trials, plan.epochs, plan.seed) == ("grid", 4, 5, 6)


@pytest.mark.parametrize(
    ("objectives", "monitor"),
    [((LOSS, PARAMS), LOSS), ((PARAMS, LOSS), LOSS), ((PARAMS,), DEFAULT_OBJECTIVE)],
)
def test_the_monitor_is_the_first_objective_that_each_epoch_measures(
    objectives: tuple[Objective, ...], monitor: Objective
) -> None:
    plan = changed(SEARCH_PLAN, objectives=objectives)
    assert (plan.objective, plan.monitor) == (objectives[0], monitor)


@pytest.mark.parametrize(("initial", "expected"), [(None, 9), (4, 4)])
def test_a_search_that_was_extended_remembers_its_first_number_of_trials(
    initial: int | None, expected: int
) -> None:
    assert changed(SEARCH_PLAN, initial_trials=initial).initial_trials == expected
