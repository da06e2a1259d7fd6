"""The algorithms' use of the scores and the objective."""

from __future__ import annotations

import pytest

from tests.search.plain_search import Recorder, failing, plan, searched, wide_space
from zoo.errors import UnknownNameError
from zoo.interfaces.algorithms import ALGORITHMS
from zoo.interfaces.metrics import objectives
from zoo.models.joint_space import from_joint
from zoo.search.oracles import make_oracle


@pytest.mark.parametrize(("name", "direction"), [("val_accuracy", "max"), ("val_loss", "min")])
def test_the_oracle_gets_the_direction(name: str, direction: str) -> None:
    assert make_oracle(plan(objectives=(objectives()[name],))).objective.direction == direction


def test_an_unknown_algorithm_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown algorithm 'bayes': did you mean 'bayesian'"):
        searched(plan("bayes"))


# Bayesian --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trials", "at_random"), [(5, 3), (10, 3), (24, 8), (100, 10)])
def test_bayesian_starts_with_few_random_trials(trials: int, at_random: int) -> None:
    """Keras Tuner itself would start with 3 for each hyperparameter, even if it is fixed."""
    assert make_oracle(plan("bayesian", trials=trials)).num_initial_points == at_random


def test_bayesian_comes_close_to_the_best_point() -> None:
    recorder = searched(plan("bayesian", hp=wide_space(), trials=8))
    assert max(score for _, score in recorder.ended if score is not None) > 0.97


def test_bayesian_differs_from_random() -> None:
    first, other = (
        searched(plan(algorithm, hp=wide_space(), trials=5)).values for algorithm in ("bayesian", "random")
    )
    assert first != other


# Hyperband -------------------------------------------------------------------------------------------------


@pytest.fixture
def hyperband() -> Recorder:
    """Nine epochs make a bracket of 9 trials with 1 epoch, 3 with 3 and 1 with 9, and two more brackets."""
    return searched(plan("hyperband", hp=wide_space(), trials=100))


def test_hyperband_trains_most_trials_for_few_epochs(hyperband: Recorder) -> None:
    assert [trial.epochs for trial in hyperband.started[:13]] == [1] * 9 + [3] * 3 + [9]


def test_hyperband_resumes_where_the_earlier_trial_ended(hyperband: Recorder) -> None:
    assert [trial.initial_epoch for trial in hyperband.started[:13]] == [0] * 9 + [1] * 3 + [3]


def test_hyperband_continues_the_best(hyperband: Recorder) -> None:
    scores = {trial.trial_id: score or 0.0 for trial, score in hyperband.ended[:9]}
    best = sorted(scores, key=scores.__getitem__, reverse=True)[:3]
    assert [trial.continues for trial in hyperband.started[9:12]] == best


def test_hyperband_continues_with_the_same_hyperparameters(hyperband: Recorder) -> None:
    by_id = {trial.trial_id: from_joint(trial.hyperparameters, ("tiny",))[1] for trial in hyperband.started}
    continued = [trial for trial in hyperband.started if trial.continues]
    assert all(by_id[trial.trial_id] == by_id[trial.continues] for trial in continued if trial.continues)


def test_hyperband_ends_by_itself(hyperband: Recorder) -> None:
    assert len(hyperband.started) < 100


def test_hyperband_does_not_continue_a_failed_trial() -> None:
    recorder = searched(plan("hyperband", hp=wide_space(), trials=13), failing(2))
    failed = next(trial.trial_id for trial, score in recorder.ended if score is None)
    assert failed not in {trial.continues for trial in recorder.started}


def test_hyperband_continues_the_least_loss() -> None:
    search_plan = plan("hyperband", hp=wide_space(), trials=12, objectives=(objectives()["val_loss"],))
    recorder = searched(search_plan)
    scores = {trial.trial_id: score or 0.0 for trial, score in recorder.ended[:9]}
    assert recorder.started[9].continues == min(scores, key=scores.__getitem__)


# All ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "algorithm", ["random", pytest.param("bayesian", marks=pytest.mark.large), "tpe", "asha"]
)
def test_more_trials_do_not_change_the_first_ones(algorithm: str) -> None:
    """`bayesian` and `tpe` start with random trials, as many as suit the initial number of trials."""
    short = searched(plan(algorithm, hp=wide_space(), trials=9))
    more = plan(algorithm, hp=wide_space(), trials=12, initial_trials=9)
    assert searched(more).values[:9] == short.values


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_search_continues_with_more_trials(algorithm: str) -> None:
    """Keras Tuner's names of trials have as many digits as their number has."""
    short = searched(plan(algorithm, hp=wide_space(), trials=9))
    more = plan(algorithm, hp=wide_space(), trials=12, initial_trials=9)
    assert [trial.number for trial in searched(more, past=short.ended).started] == [10, 11, 12]
