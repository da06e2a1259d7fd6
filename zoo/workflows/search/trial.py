"""Trains one trial of a search, in any process: all that it needs is in its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from keras_tuner import HyperParameters

from zoo.interfaces import TrialOutcome
from zoo.interfaces.metrics import PREFIXES, metric_of
from zoo.interfaces.spaces import Space
from zoo.models.content import assign_tensors
from zoo.models.hyperparameters import OWN
from zoo.models.joint_space import from_joint
from zoo.training.fit import FitSettings, start_fresh
from zoo.workflows.adapting import adapted
from zoo.workflows.fitting import fit_and_evaluate
from zoo.workflows.images import in_order_of
from zoo.workflows.weights import showing_reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import (
        CandidatePlan,
        Epoch,
        HyperparameterValue,
        ModelContent,
        SearchPlan,
        Trial,
    )
    from zoo.models.classifier import Classifier
    from zoo.search.executors.reporter import TrialReporter
    from zoo.workflows.fitting import Trained
    from zoo.workflows.search.candidates import Candidate


@dataclass(frozen=True, eq=False)
class Assignment:
    """A trial to train.

    Args:
        start: the model of the trial that it continues (hyperband).
        checkpoint: of its last epoch before an interruption.
        seconds: the time of its epochs before the interruption.
    """

    plan: SearchPlan
    trial: Trial
    start: ModelContent | None = None
    checkpoint: bytes | None = None
    seconds: float = 0.0


def train_trial(
    assignment: Assignment,
    candidate: Candidate,
    decoded: DecodedDataset,
    reporter: TrialReporter,
) -> TrialOutcome:
    """Train the trial, and measure the objectives of the search.

    Args:
        candidate: the trial's.
        reporter: gets each epoch, the progress within it, and notices.

    Raises:
        Pruned: the search has decided so.
        TrainingError: the loss became NaN or infinite.
    """
    plan, trial = assignment.plan, assignment.trial
    start_fresh(seed_of(plan, trial))
    hp = HyperParameters()
    hp.values = dict(hyperparameters_of(plan, trial))
    with showing_reports(reporter):
        classifier = _build(assignment, candidate, hp, decoded)
    seconds = assignment.seconds

    def on_epoch(epoch: Epoch, save: Callable[[], bytes]) -> bool:
        nonlocal seconds
        seconds += epoch.seconds
        return reporter.report(epoch, save())

    served = in_order_of(decoded, classifier.class_names)
    trained = fit_and_evaluate(
        classifier,
        served,
        hp.values,
        _settings(plan, trial, candidate),
        on_epoch,
        assignment.checkpoint,
        reporter,
    )
    return TrialOutcome(_scores(plan, trained, seconds), trained.content, trained.evaluations)


def _build(
    assignment: Assignment, candidate: Candidate, hp: HyperParameters, decoded: DecodedDataset
) -> Classifier:
    """Return the classifier as it is before the trial's first epoch."""
    classifier = adapted(
        candidate.build(hp, decoded.class_names),
        candidate.architecture,
        candidate.plan,
        decoded,
        assignment.plan.training.sampling,
    )
    if assignment.start is not None:
        assign_tensors(classifier.network, assignment.start)
    return classifier


def _settings(plan: SearchPlan, trial: Trial, candidate: Candidate) -> FitSettings:
    return FitSettings(
        trial.epochs,
        seed_of(plan, trial),
        plan.training.patience,
        plan.monitor,
        trial.initial_epoch,
        plan.training.sampling,
        plan.training.features,
        same_frozen(plan, candidate),
    )


def seed_of(plan: SearchPlan, trial: Trial) -> int:
    """Return the trial's own seed. The first trial has that of the search, so that `zoo train` can repeat it."""
    return (plan.seed + trial.number - 1) % 2**32


def candidate_of(plan: SearchPlan, trial: Trial) -> CandidatePlan:
    """Return the trial's candidate."""
    return plan.candidate(from_joint(trial.hyperparameters, plan.architectures)[0])


def hyperparameters_of(plan: SearchPlan, trial: Trial) -> dict[str, HyperparameterValue]:
    """Return the trial's hyperparameters under their plain names."""
    return from_joint(trial.hyperparameters, plan.architectures)[1]


def same_frozen(plan: SearchPlan, candidate: Candidate) -> int:
    """Return how many trials have the same frozen layers: all, if no hyperparameter of the backbone is searched."""
    if candidate.plan.weights is None and candidate.parent is None:
        return 1  # each trial draws its own weights
    searched = Space.from_config(plan.space).searched_names
    return plan.trials if searched <= OWN.keys() - {"freeze"} else 1


def _scores(plan: SearchPlan, trained: Trained, seconds: float) -> dict[str, float]:
    return {
        objective.name: float(_value_of(objective.name, trained, seconds)) for objective in plan.objectives
    }


def _value_of(objective: str, trained: Trained, seconds: float) -> float:
    """Return the value of its best epoch if it is measured each epoch, or else of the trained model."""
    metric = metric_of(objective)
    if metric is not None and metric.of_training is not None:
        value: float = resolve_name(metric.of_training)(trained.content, seconds)
        return value
    if objective in trained.best.metrics:
        return trained.best.metrics[objective]
    validation = next(each for each in trained.evaluations if each.split == "validation")
    return validation.metrics[objective.removeprefix(PREFIXES["validation"])]
