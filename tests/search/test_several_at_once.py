"""A search with several concurrent trials: its assignments, how it resumes, and which of its trials are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from tests.plans import changed
from tests.search.plain_search import NOTHING, Recorder, plan, score_of, space, wide_space
from zoo.interfaces import Epoch, Objective, Trial, TrialOutcome
from zoo.search.decisions import CONTINUE, STOP, Action
from zoo.search.loop import PastTrial, TrialLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.search.decisions import Decision

GOOD, POOR = (0.5, 0.7, 0.9), (0.1, 0.2, 0.3)
AGAINST_FOUR = "val_accuracy 0.2000 at best by epoch 2, where the median of 4 trials is 0.7000"
ANY = Trial("", 0, {}, epochs=9)
MEDIAN = plan(hp=wide_space(), trials=9, pruner="median")


def start(loop: TrialLoop, count: int) -> list[Trial]:
    started = [loop.next_trial() for _ in range(count)]
    return [trial for trial in started if trial is not None]


def report(loop: TrialLoop, trial: Trial, values: Sequence[float], *, after: int = 0) -> Decision:
    """The decision after the last epoch."""
    answers = [
        loop.epoch_ended(trial, Epoch(number, {"val_accuracy": value}, 0.1), b"")
        for number, value in enumerate(values, start=after + 1)
    ]
    return answers[-1]


def outcome(score: float, **others: float) -> TrialOutcome:
    return TrialOutcome({"val_accuracy": score, **others}, NOTHING, ())


def after_four_good_trials(fifth: PastTrial | None = None) -> TrialLoop:
    """A search that resumes after them, and perhaps after another."""
    trials = start(TrialLoop(MEDIAN, Recorder()), 5)
    past = [
        PastTrial(replace(trial, after=number), number + 1, {"val_accuracy": 0.9}, GOOD)
        for number, trial in enumerate(trials[:4])
    ]
    if fifth is not None:
        past.append(replace(fifth, trial=replace(trials[4], after=4)))
    return TrialLoop(MEDIAN, Recorder(), past)


# Going on --------------------------------------------------------------------------------------------------


@dataclass
class TwoAtOnce:
    """Trials in pairs, of which now the newer ends and now the older; some fail, and some are pruned."""

    past: list[PastTrial] = field(default_factory=list)
    started: list[Trial] = field(default_factory=list)

    def run(self, loop: TrialLoop, *, endings: int | None = None) -> TwoAtOnce:
        """Until so many trials ended in all, or the search has ended."""
        ended = sum(past.place is not None for past in self.past)
        running: list[Trial] = []
        while endings is None or ended < endings:
            while len(running) < 2 and (trial := loop.next_trial()) is not None:
                running.append(trial)
                self.started.append(trial)
            if not running:
                break
            ended += 1
            self._end(loop, running.pop(-1 if ended % 2 else 0), ended)
        self.past += [PastTrial(trial, None) for trial in running]
        self.past.sort(key=lambda past: past.trial.number)
        return self

    def _end(self, loop: TrialLoop, trial: Trial, place: int) -> None:
        score = score_of(trial.hyperparameters)
        report(loop, trial, [score])
        scores, pruned = {"val_accuracy": score}, trial.number % 3 == 0
        if trial.number == 5:
            loop.failed(trial, "no luck")
            scores = {}
        elif pruned:
            loop.pruned(trial, "not worth it")
        else:
            loop.completed(trial, outcome(score))
        self.past.append(PastTrial(trial, place, scores or None, [score], pruned))


@pytest.mark.parametrize("endings", [1, 6, 9])
@pytest.mark.parametrize(
    ("algorithm", "trials"),
    [
        ("random", 12),
        ("grid", 8),
        pytest.param("bayesian", 11, marks=pytest.mark.large),
        ("tpe", 13),
        ("hyperband", 13),
    ],
)
def test_trials_at_once_of_which_some_fail_or_are_pruned_go_on_as_if_undisturbed(
    algorithm: str, trials: int, endings: int
) -> None:
    search_plan = plan(algorithm, hp=space() if algorithm == "grid" else wide_space(), trials=trials)
    undisturbed = TwoAtOnce().run(TrialLoop(search_plan, Recorder()))
    before = TwoAtOnce().run(TrialLoop(search_plan, Recorder()), endings=endings)
    unfinished = [past.trial for past in before.past if past.place is None]
    after = TwoAtOnce([past for past in before.past if past.place is not None])
    after.run(TrialLoop(search_plan, Recorder(), before.past))
    assert after.started == unfinished + undisturbed.started[len(before.started) :]


@pytest.mark.parametrize(
    ("before", "since"), [(range(1, 8), [8]), (range(9, 2, -1), [1, 2])], ids=["in order", "the newest first"]
)
def test_hyperband_continues_the_best_of_those_that_had_ended_then(
    before: Sequence[int], since: Sequence[int]
) -> None:
    """Of its first nine trials seven are enough for it to continue the best of them in a tenth."""
    search_plan = plan("hyperband", hp=wide_space(), trials=13)
    loop = TrialLoop(search_plan, Recorder())
    trials = {trial.number: trial for trial in start(loop, 9)}
    past: list[PastTrial] = []

    def end(number: int) -> None:
        loop.completed(trials[number], outcome(0.1 * number))
        past.append(PastTrial(trials[number], len(past) + 1, {"val_accuracy": 0.1 * number}))

    for number in before:
        end(number)
    (tenth,) = start(loop, 1)
    assert tenth.continues == trials[max(before)].trial_id
    for number in since:
        end(number)
    running = [trials[number] for number in range(1, 10) if number not in (*before, *since)] + [tenth]
    prior = sorted(
        past + [PastTrial(trial, None) for trial in running], key=lambda past_trial: past_trial.trial.number
    )
    assert start(TrialLoop(search_plan, Recorder(), prior), len(running)) == running


def test_trials_that_were_running_go_on_in_their_order() -> None:
    trials = start(TrialLoop(plan(), Recorder()), 3)
    loop = TrialLoop(plan(), Recorder(), [PastTrial(trial, None) for trial in trials])
    assert start(loop, 3) == trials


def test_an_order_of_endings_that_cannot_be_is_no_obstacle() -> None:
    """The clock was set back, and trial 2, which began when one had ended, seems to have been the first to end."""
    first, second = start(TrialLoop(plan(), Recorder()), 2)
    scores = {"val_accuracy": 0.5}
    past = [PastTrial(first, 2, scores), PastTrial(replace(second, after=1), 1, scores)]
    assert [trial.number for trial in start(TrialLoop(plan(), Recorder(), past), 9)] == [3, 4, 5]


def test_a_trial_that_is_resumed_is_judged_by_all_its_epochs() -> None:
    loop = after_four_good_trials(PastTrial(ANY, None, curve=(0.8,)))
    (trial,) = start(loop, 1)
    assert report(loop, trial, [0.1], after=1) == CONTINUE


def test_nothing_is_shown_of_failures_before(recwarn: pytest.WarningsRecorder) -> None:
    search_plan = plan("hyperband", hp=wide_space(), trials=13)
    trials = start(TrialLoop(search_plan, Recorder()), 9)
    past = [PastTrial(trial, trial.number) for trial in trials]
    start(TrialLoop(search_plan, Recorder(), past), 1)
    shown = [w for w in recwarn if not issubclass(w.category, DeprecationWarning)]
    assert [str(w.message) for w in shown] == []


# Which trials are compared ---------------------------------------------------------------------------------


def why_pruned(loop: TrialLoop) -> str:
    """Train a poor trial."""
    (trial,) = start(loop, 1)
    decision = report(loop, trial, POOR[:2])
    assert decision.action is Action.PRUNE
    return decision.reason


def test_a_pruned_trial_is_not_compared_with() -> None:
    loop = after_four_good_trials()
    (trial,) = start(loop, 1)
    report(loop, trial, POOR[:2])
    loop.pruned(trial, "not worth it")
    assert why_pruned(loop) == AGAINST_FOUR


def test_a_failed_trial_is_not_compared_with() -> None:
    loop = after_four_good_trials()
    (trial,) = start(loop, 1)
    report(loop, trial, GOOD)
    loop.failed(trial, "no luck")
    assert why_pruned(loop) == AGAINST_FOUR


@pytest.mark.parametrize(
    "fifth",
    [
        PastTrial(ANY, 5, {"val_accuracy": 0.2}, POOR[:2], pruned=True),
        PastTrial(ANY, 5, None, GOOD),
        PastTrial(ANY, None, None, GOOD),
    ],
    ids=["pruned", "failed", "running"],
)
def test_a_trial_of_the_past_that_did_not_finish_is_not_compared_with(fifth: PastTrial) -> None:
    loop = after_four_good_trials(fifth)
    if fifth.place is None:
        start(loop, 1)
    assert why_pruned(loop) == AGAINST_FOUR


# Ending ----------------------------------------------------------------------------------------------------


def test_a_hopeless_trial_ends_early_once_the_search_has_ended() -> None:
    """There will be no better one."""
    loop = TrialLoop(changed(MEDIAN, pruner="asha", target=0.95), Recorder())
    good, hopeless = start(loop, 2)
    assert report(loop, good, [0.95]) == STOP
    assert report(loop, hopeless, [0.1]) == STOP


def test_no_trial_begins_after_the_time_though_none_has_epochs() -> None:
    loop = TrialLoop(plan(max_seconds=0.0), Recorder())
    (trial,) = start(loop, 1)
    loop.completed(trial, outcome(0.5))
    assert loop.next_trial() is None
    assert loop.ended_early == "the time limit is reached after 1 of 5 trials"


@pytest.mark.parametrize(("value", "reason"), [(0.4, "the target is reached: val_loss 0.4000"), (0.6, None)])
def test_a_target_of_a_minimised_objective_is_met_from_above(value: float, reason: str | None) -> None:
    loss = Objective("val_loss", "min")
    loop = TrialLoop(plan(objectives=(loss,), target=0.5), Recorder())
    (trial,) = start(loop, 1)
    loop.epoch_ended(trial, Epoch(1, {"val_loss": value}, 0.1), b"")
    assert loop.ended_early == reason


# Failures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "error"),
    [
        ({"val_accuracy": math.inf, "val_loss": 0.5}, "val_accuracy is infinite"),
        ({"val_accuracy": 0.5, "val_loss": math.nan}, "val_loss is not a number (NaN)"),
    ],
    ids=["infinite", "the second objective"],
)
def test_a_score_that_is_no_number_fails_the_trial(scores: dict[str, float], error: str) -> None:
    objectives = (Objective("val_accuracy", "max"), Objective("val_loss", "min"))
    loop = TrialLoop(plan(objectives=objectives), recorder := Recorder())
    (trial,) = start(loop, 1)
    loop.completed(trial, TrialOutcome(scores, NOTHING, ()))
    assert recorder.errors == [error]


def test_a_pruned_trial_in_between_resets_the_count_of_failures() -> None:
    loop = TrialLoop(plan(), recorder := Recorder())
    for trial in start(loop, 4):
        if trial.number == 3:
            report(loop, trial, [0.5])
            loop.pruned(trial, "not worth it")
        else:
            loop.failed(trial, "no luck")
    assert len(recorder.errors) == 3
