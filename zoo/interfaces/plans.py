"""The plans of runs, trials and searches, made before they start, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from zoo.interfaces.algorithms import DEFAULT
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, Objective, measured_each_epoch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces.architectures import Hyperparameters
    from zoo.interfaces.options import Document, TrainingOptions


TEST_IN_TRAIN = "test-in-train"
"""The check of a dataset that counts its test images which are also in train."""


class RunKind(StrEnum):
    """The purpose of a run."""

    TRAIN = "train"
    TRIAL = "trial"
    FINETUNE = "finetune"


@dataclass(frozen=True)
class Weights:
    """Pre-trained weights from which a training starts.

    Args:
        shown: their name on any machine: one for `Architecture.weights`, or an absolute path or a URL.
        sha256: of the content of the file, or of the folder's files and their paths within it; None for a name that
            the backbone loads itself.
        path: of the file or folder on this machine; None for a name that the backbone loads itself, and until it has
            been looked up. It is not stored.
    """

    shown: str
    sha256: str | None = None
    path: str | None = field(default=None, compare=False)

    @property
    def argument(self) -> str:
        """The value to pass to a backbone: the name, or the path on this machine."""
        return self.path or self.shown

    def to_json(self) -> dict[str, object]:
        """The weights as JSON types; `from_json` reads them."""
        return {"shown": self.shown, "sha256": self.sha256}

    @classmethod
    def from_json(cls, document: Document) -> Weights:
        """The weights that `to_json` returned."""
        return cls(**document)


@dataclass(frozen=True)
class CandidatePlan:
    """An architecture to train, the shape of its images, and its initial weights.

    Args:
        version: of the architecture.
        plugin: the origin of the architecture: distribution and version, or file.
        image_size, channels: of the images; 0 if an older zoo did not record them.
        weights: the pre-trained weights to start from.
        parent_id: the model to fine-tune.
        keeps_head: for fine-tuning, whether the parent's head is kept.
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
        """The candidate that `to_json` returned."""
        weights = document["weights"]
        return cls(**{**document, "weights": None if weights is None else Weights.from_json(weights)})


@dataclass(frozen=True)
class RunPlan:
    """Everything that is decided about a run before it starts.

    Args:
        training: the options; for a trial, with its own epochs and seed.
        environment: versions of zoo, Python, tensorflow and keras, and a digest of the code of a plugin's architecture.
        preset: the name of the preset on which the hyperparameters are based.
        data_check: name of a check of the dataset -> number of errors, for the checks that found any.
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
        """The model from which fine-tuning starts."""
        return self.candidate.parent_id


@dataclass(frozen=True)
class Trial:
    """One choice of hyperparameters within a search.

    Args:
        trial_id: the algorithm's own name for it.
        number: from 1, in the order in which trials start.
        hyperparameters: as the algorithm chose them, including its own bookkeeping (`tuner/…`).
        epochs: the maximal number of epochs.
        initial_epoch: the number of epochs that an earlier trial with the same hyperparameters has trained (hyperband).
        continues: `trial_id` of that earlier trial.
        origin: the source of the hyperparameters if the algorithm did not choose them: "defaults", or a prior run.
        after: the number of the search's trials that had ended when the algorithm proposed this one.
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
    """The options of a search besides those of its trainings; `zoo.workflows.search.search_options` checks them.

    Args:
        algorithm: one of `zoo.interfaces.algorithms.ALGORITHMS`.
        trials: the maximal number of trials.
        objectives: the quantities to optimise; with several, the best trials are those of the Pareto front.
        pruner: one of `zoo.interfaces.algorithms.PRUNERS`, or the algorithm's built-in one.
        max_seconds: the time limit, after which no trial starts and running ones end after their current epoch; counted
            from the start of the search, or from when it was resumed.
        target: the value of the objective at which the search ends.
        keep: the number of best models to store; None: all.
        warm_start: start with the best prior trials.
        initial_trials: of an extended search: its `trials` before, on which its algorithm's first choices depend.
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
        objectives = [[objective.name, objective.direction] for objective in self.objectives]
        return {**asdict(self), "objectives": objectives}

    @classmethod
    def from_json(cls, document: Document) -> SearchOptions:
        """The options that `to_json` returned."""
        objectives = tuple(Objective(name, direction) for name, direction in document["objectives"])
        return cls(**{**document, "objectives": objectives})


@dataclass(frozen=True)
class SearchPlan:
    """Everything that is decided about a search before it starts.

    Args:
        candidates: the architectures to choose from, each with another name.
        options: how to search.
        training: how each trial trains.
        fixed: hyperparameters that are set instead of searched.
        space: the search space as `keras_tuner.HyperParameters.get_config` returns it.
        environment, data_check: as in RunPlan.
        first: hyperparameters of the first trials, each with its origin; after them the algorithm chooses.
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
        """The candidate with this architecture."""
        return next(candidate for candidate in self.candidates if candidate.architecture == architecture)

    @property
    def algorithm(self) -> str:
        """The algorithm that chooses the trials."""
        return self.options.algorithm

    @property
    def trials(self) -> int:
        """The maximal number of trials."""
        return self.options.trials

    @property
    def epochs(self) -> int:
        """The maximal number of epochs of a trial."""
        return self.training.epochs

    @property
    def seed(self) -> int:
        """The seed of the search and of its first trial."""
        return self.training.seed

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The quantities to optimise."""
        return self.options.objectives

    @property
    def objective(self) -> Objective:
        """The first objective, by which trials are ranked."""
        return self.objectives[0]

    @property
    def monitor(self) -> Objective:
        """The quantity to monitor: the first objective that is measured after each epoch, or else the default."""
        each_epoch = (objective for objective in self.objectives if measured_each_epoch(objective.name))
        return next(each_epoch, DEFAULT_OBJECTIVE)

    @property
    def initial_trials(self) -> int:
        """The number of trials before the search was extended."""
        return self.options.initial_trials or self.options.trials

    @property
    def parent_id(self) -> str | None:
        """The model from which each trial starts, if the search fine-tunes one."""
        return self.candidates[0].parent_id
