"""A search whose training is a plain function, so that nothing but the search is at work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras_tuner

from tests.plans import SEARCH_PLAN, changed
from zoo.errors import TrainingError
from zoo.interfaces import Epoch, ModelContent, Progress, SearchPlan, Trial, TrialOutcome
from zoo.search.executors.local import LocalExecutor
from zoo.search.executors.trials import run_trials
from zoo.search.loop import PastTrial, TrialLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from zoo.search.executors.reporter import TrialReporter

    Ended = Iterable[tuple[Trial, float | None]]
    Train = Callable[[Trial, TrialReporter], TrialOutcome]

NOTHING = ModelContent({}, 8, 1, ("a", "b"), (), (), {}, ())


def space() -> keras_tuner.HyperParameters:
    """2 kinds, one of them with 3 sizes, times 2 pools, so 8 points; and one fixed hyperparameter."""
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
    """Five trials of at most nine epochs."""
    values = {"trials": 5, "epochs": 9, "space": (hp or space()).get_config(), **fields}
    return changed(SEARCH_PLAN, algorithm=algorithm, **values)


def score_of(values: Mapping[str, Any]) -> float:
    """Some smooth function of the hyperparameters, best at x = 0.3, y = 0.6."""
    if "x" in values:
        return 1 - (float(values["x"]) - 0.3) ** 2 - (float(values["y"]) - 0.6) ** 2
    return 0.5 + 0.1 * float(values.get("size", 0)) + 0.05 * float(values["pool"])


def train(trial: Trial, reporter: TrialReporter) -> TrialOutcome:
    score = score_of(trial.hyperparameters)
    return TrialOutcome({"val_accuracy": score, "val_loss": score}, NOTHING, ())


def failing(*numbers: int, error: Exception | None = None) -> Train:
    """Training in which the trials of these numbers fail."""

    def trained(trial: Trial, reporter: TrialReporter) -> TrialOutcome:
        if trial.number in numbers:
            raise error or TrainingError(f"trial {trial.number} went wrong")
        return train(trial, reporter)

    return trained


@dataclass
class Recorder:
    """Records the reports of the search."""

    started: list[Trial] = field(default_factory=list)
    ended: list[tuple[Trial, float | None]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    pruned: dict[int, str] = field(default_factory=dict)

    def trial_started(self, trial: Trial) -> None:
        self.started.append(trial)

    def epoch_ended(self, trial: Trial, epoch: Epoch, checkpoint: bytes) -> None:
        pass

    def trial_watcher(self, trial: Trial) -> Progress:
        return Progress()

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
    run_trials(loop, LocalExecutor(lambda trial: trial, trained))
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
