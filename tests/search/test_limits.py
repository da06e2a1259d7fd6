"""Time limits that let each architecture begin, and trials that have nothing left to gain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras_tuner
import pytest

from tests.plans import candidates
from tests.search.plain_search import NOTHING, Recorder, plan, searched
from zoo.interfaces import Epoch, Objective, TrialOutcome
from zoo.search.decisions import CONTINUE, STOP
from zoo.search.limits import STALE_EPOCHS
from zoo.search.loop import PastTrial, TrialLoop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import SearchPlan, Trial
    from zoo.search.decisions import Decision
    from zoo.search.executors.reporter import TrialReporter

NAMES = ("a", "b", "c")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def joint() -> keras_tuner.HyperParameters:
    """Three architectures with two, three and four combinations."""
    hp = keras_tuner.HyperParameters()
    hp.Choice("architecture", list(NAMES))
    for name, values in zip(NAMES, ([1, 2], [1, 2, 3], [1, 2, 3, 4]), strict=True):
        with hp.conditional_scope("architecture", [name]):
            hp.Choice(f"{name}/size", values)
    return hp


def joint_plan(algorithm: str = "random", **settings: float | str) -> SearchPlan:
    """Each architecture's defaults first."""
    first = tuple(({"architecture": name, f"{name}/size": 1}, "defaults") for name in NAMES)
    return plan(
        algorithm,
        hp=joint(),
        candidates=candidates(*NAMES),
        **{"trials": 9, **settings},
        first=() if algorithm in ("grid", "hyperband") else first,
    )


def report(
    loop: TrialLoop, trial: Trial, values: Sequence[float], losses: Sequence[float] = (), start: int = 1
) -> list[Decision]:
    """The loop's answers to these epochs."""
    every = zip(values, losses or [0.5] * len(values), strict=True)
    return [
        loop.epoch_ended(trial, Epoch(number, {"val_accuracy": value, "val_loss": loss}, 0.1), b"")
        for number, (value, loss) in enumerate(every, start=start)
    ]


OUTCOME = TrialOutcome({"val_accuracy": 0.5}, NOTHING, ())


def complete(loop: TrialLoop, trial: Trial) -> None:
    loop.completed(trial, OUTCOME)


def train(trial: Trial, reporter: TrialReporter) -> TrialOutcome:
    return OUTCOME


# Shares of the time --------------------------------------------------------------------------------------


def test_a_first_trial_takes_no_more_than_its_share(clock: Clock) -> None:
    """Of 90 s: 30 for the first; the second begins after 40 and gets 25; the third all that is left."""
    loop = TrialLoop(joint_plan(max_seconds=90.0), Recorder(), clock=clock)
    for share_ends, too_early in ((30, 29), (40 + 25, 64)):
        trial = loop.next_trial()
        assert trial is not None
        clock.now = 50.0 + too_early
        assert report(loop, trial, [0.1]) == [CONTINUE]
        clock.now = 50.0 + share_ends
        assert report(loop, trial, [0.2], start=2) == [STOP]
        clock.now = 90.0 if share_ends == 30 else clock.now
        complete(loop, trial)
    third = loop.next_trial()
    assert third is not None
    clock.now = 50.0 + 89
    assert (report(loop, third, [0.1]), loop.untried, loop.ended_early) == ([CONTINUE], [], None)
    clock.now = 50.0 + 90
    assert (report(loop, third, [0.2], start=2), loop.ended_early) == (
        [STOP],
        "the time limit is reached after 3 of 9 trials",
    )


def test_trials_that_there_will_not_be_get_no_share(clock: Clock) -> None:
    """Two trials of three architectures: the first gets half of the time, the second the rest."""
    loop = TrialLoop(joint_plan(max_seconds=90.0, trials=2), Recorder(), clock=clock)
    for too_early in (44, 89):
        trial = loop.next_trial()
        assert trial is not None
        clock.now = 50.0 + too_early
        assert report(loop, trial, [0.1]) == [CONTINUE]
        clock.now = 50.0 + too_early + 1
        assert report(loop, trial, [0.2], start=2) == [STOP]
        complete(loop, trial)


def test_no_trial_is_ended_for_those_that_have_all_begun(clock: Clock) -> None:
    loop = TrialLoop(joint_plan(max_seconds=90.0), Recorder(), clock=clock)
    first, *_ = [loop.next_trial() for _ in NAMES]  # three workers
    assert first is not None
    clock.now += 80
    assert report(loop, first, [0.1]) == [CONTINUE]


def test_without_a_time_limit_a_first_trial_is_not_limited(clock: Clock) -> None:
    loop = TrialLoop(joint_plan(), Recorder(), clock=clock)
    trial = loop.next_trial()
    assert trial is not None
    clock.now += 1e6
    assert report(loop, trial, [0.1]) == [CONTINUE]


def test_an_architecture_has_begun_if_it_had_a_trial_before(clock: Clock) -> None:
    before = searched(joint_plan(), train).ended[:2]
    past = [
        PastTrial(trial, place, {"val_accuracy": 0.5}) for place, (trial, _) in enumerate(before, start=1)
    ]
    loop = TrialLoop(joint_plan(max_seconds=90.0), Recorder(), past, clock=clock)
    assert loop.untried == ["c"]
    third = loop.next_trial()
    assert third is not None
    clock.now += 80  # its share is all of the time
    assert report(loop, third, [0.1]) == [CONTINUE]


def test_untried_architectures_are_listed_at_the_end(clock: Clock) -> None:
    loop = TrialLoop(joint_plan(max_seconds=90.0), Recorder(), clock=clock)
    trial = loop.next_trial()
    assert trial is not None
    clock.now += 100
    report(loop, trial, [0.1])
    complete(loop, trial)
    assert (loop.next_trial(), loop.started, loop.untried) == (None, 1, ["b", "c"])


# Nothing left to gain --------------------------------------------------------------------------------------


def test_a_trial_ends_that_stands_still_at_the_best_possible_value() -> None:
    loop = TrialLoop(joint_plan(), Recorder())
    trial = loop.next_trial()
    assert trial is not None
    values = [0.9, *[1.0] * (1 + STALE_EPOCHS)]
    assert report(loop, trial, values, [0.3, 0.2, *[0.25] * STALE_EPOCHS])[-2:] == [CONTINUE, STOP]


@pytest.mark.parametrize(
    ("values", "losses"),
    [
        ([0.9] * 6, [0.5] * 6),
        ([1.0] * 6, [0.6, 0.5, 0.4, 0.3, 0.2, 0.1]),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.2, 0.3, 0.3, 0.1, 0.2, 0.2]),
    ],
    ids=["below the best possible value", "a loss that falls", "a loss that falls at times"],
)
def test_a_trial_that_may_still_gain_continues(values: list[float], losses: list[float]) -> None:
    loop = TrialLoop(joint_plan(), Recorder())
    trial = loop.next_trial()
    assert trial is not None
    assert set(report(loop, trial, values, losses)) == {CONTINUE}


def test_a_loss_has_no_best_value_that_is_reached() -> None:
    loss = Objective("val_loss", "min")
    loop = TrialLoop(plan(objectives=(loss,)), Recorder())
    trial = loop.next_trial()
    assert trial is not None
    assert set(report(loop, trial, [1.0] * 6, [0.5] * 6)) == {CONTINUE}


def test_epochs_before_an_interruption_count() -> None:
    loop = TrialLoop(joint_plan(), Recorder())
    trial = loop.next_trial()
    assert trial is not None
    running = PastTrial(trial, None, None, [1.0] * STALE_EPOCHS, [0.2] * STALE_EPOCHS)
    resumed = TrialLoop(joint_plan(), Recorder(), [running])
    assert resumed.next_trial() == trial
    epoch = Epoch(STALE_EPOCHS + 1, {"val_accuracy": 1.0, "val_loss": 0.2}, 0.1)
    assert resumed.epoch_ended(trial, epoch, b"") == STOP


def test_a_target_reached_before_an_interruption_ends_the_search() -> None:
    loop = TrialLoop(joint_plan(target=0.9), Recorder())
    trial = loop.next_trial()
    assert trial is not None
    running = PastTrial(trial, None, None, [0.9], [0.2])
    resumed = TrialLoop(joint_plan(target=0.9), Recorder(), [running])
    assert resumed.next_trial() == trial
    assert report(resumed, trial, [0.8], start=2) == [STOP]
    complete(resumed, trial)
    assert (resumed.ended_early, resumed.next_trial()) == ("the target is reached: val_accuracy 0.9000", None)
    last_epoch_done = TrialLoop(joint_plan(target=0.9), Recorder(), [running])
    assert last_epoch_done.next_trial() == trial
    complete(last_epoch_done, trial)
    assert (last_epoch_done.target_was_met, last_epoch_done.next_trial()) == (True, None)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [({"val_accuracy": 0.9}, "the target is reached: val_accuracy 0.9000"), (None, None)],
    ids=["completed", "failed"],
)
def test_a_target_reached_by_a_trial_that_completed_before_a_kill_ends_the_search(
    scores: dict[str, float] | None, reason: str | None
) -> None:
    trial = TrialLoop(joint_plan(target=0.9), Recorder()).next_trial()
    assert trial is not None
    resumed = TrialLoop(joint_plan(target=0.9), Recorder(), [PastTrial(trial, 1, scores, [0.5, 0.9], [])])
    assert (resumed.ended_early, resumed.next_trial() is None) == (reason, reason is not None)


@pytest.mark.parametrize("values", [[math.nan], [math.nan, 0.5]])
def test_nan_meets_no_target(values: list[float]) -> None:
    loop = TrialLoop(joint_plan(target=0.9), Recorder())
    trial = loop.next_trial()
    assert trial is not None
    assert set(report(loop, trial, values)) == {CONTINUE}


# Turns -----------------------------------------------------------------------------------------------------


def test_grid_lets_architectures_take_turns_until_the_space_is_exhausted() -> None:
    values = searched(joint_plan("grid"), train).values
    tried = [(values["architecture"], values[f"{values['architecture']}/size"]) for values in values]
    assert tried == [
        ("a", 1), ("b", 1), ("c", 1), ("a", 2), ("b", 2), ("c", 2), ("b", 3), ("c", 3), ("c", 4),
    ]  # fmt: skip
