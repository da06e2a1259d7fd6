"""The search: which trials are run, in silence."""

from __future__ import annotations

from functools import cache

import keras_tuner
import pytest

from tests.search.plain_search import Recorder, failing, plan, searched, wide_space
from zoo.interfaces.algorithms import ALGORITHMS
from zoo.models.joint_space import from_joint


@cache
def five_trials(algorithm: str) -> Recorder:
    """A search with the defaults of `plan`, which tests only read."""
    return searched(plan(algorithm))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_more_trials_are_run_than_planned(algorithm: str) -> None:
    assert len(five_trials(algorithm).started) == 5


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_trials_are_numbered_from_one(algorithm: str) -> None:
    assert [trial.number for trial in five_trials(algorithm).started] == [1, 2, 3, 4, 5]


KNOWN = (
    ({"kind": "large", "size": 3, "pool": False, "optimizer": "adam"}, "run 1a2b"),
    ({"kind": "small", "pool": True, "optimizer": "adam"}, "defaults"),
)


@pytest.mark.parametrize(
    "algorithm", ["random", pytest.param("bayesian", marks=pytest.mark.large), "tpe", "asha"]
)
def test_the_first_trials_are_those_of_the_plan(algorithm: str) -> None:
    started = searched(plan(algorithm, first=KNOWN)).started
    assert [(trial.hyperparameters, trial.origin) for trial in started[:2]] == list(KNOWN)
    assert [trial.origin for trial in started[2:]] == [None, None, None]


def test_grid_begins_with_the_defaults() -> None:
    assert five_trials("grid").values[0] == {"kind": "small", "pool": True, "optimizer": "adam"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_only_active_hyperparameters_have_a_value(algorithm: str) -> None:
    assert all(("size" in values) == (values["kind"] == "large") for values in five_trials(algorithm).values)


@pytest.mark.parametrize("algorithm", ["random", "grid", "bayesian", "tpe", "asha"])
def test_no_trial_is_repeated(algorithm: str) -> None:
    first = () if algorithm == "grid" else KNOWN
    values = searched(plan(algorithm, trials=50, first=first)).values
    assert len({tuple(sorted(chosen.items())) for chosen in values}) == len(values)


def test_grid_tries_the_whole_space_and_ends() -> None:
    assert len(searched(plan("grid", trials=50)).started) == 8


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "tpe"])
def test_the_whole_space_is_tried_before_it_is_exhausted(algorithm: str) -> None:
    assert len(searched(plan(algorithm, trials=50)).started) == 8


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_space_of_one_point_has_one_trial(algorithm: str) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("optimizer", "adam")
    tried = {
        tuple(from_joint(values, ("tiny",))[1].items()) for values in searched(plan(algorithm, hp=hp)).values
    }
    assert tried == {(("optimizer", "adam"),)}


def test_a_trial_may_reach_the_planned_epochs() -> None:
    trial = five_trials("random").started[-1]
    assert (trial.epochs, trial.initial_epoch, trial.continues) == (9, 0, None)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_seed_zero_is_a_seed(algorithm: str) -> None:
    assert searched(plan(algorithm)).values == five_trials(algorithm).values


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "hyperband", "tpe"])
def test_another_seed_produces_other_trials(algorithm: str) -> None:
    first, other = (searched(plan(algorithm, hp=wide_space(), seed=seed, trials=3)).values for seed in (0, 1))
    assert first != other


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nothing_is_printed(algorithm: str, capfd: pytest.CaptureFixture[str]) -> None:
    searched(plan(algorithm), failing(2, error=ValueError("bad shape")))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_warning_is_shown(algorithm: str, recwarn: pytest.WarningsRecorder) -> None:
    """Python shows no DeprecationWarning of a library."""
    searched(plan(algorithm, hp=wide_space() if algorithm == "bayesian" else None, trials=9), failing(2))
    shown = [w for w in recwarn if not issubclass(w.category, DeprecationWarning)]
    assert [str(w.message) for w in shown] == []
