"""Trains one trial of a search, wherever it is: all that it needs is handed to it."""

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
from zoo.search.oracles import without_bookkeeping
from zoo.training.fit import FitSettings, start_fresh
from zoo.workflows.fitting import fit_and_evaluate
from zoo.workflows.images import in_order_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import CandidatePlan, Epoch, HyperparameterValue, SearchPlan, Trial
    from zoo.search.executors.reporter import TrialReporter
    from zoo.workflows.fitting import Trained
    from zoo.workflows.search.candidates import Candidate


@dataclass(frozen=True, eq=False)
class Assignment:
    """A trial to train.

    Args:
        start: the tensors of the trial that it continues (hyperband).
        checkpoint: where it was interrupted.
        seconds: how long its epochs before the interruption took.
    """

    plan: SearchPlan
    trial: Trial
    start: Mapping[str, np.ndarray] | None = None
    checkpoint: bytes | None = None
    seconds: float = 0.0


def train_trial(
    assignment: Assignment,
    candidate: Candidate,
    decoded: DecodedDataset,
    reporter: TrialReporter,
) -> TrialOutcome:
    """Train it, and measure what the search optimises.

    Args:
        candidate: which the trial is of.
        reporter: gets each epoch, how far it is, and what is done with frozen layers.

    Raises:
        Pruned: as the search decides.
        TrainingError: the loss became NaN or infinite.
    """
    plan, trial = assignment.plan, assignment.trial
    seed = seed_of(plan, trial)
    start_fresh(seed)
    hp = HyperParameters()
    hp.values = dict(hyperparameters_of(plan, trial))
    classifier = candidate.build(hp, decoded.class_names)
    if assignment.start is not None:
        assign_tensors(classifier.network, assignment.start)
    settings = FitSettings(
        trial.epochs,
        seed,
        plan.training.patience,
        plan.monitor,
        trial.initial_epoch,
        plan.training.sampling,
        plan.training.features,
        same_frozen(plan, candidate),
    )
    seconds = assignment.seconds

    def on_epoch(epoch: Epoch, save: Callable[[], bytes]) -> bool:
        nonlocal seconds
        seconds += epoch.seconds
        return reporter.report(epoch, save())

    served = in_order_of(decoded, classifier.class_names)
    trained = fit_and_evaluate(
        classifier, served, hp.values, settings, on_epoch, assignment.checkpoint, reporter
    )
    return TrialOutcome(_scores(plan, trained, seconds), trained.content, trained.evaluations)


def seed_of(plan: SearchPlan, trial: Trial) -> int:
    """Each trial has a seed of its own; the first has the search's, so that training it again repeats it."""
    return (plan.seed + trial.number - 1) % 2**32


def candidate_of(plan: SearchPlan, trial: Trial) -> CandidatePlan:
    """The candidate that the trial is of."""
    return plan.candidate(from_joint(trial.hyperparameters, plan.architectures)[0])


def hyperparameters_of(plan: SearchPlan, trial: Trial) -> dict[str, HyperparameterValue]:
    """The trial's hyperparameters under the names that its architecture and zoo gave them."""
    return without_bookkeeping(from_joint(trial.hyperparameters, plan.architectures)[1])


def same_frozen(plan: SearchPlan, candidate: Candidate) -> int:
    """How many trials have the same layers where they are frozen: all, if nothing that shapes these is searched."""
    if candidate.plan.weights is None and candidate.parent is None:
        return 1  # each draws its own
    searched = Space.from_config(plan.space).searched_names
    return plan.trials if searched <= OWN.keys() - {"freeze"} else 1


def _scores(plan: SearchPlan, trained: Trained, seconds: float) -> dict[str, float]:
    return {
        objective.name: float(_value_of(objective.name, trained, seconds)) for objective in plan.objectives
    }


def _value_of(objective: str, trained: Trained, seconds: float) -> float:
    """By its best epoch, if each epoch measures it; or else by what is trained now."""
    metric = metric_of(objective)
    if metric is not None and metric.of_training is not None:
        value: float = resolve_name(metric.of_training)(trained.content, seconds)
        return value
    if objective in trained.best.metrics:
        return trained.best.metrics[objective]
    validation = next(one for one in trained.evaluations if one.split == "validation")
    return validation.metrics[objective.removeprefix(PREFIXES["validation"])]
