"""What is known of a run, a trial or a search before it starts, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from zoo.interfaces.algorithms import DEFAULT
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, Objective, measured_each_epoch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces.contracts import Hyperparameters
    from zoo.interfaces.options import Document, TrainingOptions


TEST_IN_TRAIN = "test-in-train"
"""The check of a dataset that counts its test images which are also in train."""


class RunKind(StrEnum):
    """Why a run trained."""

    TRAIN = "train"
    TRIAL = "trial"
    FINETUNE = "finetune"


@dataclass(frozen=True)
class Weights:
    """Pre-trained weights that a training starts from.

    Args:
        shown: what names them on any machine: a name out of `Architecture.weights`, an absolute path or a URL.
        sha256: of the file's content; None: they have a name.
        path: where the file lies on this machine; None: they have a name, or nobody has looked yet. It is not stored.
    """

    shown: str
    sha256: str | None = None
    path: str | None = field(default=None, compare=False)

    @property
    def argument(self) -> str:
        """What a backbone gets: the name, or the path on this machine."""
        return self.path or self.shown

    def to_json(self) -> dict[str, object]:
        """The weights as JSON types; `from_json` reads them."""
        return {"shown": self.shown, "sha256": self.sha256}

    @classmethod
    def from_json(cls, document: Document) -> Weights:
        """The weights that `to_json` wrote."""
        return cls(**document)


@dataclass(frozen=True)
class CandidatePlan:
    """An architecture to train, the images that it gets, and what it starts from.

    Args:
        version: of the architecture.
        plugin: where the architecture came from: distribution and version, or file.
        image_size, channels: of the images; 0 where an older zoo did not record them.
        weights: pre-trained ones to start from.
        parent_id: the model to fine-tune.
        keeps_head: of a fine-tuning: the parent's head stays.
    """

    architecture: str
    version: str
    plugin: str
    image_size: int
    channels: int
    weights: Weights | None = None
    parent_id: str | None = None
    keeps_head: bool | None = None

    def to_json(self) -> dict[str, object]:
        """The candidate as JSON types; `from_json` reads it."""
        return {**asdict(self), "weights": None if self.weights is None else self.weights.to_json()}

    @classmethod
    def from_json(cls, document: Document) -> CandidatePlan:
        """The candidate that `to_json` wrote."""
        weights = document["weights"]
        return cls(**{**document, "weights": None if weights is None else Weights.from_json(weights)})


@dataclass(frozen=True)
class RunPlan:
    """All that is known of a run before it starts.

    Args:
        training: the options; of a trial with the epochs and the seed of its own.
        environment: versions of zoo, Python, tensorflow and keras.
        preset: the name of the preset that the hyperparameters began with.
        data_check: name of a check of the dataset -> how many errors it found, of those that found any.
    """

    kind: RunKind
    candidate: CandidatePlan
    hyperparameters: Hyperparameters
    training: TrainingOptions
    environment: Mapping[str, str]
    preset: str | None = None
    data_check: Mapping[str, int] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        """The architecture's name."""
        return self.candidate.architecture

    @property
    def parent_id(self) -> str | None:
        """The model that it starts from, of a fine-tuning."""
        return self.candidate.parent_id


@dataclass(frozen=True)
class Trial:
    """One choice of hyperparameters within a search.

    Args:
        trial_id: the algorithm's own name for it.
        number: counts from 1 in the order of starting.
        hyperparameters: as the algorithm chose them, its own bookkeeping (`tuner/…`) included.
        epochs: the most epochs it may reach.
        initial_epoch: epochs that an earlier trial of the same hyperparameters has done already (hyperband).
        continues: `trial_id` of that earlier trial.
        origin: where the hyperparameters come from, if the algorithm did not choose them: "defaults", or the run that
            they are known from.
        after: how many of the search's trials had come to an end when the algorithm was asked.
    """

    trial_id: str
    number: int
    hyperparameters: Hyperparameters
    epochs: int
    initial_epoch: int = 0
    continues: str | None = None
    origin: str | None = None
    after: int = 0


@dataclass(frozen=True)
class SearchOptions:
    """The options of a search beside those of its trainings; `zoo.workflows.search.search_options` checks them.

    Args:
        algorithm: one of `zoo.interfaces.algorithms.ALGORITHMS`.
        trials: the most trials to run.
        objectives: what is optimised; of several, the trials that no other beats in all are the best.
        pruner: one of `zoo.interfaces.algorithms.PRUNERS`, or the algorithm's own.
        max_seconds: after so long no trial begins, and a running one ends after its epoch; counted from the search's
            start, or from its going on.
        target: the search ends when an epoch's objective is as good.
        keep: how many of the best models stay in the registry; None: all.
        warm_start: begin with the best prior trials.
        initial_trials: of a search that was extended: its `trials` before, by which its algorithm chose the first ones.
    """

    algorithm: str = DEFAULT
    trials: int = 10
    objectives: tuple[Objective, ...] = (DEFAULT_OBJECTIVE,)
    pruner: str = "none"
    max_seconds: float | None = None
    target: float | None = None
    keep: int | None = 3
    warm_start: bool = True
    initial_trials: int | None = None

    def to_json(self) -> dict[str, object]:
        """The options as JSON types; `from_json` reads them."""
        return {**asdict(self), "objectives": [[one.name, one.direction] for one in self.objectives]}

    @classmethod
    def from_json(cls, document: Document) -> SearchOptions:
        """The options that `to_json` wrote."""
        objectives = tuple(Objective(name, direction) for name, direction in document["objectives"])
        return cls(**{**document, "objectives": objectives})


@dataclass(frozen=True)
class SearchPlan:
    """All that is known of a search before it starts.

    Args:
        candidates: the architectures to choose from, of different names.
        options: how to search.
        training: how each trial trains.
        fixed: hyperparameters that are not searched but set.
        space: the search space as `keras_tuner.HyperParameters.get_config` returns it.
        environment, data_check: as in RunPlan.
        first: hyperparameters of the first trials, each with where they come from; after them the algorithm chooses.
    """

    candidates: tuple[CandidatePlan, ...]
    options: SearchOptions
    training: TrainingOptions
    fixed: Hyperparameters
    space: Mapping[str, object]
    environment: Mapping[str, str]
    first: Sequence[tuple[Hyperparameters, str]] = ()
    data_check: Mapping[str, int] = field(default_factory=dict)

    @property
    def architectures(self) -> tuple[str, ...]:
        """The names of the candidates' architectures."""
        return tuple(candidate.architecture for candidate in self.candidates)

    def candidate(self, architecture: str) -> CandidatePlan:
        """The candidate of this architecture."""
        return next(candidate for candidate in self.candidates if candidate.architecture == architecture)

    @property
    def algorithm(self) -> str:
        """How the next trial is chosen."""
        return self.options.algorithm

    @property
    def trials(self) -> int:
        """The most trials it will run."""
        return self.options.trials

    @property
    def epochs(self) -> int:
        """The most epochs a trial will run."""
        return self.training.epochs

    @property
    def seed(self) -> int:
        """The search's seed, which the first trial has."""
        return self.training.seed

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What is optimised."""
        return self.options.objectives

    @property
    def objective(self) -> Objective:
        """The first one, which orders the trials where one order is asked for."""
        return self.objectives[0]

    @property
    def monitor(self) -> Objective:
        """What is looked at after each epoch: the first objective that is known then, or else the default."""
        each_epoch = (objective for objective in self.objectives if measured_each_epoch(objective.name))
        return next(each_epoch, DEFAULT_OBJECTIVE)

    @property
    def initial_trials(self) -> int:
        """The number of trials that it began with, whatever it was extended to."""
        return self.options.initial_trials or self.options.trials

    @property
    def parent_id(self) -> str | None:
        """The model that each trial starts from, of a search that fine-tunes."""
        return self.candidates[0].parent_id
