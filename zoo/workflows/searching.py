"""Search an architecture's hyperparameters on a dataset, every trial a run in the registry; resume a search."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.sources import open_source
from zoo.errors import InterruptedWork, SearchError, UnknownNameError, ZooError
from zoo.interfaces import (
    Architecture,
    Epoch,
    HyperparameterValue,
    Model,
    Run,
    RunKind,
    RunPlan,
    Search,
    SearchPlan,
    State,
    Trial,
    TrialOutcome,
)
from zoo.models.classifier import build_classifier, space_builder
from zoo.models.content import assign_tensors
from zoo.models.freezing import freeze
from zoo.models.space import check, choose, explore, fix, restore
from zoo.registry.registry import DEFAULT_REGISTRY
from zoo.search.loop import PastTrial, last_line, run_search
from zoo.search.oracles import ALGORITHMS, find_objective, without_bookkeeping
from zoo.search.pruning import PRUNERS
from zoo.training.fit import FitSettings, start_fresh
from zoo.workflows.images import Images, InputShape, prepare, shape_for
from zoo.workflows.training import announce, fit_and_evaluate
from zoo.workflows.workspace import (
    TrainingOptions,
    Workspace,
    check_weights,
    environment,
    sampling_of,
    tell_sampling,
    weights_settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keras_tuner import HyperParameters

    from zoo.data.sources import OpenedDataset
    from zoo.registry import Registry


ENDED = (State.COMPLETED, State.PRUNED, State.FAILED)


def search(
    workspace: Workspace,
    architecture_name: str,
    dataset: str,
    *,
    algorithm: str = "random",
    trials: int = 10,
    objective: str = "val_accuracy",
    pruner: str | None = None,
    max_seconds: float | None = None,
    target: float | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | None = None,
    options: TrainingOptions | None = None,
) -> tuple[Search, Model]:
    """Search for the best hyperparameters.

    Args:
        algorithm: random, grid, bayesian, hyperband, tpe, or asha: random, with that pruner.
        trials: the most trials to run.
        objective: `val_accuracy` or `val_loss`.
        pruner: none, median or asha, see `zoo.search.pruning`; None: none, but with asha.
        max_seconds: after so long no trial begins, and the running one ends after its epoch.
        target: the search ends when an epoch's objective is as good.
        hyperparameters: those to hold at a value instead of searching them.

    Returns:
        The search, and the model of its best trial.

    Raises:
        SearchError: three trials in a row failed, or no trial completed.
        InterruptedWork: the user stopped it; the message says how to resume.
    """
    options = options or TrainingOptions()
    if algorithm not in ALGORITHMS:
        raise UnknownNameError("algorithm", algorithm, ALGORITHMS)
    goal = find_objective(objective)
    pruner = _choose_pruner(algorithm, pruner)
    architecture = workspace.plugins.architecture(architecture_name)
    check_weights(architecture, weights)
    opened = workspace.open_dataset(dataset)
    shape = shape_for(workspace, architecture, opened, options.image_size)
    build = space_builder(architecture, **asdict(shape), class_names=opened.images.class_names)
    space = explore(build, hyperparameters)
    fixed = check(space, hyperparameters or {})
    start_fresh(options.seed)
    _try_first(architecture, fix(space, fixed), asdict(shape), opened.images.class_names, weights)
    images = prepare(workspace, opened, shape)
    plan = SearchPlan(
        architecture=architecture.name,
        architecture_version=architecture.version,
        plugin=workspace.plugins.provider(architecture.name).provenance,
        algorithm=algorithm,
        objective=goal,
        trials=trials,
        epochs=options.epochs,
        seed=options.seed,
        fixed=fixed,
        space=fix(space, fixed).get_config(),
        settings=options.settings(
            **asdict(shape),
            **weights_settings(weights),
            **images.check_settings,
            pruner=pruner,
            max_seconds=max_seconds,
            target=target,
        ),
        environment=environment(),
    )
    started = workspace.registry.start_search(plan, images.version)
    return _run(_Searching(workspace, architecture, images, started))


def resume(workspace: Workspace, search_ref: str) -> tuple[Search, Model]:
    """Go on with an interrupted search: trials that came to an end are not repeated.

    Raises:
        SearchError: the search is completed or still running, its dataset has changed, or see `search`.
    """
    found = workspace.registry.search(search_ref)
    architecture = workspace.plugins.architecture(found.plan.architecture)
    opened = open_source(found.dataset, found.dataset_source, workspace.plugins.datasets, workspace.progress)
    _refuse_change(workspace, found, opened, architecture)
    settings = found.plan.settings
    shape = InputShape(int(settings["image_size"] or 0), int(settings["channels"] or 0))
    images = prepare(workspace, opened, shape)
    reopened = workspace.registry.reopen_search(found.id)
    return _run(_Searching(workspace, architecture, images, reopened))


def _choose_pruner(algorithm: str, pruner: str | None) -> str:
    """Hyperband and asha end trials by their own rules."""
    if pruner is None:
        return "asha" if algorithm == "asha" else "none"
    if pruner not in PRUNERS:
        raise UnknownNameError("pruner", pruner, PRUNERS)
    if algorithm in ("hyperband", "asha") and pruner != ("asha" if algorithm == "asha" else "none"):
        raise SearchError(f"{algorithm} ends hopeless trials by itself: leave --pruner out")
    return pruner


def _try_first(
    architecture: Architecture,
    space: HyperParameters,
    shape: Mapping[str, int],
    class_names: tuple[str, ...],
    weights: str | None,
) -> None:
    """Build what the first trial may build, so that weights or a freeze that do not fit are told at once."""
    hp = choose(space, {})
    try:
        classifier = build_classifier(architecture, hp, **shape, class_names=class_names, weights=weights)
        freeze(classifier, hp.get("freeze"))
    except ZooError:
        raise
    except Exception:  # noqa: S110  a plugin's own failure is recorded with the trial that meets it
        pass


def _refuse_change(
    workspace: Workspace, found: Search, opened: OpenedDataset, architecture: Architecture
) -> None:
    """A search goes on only with what it began with."""
    known = next(
        version
        for version in workspace.registry.datasets()
        if (version.name, version.version) == (found.dataset, found.dataset_version)
    )
    if opened.fingerprint != known.fingerprint:
        raise SearchError(
            f"search {found.id} cannot go on: dataset '{found.dataset}' has changed since; start a new search"
        )
    if architecture.version != found.plan.architecture_version:
        raise SearchError(
            f"search {found.id} cannot go on: '{architecture.name}' is now version {architecture.version}, "
            f"it began with {found.plan.architecture_version}; start a new search"
        )


@dataclass(frozen=True, eq=False)
class _Searching:
    """One search at work: trains its trials and writes what happens to them."""

    workspace: Workspace
    architecture: Architecture
    images: Images
    search: Search

    def past(self) -> list[PastTrial]:
        """Trials that came to an end, in order."""
        return [self._past(run, run.trial) for run in self._ended() if run.trial is not None]

    def _past(self, run: Run, trial: Trial) -> PastTrial:
        objective = self.search.plan.objective
        curve = [epoch.metrics[objective.name] for epoch in self.workspace.registry.epochs(run.id)]
        pruned = run.state is State.PRUNED
        score = (max if objective.direction == "max" else min)(curve) if pruned else run.score
        return PastTrial(trial, score, curve, pruned)

    def retell(self) -> None:
        """Tell the watcher of the trials that came to an end before, as if they had just run."""
        registry, progress = self.workspace.registry, self.workspace.progress
        for run in self._ended():
            progress.run_started(run)
            for epoch in registry.epochs(run.id):
                progress.epoch_ended(run, epoch)
            progress.run_ended(run)

    def train(self, trial: Trial, watch: Callable[[Epoch], bool]) -> TrialOutcome:
        plan, decoded = self.search.plan, self.images.decoded
        seed = _seed_of(plan, trial)
        hyperparameters = without_bookkeeping(trial.hyperparameters)
        hp = choose(restore(plan.space), hyperparameters)
        start_fresh(seed)
        classifier = build_classifier(
            self.architecture,
            hp,
            image_size=int(decoded.pixels.shape[1]),
            channels=int(decoded.pixels.shape[3]),
            class_names=decoded.class_names,
            weights=_text(plan.settings.get("weights")),
        )
        freeze(classifier, hp.get("freeze"))
        if trial.continues is not None:
            earlier = self._run_of(trial.continues)
            assign_tensors(
                classifier.network, self.workspace.registry.load_content(str(earlier.model_id)).tensors
            )
        settings = FitSettings(
            trial.epochs,
            seed,
            int(plan.settings["patience"] or 0),
            plan.objective,
            trial.initial_epoch,
            sampling_of(plan.settings),
        )
        run = self._run_of(trial.trial_id)
        return fit_and_evaluate(self.workspace, run, classifier, decoded, hyperparameters, settings, watch)

    def trial_started(self, trial: Trial) -> None:
        plan = self.search.plan
        run_plan = RunPlan(
            kind=RunKind.TRIAL,
            architecture=plan.architecture,
            architecture_version=plan.architecture_version,
            plugin=plan.plugin,
            hyperparameters=without_bookkeeping(trial.hyperparameters),
            settings={**plan.settings, "epochs": trial.epochs, "seed": _seed_of(plan, trial)},
            environment=plan.environment,
        )
        run = self.workspace.registry.start_trial(self.search.id, trial, run_plan)
        self.workspace.progress.run_started(run)

    def trial_completed(self, trial: Trial, outcome: TrialOutcome) -> None:
        run = self._run_of(trial.trial_id)
        self.workspace.registry.complete_run(
            run.id, outcome.content, outcome.evaluations, score=outcome.score
        )
        announce(self.workspace, run)

    def trial_pruned(self, trial: Trial, reason: str) -> None:
        run = self._run_of(trial.trial_id)
        self.workspace.registry.end_run(run.id, State.PRUNED, reason)
        announce(self.workspace, run)

    def trial_failed(self, trial: Trial, error: str) -> None:
        run = self._run_of(trial.trial_id)
        self.workspace.registry.end_run(run.id, State.FAILED, error)
        announce(self.workspace, run)

    def end(self, state: State, error: str | None = None) -> Search:
        """Close the search, and the trial that was running."""
        registry = self.workspace.registry
        for run in registry.runs(search=self.search.id, state=State.RUNNING):
            registry.end_run(run.id, State.FAILED if state is State.FAILED else State.INTERRUPTED, error)
            announce(self.workspace, run)
        return registry.end_search(self.search.id, state, error)

    def _ended(self) -> list[Run]:
        runs = self.workspace.registry.runs(search=self.search.id)
        return [run for run in runs if run.state in ENDED]

    def _run_of(self, trial_id: str) -> Run:
        return next(
            run
            for run in self.workspace.registry.runs(search=self.search.id)
            if run.trial is not None and run.trial.trial_id == trial_id
        )


def _run(searching: _Searching) -> tuple[Search, Model]:
    """Run the trials that are left; whatever happens, the search ends in one final state."""
    search_id, registry = searching.search.id, searching.workspace.registry
    searching.workspace.progress.search_started(searching.search)
    plan, decoded = searching.search.plan, searching.images.decoded
    tell_sampling(searching.workspace, decoded, sampling_of(plan.settings))
    searching.retell()
    try:
        ended_early = run_search(plan, searching.train, searching, searching.past())
    except KeyboardInterrupt:
        searching.end(State.INTERRUPTED)
        raise InterruptedWork(
            f"search {search_id} was interrupted; go on with: {_resume_command(registry, search_id)}"
        ) from None
    except BaseException as error:
        searching.end(State.FAILED, str(error))
        raise
    if ended_early is not None:
        searching.workspace.progress.notice(ended_early)
    ended = registry.search(search_id)
    if ended.best_model_id is None:
        errors = [run.error for run in registry.runs(search=search_id) if run.error]
        reason = f"; the last one: {last_line(errors[-1])}" if errors else ""
        failure = f"no trial of search {search_id} completed{reason}"
        searching.end(State.FAILED, failure)
        raise SearchError(failure)
    return searching.end(State.COMPLETED), registry.model(ended.best_model_id)


def _seed_of(plan: SearchPlan, trial: Trial) -> int:
    """Each trial has a seed of its own; the first has the search's, so that training it again repeats it."""
    return (plan.seed + trial.number - 1) % 2**32


def _resume_command(registry: Registry, search_id: str) -> str:
    """What to type, from the same folder, to go on with the search."""
    elsewhere = registry.url != str(Path(DEFAULT_REGISTRY).absolute())
    return f"zoo {f'--registry {registry.url} ' if elsewhere else ''}search --resume {search_id}"


def _text(value: HyperparameterValue | None) -> str | None:
    return None if value is None else str(value)
