"""Search hyperparameters and architectures on a dataset, every trial a run in the registry; resume a search."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import tensorflow as tf

from zoo.data.sources import open_source
from zoo.errors import InterruptedWork, SearchError, UnknownNameError
from zoo.interfaces import (
    EPOCH_METRICS,
    HyperparameterValue,
    Model,
    Objective,
    Search,
    SearchPlan,
    State,
)
from zoo.registry import resume_command
from zoo.search.cluster import Cluster, connected
from zoo.search.here import run_here
from zoo.search.in_child import TRIALS_OF_A_PROCESS, run_in_child
from zoo.search.loop import TrialLoop, last_line
from zoo.search.objectives import find_objectives
from zoo.search.on_ray import run_on_ray
from zoo.search.oracles import check_algorithm
from zoo.search.pruning import PRUNERS
from zoo.workflows.candidates import (
    DeclaredSpace,
    declare_space,
    find_candidates,
    first_trials,
    known_choices,
    prepare_each,
    restore_candidates,
    settings_of,
    weights_of,
)
from zoo.workflows.remote import RemoteAssignment, RemoteImages, train_remotely
from zoo.workflows.search_recorder import SearchRecorder
from zoo.workflows.trials import architecture_of, train_trial
from zoo.workflows.workspace import TrainingOptions, Workspace, environment, sampling_of, tell_sampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from zoo.data.cache import DecodedDataset
    from zoo.data.sources import OpenedDataset
    from zoo.interfaces import Trial, TrialOutcome
    from zoo.search.here import Report
    from zoo.workflows.candidate import Candidate
    from zoo.workflows.images import Images
    from zoo.workflows.trials import Assignment


@dataclass(frozen=True)
class SearchOptions:
    """What a user may say about a search.

    Args:
        algorithm: random, grid, bayesian, hyperband, tpe, or asha: random, with that pruner.
        trials: the most trials to run.
        objective: names of what is optimised, with commas between; see `zoo.search.objectives`.
        pruner: none, median or asha, see `zoo.search.pruning`; None: none, but with asha.
        max_seconds: after so long no trial begins, and a running one ends after its epoch.
        target: the search ends when an epoch's objective is as good.
        keep: how many of the best models stay in the registry.
        warm_start: begin with what is known to be good from earlier searches.

    Raises:
        UnknownNameError: there is no such algorithm, objective or pruner.
        SearchError: two of them exclude each other.
    """

    algorithm: str = "random"
    trials: int = 10
    objective: str = "val_accuracy"
    pruner: str | None = None
    max_seconds: float | None = None
    target: float | None = None
    keep: int = 3
    warm_start: bool = True

    def __post_init__(self) -> None:
        check_algorithm(self.algorithm, len(self.objectives))
        self._check_pruner()
        if self.target is not None and not _known_each_epoch(self.objectives):
            raise SearchError(
                f"--target is for one objective that is measured each epoch, and not for {self.objective}"
            )

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What is optimised."""
        return find_objectives(self.objective)

    @property
    def pruner_name(self) -> str:
        """Which pruner it is."""
        return self.pruner or ("asha" if self.algorithm == "asha" else "none")

    def settings(self) -> dict[str, HyperparameterValue | None]:
        """What a search stores of them besides the fields of its plan."""
        return {
            "pruner": self.pruner_name,
            "max_seconds": self.max_seconds,
            "target": self.target,
            "keep": self.keep,
        }

    def _check_pruner(self) -> None:
        if self.pruner_name not in PRUNERS:
            raise UnknownNameError("pruner", self.pruner_name, PRUNERS)
        own = {"hyperband": "none", "asha": "asha"}.get(self.algorithm)
        if own is not None and self.pruner_name != own:
            raise SearchError(f"{self.algorithm} ends hopeless trials by itself: leave --pruner out")
        if self.pruner_name != "none" and not _known_each_epoch(self.objectives):
            raise SearchError(
                f"pruning is for one objective that is measured each epoch, and not for {self.objective}"
            )


def _known_each_epoch(objectives: Sequence[Objective]) -> bool:
    return len(objectives) == 1 and objectives[0].name in EPOCH_METRICS


def search(
    workspace: Workspace,
    architecture_names: str,
    dataset: str,
    *,
    search_options: SearchOptions | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | None = None,
    options: TrainingOptions | None = None,
    cluster: Cluster | None = None,
) -> tuple[Search, Model]:
    """Search for the best hyperparameters, and for the best of several architectures.

    Args:
        architecture_names: of one, or of several with commas between.
        hyperparameters: those to hold at a value instead of searching them.
        weights: pre-trained ones to start from.
        cluster: where trials run; None: in this process, one after another.

    Returns:
        The search, and the model of its best trial.

    Raises:
        SearchError: three trials in a row failed, or no trial completed.
        InterruptedWork: the user stopped it; the message says how to resume.
    """
    options, wanted = options or TrainingOptions(), search_options or SearchOptions()
    with ready(cluster):
        opened = workspace.open_dataset(dataset)
        candidates = find_candidates(workspace, architecture_names, opened, options.image_size, weights)
        space = declare_space(candidates, opened.images.class_names, hyperparameters or {}, options.seed)
        return run_search(workspace, opened, candidates, space, wanted, options, cluster)


def run_search(
    workspace: Workspace,
    opened: OpenedDataset,
    candidates: tuple[Candidate, ...],
    space: DeclaredSpace,
    wanted: SearchOptions,
    options: TrainingOptions,
    cluster: Cluster | None,
) -> tuple[Search, Model]:
    """Search a space that is declared already, where `ready` has seen to the cluster; see `search`."""
    images, decoded = prepare_each(workspace, opened, candidates)
    plan = _plan(workspace, candidates, space, images, wanted, options)
    started = workspace.registry.start_search(plan, images.version)
    return _run(_Searching(workspace, candidates, decoded, started, opened, cluster))


def _plan(
    workspace: Workspace,
    candidates: tuple[Candidate, ...],
    space: DeclaredSpace,
    images: Images,
    wanted: SearchOptions,
    options: TrainingOptions,
) -> SearchPlan:
    known = []
    if wanted.warm_start and candidates[0].parent is None:
        known = known_choices(
            workspace, candidates, space.joint, images.version, wanted.objectives[0], wanted.trials
        )
    origins = dict.fromkeys(workspace.plugins.provider(one.name).provenance for one in candidates)
    return SearchPlan(
        architecture=",".join(one.name for one in candidates),
        architecture_version=",".join(one.architecture.version for one in candidates),
        plugin=", ".join(origins),
        algorithm=wanted.algorithm,
        objectives=wanted.objectives,
        trials=wanted.trials,
        epochs=options.epochs,
        seed=options.seed,
        fixed=space.fixed,
        space=space.joint.get_config(),
        first=first_trials(candidates, space.joint, known, algorithm=wanted.algorithm, trials=wanted.trials),
        settings=options.settings(**settings_of(candidates), **images.check_settings, **wanted.settings()),
        environment=environment(),
    )


def resume(workspace: Workspace, search_ref: str, cluster: Cluster | None = None) -> tuple[Search, Model]:
    """Go on with an interrupted search: trials that came to an end are not repeated, and those that were running go on
    after their last epoch.

    Raises:
        SearchError: the search is completed or still running, its dataset has changed, or see `search`.
    """
    found = workspace.registry.search(search_ref)
    if found.state is State.COMPLETED:
        raise SearchError(f"search {found.id} is completed: start a new one for more trials")
    with ready(cluster):
        opened = open_source(
            found.dataset, found.dataset_source, workspace.plugins.datasets, workspace.progress
        )
        _refuse_change(workspace, found, opened)
        candidates = restore_candidates(workspace, found.plan, opened)
        _, decoded = prepare_each(workspace, opened, candidates)
        reopened = workspace.registry.reopen_search(found.id)
        return _run(_Searching(workspace, candidates, decoded, reopened, opened, cluster))


def ready(cluster: Cluster | None) -> AbstractContextManager[None]:
    """Be connected to where trials run, or ready to run them here, as long as the context lasts."""
    return _quick_collection() if cluster is None else connected(cluster)


@contextmanager
def _quick_collection() -> Iterator[None]:
    """What is there already, most of it libraries', is not looked through for garbage again and again."""
    if gc.get_freeze_count():  # whoever froze something sees to it
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _refuse_change(workspace: Workspace, found: Search, opened: OpenedDataset) -> None:
    """A search goes on only on the images that it began with."""
    known = workspace.registry.dataset(found.dataset, found.dataset_version)
    if opened.fingerprint != known.fingerprint:
        raise SearchError(
            f"search {found.id} cannot go on: dataset '{found.dataset}' has changed since; start a new search"
        )


@dataclass(frozen=True, eq=False)
class _Searching:
    """A search at work.

    Args:
        decoded: the dataset as each candidate takes it, by name.
        cluster: where trials run; None: in this process.
    """

    workspace: Workspace
    candidates: tuple[Candidate, ...]
    decoded: Mapping[str, DecodedDataset]
    search: Search
    opened: OpenedDataset
    cluster: Cluster | None

    def run_trials(self, loop: TrialLoop, recorder: SearchRecorder) -> None:
        """Run them until the loop has no more: a few in this process, which is ready for it, more in others."""
        candidates = {one.name: one for one in self.candidates}

        def train(trial: Trial, report: Report) -> TrialOutcome:
            candidate = candidates[architecture_of(self.search.plan, trial)]
            return train_trial(
                recorder.assignment(trial), candidate, self.decoded[candidate.name], report, recorder.notices
            )

        def assign(trial: Trial) -> RemoteAssignment:
            candidate = candidates[architecture_of(self.search.plan, trial)]
            return self._remote(recorder.assignment(trial), candidate)

        if self.cluster is not None:
            run_on_ray(loop, assign, train_remotely, self.cluster)
            return
        most = (
            None if tf.config.list_physical_devices("GPU") else TRIALS_OF_A_PROCESS
        )  # a child could not take it
        if run_here(loop, train, most):
            run_in_child(loop, assign, train_remotely)

    def _remote(self, assignment: Assignment, candidate: Candidate) -> RemoteAssignment:
        return RemoteAssignment(
            assignment,
            RemoteImages(
                self.search.dataset, self.opened.source, self.opened.fingerprint, **asdict(candidate.shape)
            ),
            candidate.name,
            candidate.architecture.version,
            weights_of(self.search.plan, candidate.name),
            candidate.parent,
            self.workspace.plugins.folder,
        )


def _run(searching: _Searching) -> tuple[Search, Model]:
    """Run the trials that are left; whatever happens, the search ends in one final state."""
    workspace, search_id = searching.workspace, searching.search.id
    plan, registry = searching.search.plan, searching.workspace.registry
    workspace.progress.search_started(searching.search)
    tell_sampling(workspace, searching.decoded[plan.architectures[0]], sampling_of(plan.settings))
    recorder = SearchRecorder(workspace, searching.search)
    recorder.retell()
    try:
        loop = TrialLoop(plan, recorder, recorder.past())
        searching.run_trials(loop, recorder)
    except KeyboardInterrupt:
        recorder.end(State.INTERRUPTED)
        raise InterruptedWork(
            f"search {search_id} was interrupted; go on with: {resume_command(registry, search_id)}"
        ) from None
    except BaseException as error:
        recorder.end(State.FAILED, str(error))
        raise
    if loop.ended_early is not None:
        workspace.progress.notice(loop.ended_early)
    best = registry.search(search_id).best_model_id
    if best is None:
        errors = [run.error for run in registry.runs(search=search_id) if run.error]
        reason = f"; the last one: {last_line(errors[-1])}" if errors else ""
        failure = f"no trial of search {search_id} completed{reason}"
        recorder.end(State.FAILED, failure)
        raise SearchError(failure)
    return recorder.end(State.COMPLETED), registry.model(best)
