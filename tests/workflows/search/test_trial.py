"""The number of trials of a search that share frozen layers, which decides whether activations are cached."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from keras_tuner import HyperParameters

from tests.architectures import CONVOLUTION
from tests.plans import CANDIDATE, SEARCH_PLAN, changed
from zoo.interfaces import Trial, Weights
from zoo.search.decisions import CONTINUE
from zoo.search.executors.reporter import TrialReporter
from zoo.workflows.search.candidates import Candidate
from zoo.workflows.search.trial import Assignment, same_frozen, train_trial

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.cache import DecodedDataset

NET = Weights("net.h5")


def trials_alike(*searched: str, weights: Weights | None = NET) -> int:
    space = HyperParameters()
    space.Fixed("pooling", "avg")
    for name in searched:
        space.Choice(name, [1, 2])
    candidate = changed(CANDIDATE, weights=weights)
    plan = changed(SEARCH_PLAN, candidates=(candidate,), space=space.get_config())
    return same_frozen(plan, Candidate(CONVOLUTION, candidate))


def test_all_do_where_only_the_head_and_its_training_are_searched() -> None:
    assert trials_alike("head_units", "learning_rate") == SEARCH_PLAN.trials


@pytest.mark.parametrize("name", ["freeze", "filters", "architecture"])
def test_one_is_sure_where_what_shapes_them_is_searched(name: str) -> None:
    assert trials_alike("learning_rate", name) == 1


def test_each_has_its_own_where_weights_are_drawn() -> None:
    assert trials_alike("learning_rate", weights=None) == 1


@pytest.mark.parametrize(("trials", "cached"), [(1, 0), (1_000_000, 3)])
def test_activations_that_pay_for_all_trials_are_cached_in_the_first(
    cache: Path, decoded: DecodedDataset, trials: int, cached: int
) -> None:
    plan = changed(SEARCH_PLAN, trials=trials, space=HyperParameters().get_config(), patience=1)
    assignment = Assignment(plan, Trial("0", 1, {"freeze": "all"}, 1))
    candidate = Candidate(CONVOLUTION, changed(CANDIDATE, weights=NET))
    data = replace(decoded, name="gray", fingerprint="gray images")
    train_trial(assignment, candidate, data, TrialReporter(lambda message: CONTINUE))
    assert len(list(cache.glob("features/*/features-0.bin"))) == cached
