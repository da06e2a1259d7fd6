"""What is known of a run, a trial or a search before it starts, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from zoo.interfaces.metrics import DEFAULT_OBJECTIVE, measured_each_epoch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces.contracts import Hyperparameters, HyperparameterValue
    from zoo.interfaces.metrics import Objective


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
        path: where the file lies on this machine; None: they have a name, or nobody has looked yet.
    """

    shown: str
    sha256: str | None = None
    path: str | None = field(default=None, compare=False)

    @property
    def argument(self) -> str:
        """What a backbone gets: the name, or the path on this machine."""
        return self.path or self.shown


@dataclass(frozen=True)
class RunPlan:
    """All that is known of a run before it starts.

    Args:
        settings: what is not a hyperparameter: epochs, image_size, channels, seed, patience, weights, preset, freeze.
        plugin: where the architecture came from: distribution and version, or file.
        environment: versions of zoo, Python, tensorflow and keras.
    """

    kind: RunKind
    architecture: str
    architecture_version: str
    plugin: str
    hyperparameters: Hyperparameters
    settings: Mapping[str, HyperparameterValue | None]
    environment: Mapping[str, str]
    parent_id: str | None = None


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
class SearchPlan:
    """All that is known of a search before it starts.

    Args:
        architecture, architecture_version, plugin: of several architectures one after the other, with commas between.
        algorithm: one of `zoo.interfaces.algorithms.ALGORITHMS`.
        objectives: what is optimised; of several, the trials that no other beats in all are the best.
        trials: the most trials it will run.
        epochs: the most epochs a trial will run.
        fixed: hyperparameters that are not searched but set.
        space: the search space as `keras_tuner.HyperParameters.get_config` gives it.
        first: hyperparameters of the first trials, each with where they come from; after them the algorithm chooses.
        settings: as in RunPlan; with pruner, max_seconds, target and keep.
        environment: as in RunPlan.
    """

    architecture: str
    architecture_version: str
    plugin: str
    algorithm: str
    objectives: tuple[Objective, ...]
    trials: int
    epochs: int
    seed: int
    fixed: Hyperparameters
    space: Mapping[str, object]
    settings: Mapping[str, HyperparameterValue | None]
    environment: Mapping[str, str]
    first: Sequence[tuple[Hyperparameters, str]] = ()

    @property
    def architectures(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.architecture.split(","))

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
    def keep(self) -> int | None:
        """How many of the best models are kept; None: all."""
        keep = self.settings.get("keep")
        return None if keep is None else int(keep)

    @property
    def parent_id(self) -> str | None:
        """The model that each trial starts from, of a search that fine-tunes."""
        parent = self.settings.get("parent")
        return None if parent is None else str(parent)

    @property
    def pruner(self) -> str:
        """How hopeless trials are found; see `zoo.search.pruning`."""
        return str(self.settings.get("pruner") or "none")

    @property
    def max_seconds(self) -> float | None:
        """How long the search may take from its start, or from its going on."""
        seconds = self.settings.get("max_seconds")
        return None if seconds is None else float(seconds)

    @property
    def target(self) -> float | None:
        """The objective's value that is good enough."""
        target = self.settings.get("target")
        return None if target is None else float(target)
