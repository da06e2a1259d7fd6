"""Searches hyperparameters and architectures on a dataset, with every trial a run in the registry; resumes searches."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import tensorflow as tf

from zoo.data.sources import open_source
from zoo.data.units import counted
from zoo.errors import InterruptedWork, SearchError
from zoo.interfaces import (
    HyperparameterValue,
    Model,
    Search,
    SearchOptions,
    SearchPlan,
    State,
    TrainingOptions,
    interrupts_first,
)
from zoo.interfaces.algorithms import continues_trials
from zoo.registry import resume_command
from zoo.search.executors.child_process import TRIALS_OF_A_PROCESS, ChildProcessExecutor
from zoo.search.executors.handover import Handover
from zoo.search.executors.local import LocalExecutor
from zoo.search.executors.ray import RayExecutor
from zoo.search.executors.ray_cluster import Cluster, connected
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop, last_line
from zoo.workflows.at_work import at_work, is_at_work
from zoo.workflows.images import change_of_decoders
from zoo.workflows.options import report_sampling
from zoo.workflows.search.candidates import (
    find_candidates,
    prepare_each,
    restore_candidates,
)
from zoo.workflows.search.extending import NOTHING, Extension, check_extension, extend
from zoo.workflows.search.recorder import SearchRecorder
from zoo.workflows.search.space import DeclaredSpace, declare_space, first_trials, prior_choices
from zoo.workflows.search.trial import candidate_of, train_trial
from zoo.workflows.search.worker import RemoteAssignment, RemoteImages, train_remotely
from zoo.workflows.weights import locate_weights, showing_refused
from zoo.workflows.workspace import Workspace, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Trial, TrialOutcome
    from zoo.search.executors.executor import Executor
    from zoo.search.executors.reporter import TrialReporter
    from zoo.workflows.images import Images
    from zoo.workflows.search.candidates import Candidate
    from zoo.workflows.search.trial import Assignment


def search(
    workspace: Workspace,
    architecture_names: str,
    dataset: str | OpenedDataset,
    *,
    search_options: SearchOptions | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | None = None,
    options: TrainingOptions | None = None,
    cluster: Cluster | None = None,
) -> tuple[Search, Model]:
    """Search for the best hyperparameters, and for the best of several architectures.

    Args:
        architecture_names: one name, or several separated by commas.
        hyperparameters: fixed values of hyperparameters, which are not searched.
        weights: pre-trained weights to start from.
        cluster: where trials run; None: in this process, one after another.

    Returns:
        The search, and the model of its best trial.

    Raises:
        SearchError: three trials in a row failed, or no trial completed.
        InterruptedWork: the user stopped it; the message says how to resume.
    """
    options, search_options = options or TrainingOptions(), search_options or SearchOptions()
    with ready(cluster):
        opened = workspace.open_dataset(dataset)
        candidates = find_candidates(workspace, architecture_names, opened, options.image_size, weights)
        with showing_refused(workspace.progress):
            space = declare_space(
                candidates, opened.images.class_names, hyperparameters or {}, options.seed, workspace.progress
            )
        return run_search(workspace, opened, candidates, space, search_options, options, cluster)


def run_search(
    workspace: Workspace,
    opened: OpenedDataset,
    candidates: tuple[Candidate, ...],
    space: DeclaredSpace,
    search_options: SearchOptions,
    options: TrainingOptions,
    cluster: Cluster | None,
) -> tuple[Search, Model]:
    """Search a declared space, within the context of `ready`; see `search`."""
    images, decoded = prepare_each(workspace, opened, candidates)
    plan = _plan(workspace, candidates, space, images, search_options, options)
    started = workspace.registry.start_search(plan, images.version)
    searching = _Searching(workspace, candidates, decoded, _located(started, candidates), opened, cluster)
    with at_work(started.id):
        return _run(searching)


def _plan(
    workspace: Workspace,
    candidates: tuple[Candidate, ...],
    space: DeclaredSpace,
    images: Images,
    search_options: SearchOptions,
    options: TrainingOptions,
) -> SearchPlan:
    prior = []
    if search_options.warm_start and candidates[0].parent is None:
        prior = prior_choices(
            workspace,
            candidates,
            space.joint,
            images.version,
            search_options.objectives[0],
            search_options.trials,
        )
    return SearchPlan(
        candidates=tuple(candidate.plan for candidate in candidates),
        options=search_options,
        training=options,
        fixed=space.fixed,
        space=space.joint.get_config(),
        first=first_trials(
            candidates,
            space.joint,
            prior,
            algorithm=search_options.algorithm,
            trials=search_options.trials,
        ),
        environment=environment(
            images.decoded.decoders,
            [candidate.architecture for candidate in candidates if candidate.parent is None],
        ),
        data_check=images.data_check,
    )


def resume(
    workspace: Workspace,
    search_ref: str,
    cluster: Cluster | None = None,
    extension: Extension = NOTHING,
) -> tuple[Search, Model]:
    """Resume a search that was interrupted, or extend one.

    Trials that have ended are not repeated, and those that were running are resumed after their last epoch.

    Raises:
        SearchError: the search cannot be resumed, is still running, its dataset has changed, or see `search`.
    """
    stored = workspace.registry.search(search_ref)
    plan = extend(stored.plan, extension)
    if is_at_work(stored.id):
        raise SearchError(
            f"search {stored.id} is running in this process: wait until it ends, or stop it first"
        )
    check_extension(stored, workspace.registry.runs(search=stored.id), extension)
    if stored.state is State.COMPLETED:
        _refuse_exhausted(workspace, stored, plan)
    with ready(cluster):
        plugins = workspace.plugins
        opened = open_source(
            stored.dataset, stored.dataset_source, plugins.datasets, plugins.formats, workspace.progress
        )
        _refuse_change(workspace, stored, opened)
        candidates = restore_candidates(workspace, stored.plan, opened)
        _, decoded = prepare_each(workspace, opened, candidates)
        with at_work(stored.id):
            reopened = workspace.registry.reopen_search(stored.id, None if extension == NOTHING else plan)
            located = _located(reopened, candidates)
            return _run(_Searching(workspace, candidates, decoded, located, opened, cluster))


def ready(cluster: Cluster | None) -> AbstractContextManager[None]:
    """Return a context in which trials can run: connected to the cluster, or prepared to run them in this process."""
    return _frozen_garbage() if cluster is None else connected(cluster)


@contextmanager
def _frozen_garbage() -> Iterator[None]:
    """Exclude existing objects, mostly those of libraries, from garbage collection, which becomes quicker."""
    if gc.get_freeze_count():  # the caller has frozen objects, and will unfreeze them
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _refuse_exhausted(workspace: Workspace, stored: Search, plan: SearchPlan) -> None:
    """Refuse to extend a completed search whose algorithm has no further trial."""
    recorder = SearchRecorder(workspace, stored)
    if not TrialLoop(plan, recorder, recorder.past()).has_more():
        raise SearchError(
            f"search {stored.id} has tried every combination of its space: start a new one over a larger one"
        )


def _refuse_change(workspace: Workspace, stored: Search, opened: OpenedDataset) -> None:
    """Refuse to resume a search whose images or their decoders have changed."""
    recorded = workspace.registry.dataset(stored.dataset, stored.dataset_version)
    if opened.fingerprint != recorded.fingerprint:
        raise SearchError(
            f"search {stored.id} cannot be resumed: dataset '{stored.dataset}' has changed since; start a new search"
        )
    if change := change_of_decoders(opened, stored.plan.environment):
        raise SearchError(
            f"search {stored.id} cannot be resumed: dataset '{stored.dataset}' was {change}; start a new search"
        )


def _located(search: Search, candidates: tuple[Candidate, ...]) -> Search:
    """Return the stored search with the paths of the candidates' weights on this machine in its plan."""
    return replace(
        search, plan=replace(search.plan, candidates=tuple(candidate.plan for candidate in candidates))
    )


@dataclass(frozen=True, eq=False)
class _Searching:
    """A running search.

    Args:
        decoded: candidate -> the dataset in its shape.
        search: as `_located` returns it.
        cluster: where trials run; None: in this process.
    """

    workspace: Workspace
    candidates: tuple[Candidate, ...]
    decoded: Mapping[str, DecodedDataset]
    search: Search
    opened: OpenedDataset
    cluster: Cluster | None

    def executor(self, recorder: SearchRecorder) -> Executor:
        """Return the executor of its trials: the first ones run in this process, later ones in child processes."""
        candidates = {candidate.name: candidate for candidate in self.candidates}
        opened = self.opened
        images = RemoteImages(self.search.dataset, opened.source, opened.fingerprint, opened.decoders)

        def train(assignment: Assignment, reporter: TrialReporter) -> TrialOutcome:
            candidate = candidates[candidate_of(self.search.plan, assignment.trial).architecture]
            locate_weights(candidate.architecture, candidate.plan.weights, reporter)  # refuses a changed file
            return train_trial(assignment, candidate, self.decoded[candidate.name], reporter)

        def assign(trial: Trial) -> RemoteAssignment:
            candidate = candidates[candidate_of(self.search.plan, trial).architecture]
            return RemoteAssignment(
                recorder.assignment(trial), images, candidate.parent, self.workspace.plugins.folder
            )

        if self.cluster is not None:
            return RayExecutor(assign, train_remotely, self.cluster)
        local = LocalExecutor(recorder.assignment, train)
        if tf.config.list_physical_devices("GPU"):
            return local  # this process uses the GPU's memory, so a child could not
        return Handover(local, ChildProcessExecutor(assign, train_remotely), trials=TRIALS_OF_A_PROCESS)


def _run(searching: _Searching) -> tuple[Search, Model]:
    """Run the remaining trials; whatever happens, the search ends in one final state."""
    workspace, search_id = searching.workspace, searching.search.id
    plan, registry = searching.search.plan, searching.workspace.registry
    recorder = SearchRecorder(workspace, searching.search)
    try:
        with interrupts_first(workspace.progress):
            workspace.progress.search_started(searching.search)
            report_sampling(workspace, searching.decoded[plan.architectures[0]], plan.training.sampling)
            recorder.replay()
            loop = TrialLoop(plan, recorder, recorder.past())
            run_trials(loop, searching.executor(recorder))
    except KeyboardInterrupt:
        recorder.end(State.INTERRUPTED)
        raise InterruptedWork(
            f"search {search_id} was interrupted; continue with: {resume_command(registry, searching.search)}"
        ) from None
    except BaseException as error:
        recorder.end(State.FAILED, str(error))
        raise
    if loop.ended_early is not None:
        workspace.progress.notice(loop.ended_early)
    if untried := _untried(loop):
        command = resume_command(registry, searching.search)
        workspace.progress.notice(f"{untried}{_how_to_extend(loop, command)}")
    best = registry.search(search_id).best_model_id
    if best is None:
        errors = [run.error for run in registry.runs(search=search_id) if run.error]
        reason = f"; the last one: {last_line(errors[-1])}" if errors else ""
        failure = f"no trial of search {search_id} completed{reason}"
        recorder.end(State.FAILED, failure)
        raise SearchError(failure)
    return recorder.end(State.COMPLETED), registry.model(best)


def _untried(loop: TrialLoop) -> str:
    """Return `not tried: resnet, 9 of 10 trials`; an empty string if no limit has left anything out."""
    trials = loop.plan.trials
    left = trials - loop.started if loop.ended_early is not None else 0
    untried = [*loop.untried, *([f"{left} of {counted(trials, 'trial')}"] if left else [])]
    parts = [f"not tried: {', '.join(untried)}"] if untried else []
    if loop.unfinished:
        parts.append(f"not finished: {counted(loop.unfinished, 'interrupted trial')}")
    return "; ".join(parts)


def _how_to_extend(loop: TrialLoop, command: str) -> str:
    """Return the command that extends the search; an empty string if its algorithm does not allow that."""
    if continues_trials(loop.plan.algorithm):
        return ""
    if loop.ended_early is None:
        return f"; continue with: {command} --trials N"
    return f"; continue with: {command} {'--target VALUE' if loop.target_was_met else '--max-time TIME'}"
