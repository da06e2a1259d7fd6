"""The search: which trials are run, what becomes of failures, and going on after an interruption.

The training is a plain function here, so that nothing but the search is at work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import keras_tuner
import pytest

from zoo.errors import RegistryError, SearchError, TrainingError, UnknownNameError
from zoo.interfaces import Epoch, ModelContent, SearchPlan, Trial, TrialOutcome
from zoo.search.here import run_here
from zoo.search.loop import PastTrial, TrialLoop
from zoo.search.objectives import OBJECTIVES
from zoo.search.oracles import ALGORITHMS, make_oracle, without_bookkeeping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Ended = Iterable[tuple[Trial, float | None]]
    Report = Callable[[Epoch, bytes], bool]
    Train = Callable[[Trial, Report], TrialOutcome]

NOTHING = ModelContent({}, 8, 1, ("a", "b"), (), (), {}, ())


def space() -> keras_tuner.HyperParameters:
    """2 kinds, one of them with 3 sizes, times 2 pools, so 8 points; and one thing that is held."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["small", "large"])
    with hp.conditional_scope("kind", ["large"]):
        hp.Int("size", 1, 3, default=2)
    hp.Boolean("pool", default=True)
    hp.Fixed("optimizer", "adam")
    return hp


def wide_space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0, default=0.9)
    hp.Float("y", 0.0, 1.0, default=0.9)
    hp.Fixed("optimizer", "adam")
    return hp


def plan(
    algorithm: str = "random", *, hp: keras_tuner.HyperParameters | None = None, **fields: Any
) -> SearchPlan:
    return SearchPlan(
        **{
            "architecture": "tiny",
            "architecture_version": "1",
            "plugin": "none",
            "algorithm": algorithm,
            "objectives": (OBJECTIVES["val_accuracy"],),
            "trials": 5,
            "epochs": 9,
            "seed": 0,
            "fixed": {},
            "space": (hp or space()).get_config(),
            "settings": {},
            "environment": {},
            **fields,
        }
    )


def score_of(values: Mapping[str, Any]) -> float:
    """Some smooth function of the hyperparameters, best at x = 0.3, y = 0.6."""
    if "x" in values:
        return 1 - (float(values["x"]) - 0.3) ** 2 - (float(values["y"]) - 0.6) ** 2
    return 0.5 + 0.1 * float(values.get("size", 0)) + 0.05 * float(values["pool"])


def train(trial: Trial, report: Report) -> TrialOutcome:
    score = score_of(trial.hyperparameters)
    return TrialOutcome({"val_accuracy": score, "val_loss": score}, NOTHING, ())


def failing(*numbers: int, error: Exception | None = None) -> Train:
    """Training in which the trials of these numbers fail."""

    def trained(trial: Trial, report: Report) -> TrialOutcome:
        if trial.number in numbers:
            raise error or TrainingError(f"trial {trial.number} went wrong")
        return train(trial, report)

    return trained


@dataclass
class Recorder:
    """Writes down what the search tells."""

    started: list[Trial] = field(default_factory=list)
    ended: list[tuple[Trial, float | None]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    pruned: dict[int, str] = field(default_factory=dict)

    def trial_started(self, trial: Trial) -> None:
        self.started.append(trial)

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        pass

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        self.ended.append((trial, outcome.scores["val_accuracy"]))

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        self.pruned[trial.number] = reason

    def trial_failed(self, trial: Trial, error: str) -> None:
        self.ended.append((trial, None))
        self.errors.append(error)

    @property
    def values(self) -> list[Mapping[str, Any]]:
        return [trial.hyperparameters for trial in self.started]


def run_search(
    search_plan: SearchPlan, trained: Train, recorder: Recorder, past: Sequence[PastTrial] = ()
) -> str | None:
    """Why the search ended early."""
    loop = TrialLoop(search_plan, recorder, past)
    run_here(loop, trained)
    return loop.ended_early


def past_of(ended: Ended, curve: Sequence[float] = ()) -> list[PastTrial]:
    """Trials that came to an end one after another."""
    return [
        PastTrial(trial, place, None if score is None else {"val_accuracy": score, "val_loss": score}, curve)
        for place, (trial, score) in enumerate(ended, start=1)
    ]


def searched(search_plan: SearchPlan, trained: Train = train, past: Ended = ()) -> Recorder:
    recorder = Recorder()
    run_search(search_plan, trained, recorder, past_of(past))
    return recorder


# Which trials are run --------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_more_trials_are_run_than_planned(algorithm: str) -> None:
    assert len(searched(plan(algorithm)).started) == 5


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_trials_are_numbered_from_one(algorithm: str) -> None:
    assert [trial.number for trial in searched(plan(algorithm)).started] == [1, 2, 3, 4, 5]


KNOWN = (
    ({"kind": "large", "size": 3, "pool": False, "optimizer": "adam"}, "run 1a2b"),
    ({"kind": "small", "pool": True, "optimizer": "adam"}, "defaults"),
)


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "tpe", "asha"])
def test_the_first_trials_are_those_of_the_plan(algorithm: str) -> None:
    started = searched(plan(algorithm, first=KNOWN)).started
    assert [(trial.hyperparameters, trial.origin) for trial in started[:2]] == list(KNOWN)
    assert [trial.origin for trial in started[2:]] == [None, None, None]


def test_grid_begins_with_the_defaults() -> None:
    assert searched(plan("grid")).values[0] == {"kind": "small", "pool": True, "optimizer": "adam"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_only_active_hyperparameters_have_a_value(algorithm: str) -> None:
    found = searched(plan(algorithm)).values
    assert all(("size" in values) == (values["kind"] == "large") for values in found)


@pytest.mark.parametrize("algorithm", ["random", "grid", "bayesian", "tpe", "asha"])
def test_no_trial_is_repeated(algorithm: str) -> None:
    first = () if algorithm == "grid" else KNOWN
    values = searched(plan(algorithm, trials=50, first=first)).values
    assert len({tuple(sorted(one.items())) for one in values}) == len(values)


def test_grid_tries_the_whole_space_and_ends() -> None:
    assert len(searched(plan("grid", trials=50)).started) == 8


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "tpe"])
def test_the_whole_space_is_tried_before_it_is_exhausted(algorithm: str) -> None:
    assert len(searched(plan(algorithm, trials=50)).started) == 8


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_space_of_one_point_gives_one_trial(algorithm: str) -> None:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("optimizer", "adam")
    tried = {tuple(without_bookkeeping(one).items()) for one in searched(plan(algorithm, hp=hp)).values}
    assert tried == {(("optimizer", "adam"),)}


def test_a_trial_may_reach_the_planned_epochs() -> None:
    trial = searched(plan("random")).started[-1]
    assert (trial.epochs, trial.initial_epoch, trial.continues) == (9, 0, None)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_seed_zero_is_a_seed(algorithm: str) -> None:
    assert searched(plan(algorithm)).values == searched(plan(algorithm)).values


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "hyperband", "tpe"])
def test_another_seed_gives_other_trials(algorithm: str) -> None:
    one, other = (searched(plan(algorithm, hp=wide_space(), seed=seed, trials=3)).values for seed in (0, 1))
    assert one != other


# Bayesian and Hyperband ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trials", "at_random"), [(5, 3), (10, 3), (24, 8), (100, 10)])
def test_bayesian_starts_with_few_random_trials(trials: int, at_random: int) -> None:
    """Keras Tuner itself would start with 3 for each hyperparameter, even if it is held."""
    assert make_oracle(plan("bayesian", trials=trials)).num_initial_points == at_random


def test_bayesian_comes_close_to_the_best_point() -> None:
    found = searched(plan("bayesian", hp=wide_space(), trials=8))
    assert max(score for _, score in found.ended if score is not None) > 0.97


def test_bayesian_does_not_do_what_random_does() -> None:
    one, other = (
        searched(plan(algorithm, hp=wide_space(), trials=5)).values for algorithm in ("bayesian", "random")
    )
    assert one != other


@pytest.fixture
def hyperband() -> Recorder:
    """Nine epochs make a bracket of 9 trials with 1 epoch, 3 with 3 and 1 with 9, and two more brackets."""
    return searched(plan("hyperband", hp=wide_space(), trials=100))


def test_hyperband_gives_most_trials_few_epochs(hyperband: Recorder) -> None:
    assert [trial.epochs for trial in hyperband.started[:13]] == [1] * 9 + [3] * 3 + [9]


def test_hyperband_goes_on_where_the_earlier_trial_ended(hyperband: Recorder) -> None:
    assert [trial.initial_epoch for trial in hyperband.started[:13]] == [0] * 9 + [1] * 3 + [3]


def test_hyperband_continues_the_best(hyperband: Recorder) -> None:
    scores = {trial.trial_id: score or 0.0 for trial, score in hyperband.ended[:9]}
    best = sorted(scores, key=scores.__getitem__, reverse=True)[:3]
    assert [trial.continues for trial in hyperband.started[9:12]] == best


def test_hyperband_continues_with_the_same_hyperparameters(hyperband: Recorder) -> None:
    by_id = {trial.trial_id: without_bookkeeping(trial.hyperparameters) for trial in hyperband.started}
    continued = [trial for trial in hyperband.started if trial.continues]
    assert all(by_id[trial.trial_id] == by_id[trial.continues] for trial in continued if trial.continues)


def test_hyperband_ends_by_itself(hyperband: Recorder) -> None:
    assert len(hyperband.started) < 100


def test_hyperband_does_not_continue_a_failed_trial() -> None:
    found = searched(plan("hyperband", hp=wide_space(), trials=13), failing(2))
    failed = next(trial.trial_id for trial, score in found.ended if score is None)
    assert failed not in {trial.continues for trial in found.started}


# TPE -------------------------------------------------------------------------------------------------------


def test_tpe_tries_the_whole_space_and_ends() -> None:
    assert len(searched(plan("tpe", trials=50)).started) == 8


def test_tpe_comes_close_to_the_best_point() -> None:
    found = searched(plan("tpe", hp=wide_space(), trials=40))
    assert max(score for _, score in found.ended if score is not None) > 0.99


def test_tpe_learns_what_good_trials_have_in_common() -> None:
    """Random trials are 0.28 away from x = 0.3 on average."""
    away = [
        abs(float(values["x"]) - 0.3) for values in searched(plan("tpe", hp=wide_space(), trials=40)).values
    ]
    assert sum(away[20:]) / 20 < 0.15


# Objectives ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "direction"), [("val_accuracy", "max"), ("val_loss", "min")])
def test_the_oracle_gets_the_direction(name: str, direction: str) -> None:
    assert make_oracle(plan(objectives=(OBJECTIVES[name],))).objective.direction == direction


def test_hyperband_continues_the_least_loss() -> None:
    search_plan = plan("hyperband", hp=wide_space(), trials=12, objectives=(OBJECTIVES["val_loss"],))
    found = searched(search_plan)
    scores = {trial.trial_id: score or 0.0 for trial, score in found.ended[:9]}
    assert found.started[9].continues == min(scores, key=scores.__getitem__)


def test_an_unknown_algorithm_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown algorithm 'bayes': did you mean 'bayesian'"):
        searched(plan("bayes"))


# Failures --------------------------------------------------------------------------------------------------


def test_a_failed_trial_is_recorded_and_the_search_goes_on() -> None:
    found = searched(plan(), failing(2))
    assert [score is None for _, score in found.ended] == [False, True, False, False, False]


def test_a_zoo_error_is_recorded_as_its_message() -> None:
    assert searched(plan(), failing(2)).errors == ["trial 2 went wrong"]


def test_any_other_error_is_recorded_with_its_traceback() -> None:
    (error,) = searched(plan(), failing(2, error=ValueError("bad shape"))).errors
    lines = error.strip().splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", "ValueError: bad shape")


def test_a_score_that_is_no_number_is_a_failure() -> None:
    def trained(trial: Trial, report: Report) -> TrialOutcome:
        outcome = train(trial, report)
        return replace(outcome, scores={"val_accuracy": math.nan}) if trial.number == 2 else outcome

    found = searched(plan(), trained)
    assert (found.ended[1][1], found.errors) == (None, ["val_accuracy is not a number (NaN)"])


def test_three_failures_in_a_row_end_the_search() -> None:
    recorder = Recorder()
    with pytest.raises(
        SearchError, match=r"^stopped after 3 failed trials in a row; the last one: trial 4 went wrong$"
    ):
        run_search(plan(trials=9), failing(2, 3, 4), recorder)
    assert [trial.number for trial, _ in recorder.ended] == [1, 2, 3, 4]


def test_the_last_error_is_told_in_one_line() -> None:
    with pytest.raises(SearchError, match=r"the last one: ValueError: bad shape$"):
        searched(plan(), failing(1, 2, 3, error=ValueError("bad shape")))


def test_a_success_in_between_forgives_failures() -> None:
    assert len(searched(plan(trials=7), failing(1, 2, 4, 5, 7)).ended) == 7


def test_a_registry_error_ends_the_search_at_once() -> None:
    recorder, error = Recorder(), RegistryError("the disk is full")
    with pytest.raises(RegistryError, match="the disk is full"):
        run_search(plan(), failing(2, error=error), recorder)
    assert ([trial.number for trial in recorder.started], len(recorder.ended)) == ([1, 2], 1)


@pytest.mark.parametrize("call", ["trial_started", "trial_completed", "trial_failed"])
def test_a_trial_that_cannot_be_recorded_ends_the_search(call: str) -> None:
    class Full(Recorder):
        pass

    def full(*_: object) -> None:
        raise RegistryError("the disk is full")

    setattr(Full, call, full)
    recorder = Full()
    with pytest.raises(RegistryError, match="the disk is full"):
        run_search(plan(), failing(1) if call == "trial_failed" else train, recorder)
    assert len(recorder.started) == (0 if call == "trial_started" else 1)


def test_an_interruption_passes_through() -> None:
    def interrupted(trial: Trial, report: Report) -> TrialOutcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(plan(), interrupted)


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


# Going on --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failed", [(), (2,)], ids=["no failure", "one failure"])
@pytest.mark.parametrize(
    ("algorithm", "trials", "ended"),
    [
        ("random", 13, 1),
        ("random", 13, 9),
        ("grid", 8, 3),
        ("grid", 8, 6),
        ("bayesian", 7, 2),
        ("bayesian", 7, 5),
        ("hyperband", 13, 3),
        ("hyperband", 13, 10),
        ("tpe", 13, 3),
        ("tpe", 13, 10),
    ],
)
def test_a_search_goes_on_as_if_it_had_not_been_interrupted(
    algorithm: str, trials: int, ended: int, failed: tuple[int, ...]
) -> None:
    hp = space() if algorithm == "grid" else wide_space()
    search_plan = plan(algorithm, hp=hp, trials=trials)
    undisturbed = searched(search_plan, failing(*failed))
    resumed = searched(search_plan, failing(*failed), undisturbed.ended[:ended])
    assert resumed.started == undisturbed.started[ended:]


def test_a_search_that_is_over_runs_nothing_more() -> None:
    over = searched(plan())
    assert searched(plan(), past=over.ended).started == []


def test_failures_before_the_interruption_do_not_count() -> None:
    past = searched(plan(trials=2), failing(1, 2)).ended
    assert len(searched(plan(), failing(3), past).ended) == 3


def test_a_past_that_hyperband_would_not_choose_is_refused() -> None:
    (trial, score), *rest = searched(plan("hyperband")).ended
    changed = replace(trial, hyperparameters={**trial.hyperparameters, "optimizer": "sgd"})
    with pytest.raises(SearchError, match="cannot go on: trial 1 would get other hyperparameters"):
        searched(plan("hyperband"), past=[(changed, score), *rest])


def test_a_past_longer_than_the_search_is_refused() -> None:
    past = searched(plan(trials=5)).ended
    with pytest.raises(SearchError, match="cannot go on"):
        searched(plan(trials=3), past=past)


# Ending early ----------------------------------------------------------------------------------------------


def trained_for(*epochs: float, trials: Mapping[int, Sequence[float]] | None = None) -> Train:
    """Training whose objective has these values after its epochs, or others in the trials of these numbers."""

    def trained(trial: Trial, report: Report) -> TrialOutcome:
        values = (trials or {}).get(trial.number, epochs)
        seen = []
        for number, value in enumerate(values, start=1):
            seen.append(value)
            if report(Epoch(number, {"val_accuracy": value}, 0.1), b""):
                break
        return TrialOutcome({"val_accuracy": max(seen)}, NOTHING, ())

    return trained


GOOD, POOR = (0.5, 0.7, 0.9), (0.1, 0.2, 0.3)


def test_median_prunes_what_is_worse_than_the_median_of_finished_trials() -> None:
    found = searched(plan(settings={"pruner": "median"}), trained_for(*GOOD, trials={3: POOR, 5: POOR}))
    assert found.pruned == {
        5: "val_accuracy 0.2000 at best by epoch 2, where the median of 4 trials is 0.7000"
    }


def test_asha_prunes_all_but_the_best_third() -> None:
    found = searched(plan("asha", settings={"pruner": "asha"}), trained_for(*GOOD, trials={2: POOR}))
    assert found.pruned[2] == (
        "val_accuracy 0.1000 at epoch 1 is not among the best 1 in 3 of 2 trials there"
    )


def test_nothing_is_pruned_unless_asked_for() -> None:
    found = searched(plan(), trained_for(*GOOD, trials={5: POOR}))
    assert (found.pruned, len(found.ended)) == ({}, 5)


def test_a_search_prunes_as_if_it_had_not_been_interrupted() -> None:
    search_plan = plan(settings={"pruner": "median"})
    past = past_of(searched(search_plan, trained_for(*GOOD)).ended[:4], GOOD)
    recorder = Recorder()
    run_search(search_plan, trained_for(*POOR), recorder, past)
    assert recorder.pruned == {
        5: "val_accuracy 0.2000 at best by epoch 2, where the median of 4 trials is 0.7000"
    }


def test_the_target_ends_the_search_with_the_trial_that_meets_it() -> None:
    recorder = Recorder()
    told = run_search(plan(settings={"target": 0.7}), trained_for(*POOR, trials={2: GOOD}), recorder)
    assert (told, [score for _, score in recorder.ended]) == (
        "the target is met: val_accuracy 0.7000",
        [0.3, 0.7],
    )


def test_the_time_ends_the_search_after_an_epoch() -> None:
    recorder = Recorder()
    told = run_search(plan(settings={"max_seconds": 0.0}), trained_for(*GOOD), recorder)
    assert told == "the time is over, after 1 of 5 trials"
    assert [score for _, score in recorder.ended] == [0.5]


def test_a_search_in_time_says_nothing() -> None:
    assert run_search(plan(settings={"max_seconds": 1000.0, "target": 2.0}), train, Recorder()) is None
