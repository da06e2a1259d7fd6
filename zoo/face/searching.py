"""`zoo.search`: the command of the same name as a function, and the value that it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from zoo.errors import SearchError
from zoo.face.arguments import (
    checked,
    dataset_reference,
    hyperparameter_values,
    join_names,
    refuse_beside_resume,
)
from zoo.face.options import cluster, extension, search_options, training_options, weights_name
from zoo.face.session import load_all_plugins, opened_registry, watched_workspace
from zoo.interfaces.html import fields_table, rows_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from zoo.face.options import Arguments
    from zoo.interfaces import Hyperparameters, HyperparameterValue, Model, Progress, Run, Search
    from zoo.plugins import Plugins
    from zoo.registry import Registry
    from zoo.workflows import Workspace


@dataclass(frozen=True)
class SearchResult:
    """A search and its results.

    Args:
        search: the record of the search: its plan, its state.
        best: the record of the best trial's model.
        trials: the runs of the search, by number; each with its hyperparameters, scores and state.
    """

    search: Search = field(repr=False)
    best: Model
    trials: tuple[Run, ...] = field(repr=False)

    @property
    def id(self) -> str:
        """The id of the search, for `zoo.search(resume=…)`, `zoo show` and `zoo plot`."""
        return self.search.id

    @property
    def best_trial(self) -> Run:
        """The trial that made the best model."""
        return next(trial for trial in self.trials if trial.model_id == self.best.id)

    @property
    def best_hyperparameters(self) -> Hyperparameters:
        """The hyperparameters of the best trial, name -> value."""
        return self.best_trial.plan.hyperparameters

    def __repr__(self) -> str:
        return f"SearchResult(id={self.id!r}, trials={len(self.trials)}, best={self.best!r})"

    def _repr_html_(self) -> str:
        """Two tables for a notebook: the best model, and the trials."""
        names = [objective.name for objective in self.search.plan.objectives]
        searched = [name for name in self.best_hyperparameters if self._varies(name)]
        rows = [
            (
                trial.trial.number if trial.trial else None,
                trial.state,
                *(trial.scores.get(name) for name in names),
                *(_short(trial.plan.hyperparameters.get(name)) for name in searched),
            )
            for trial in self.trials
        ]
        best = fields_table(f"Search {self.id}: the best model", self.best.summary())
        return best + rows_table("Its trials", ["trial", "state", *names, *searched], rows)

    def _varies(self, name: str) -> bool:
        return len({trial.plan.hyperparameters.get(name) for trial in self.trials}) > 1


def _short(value: HyperparameterValue | None) -> HyperparameterValue | None:
    """The value with three significant digits, since a learning rate may be too small for a table's four decimals."""
    return f"{value:.3g}" if isinstance(value, float) else value


@checked
def search(
    architectures: str | Sequence[str] | None = None,
    dataset: str | Path | None = None,
    *,
    resume: str | None = None,
    trials: int | None = None,
    algorithm: str | None = None,
    objective: str | Sequence[str] = "val_accuracy",
    pruner: str | None = None,
    max_time: float | str | None = None,
    target: float | None = None,
    keep: int = 3,
    warm_start: Literal["auto", "off"] = "auto",
    workers: int | None = None,
    ray: str | None = None,
    cpus_per_trial: float = 1.0,
    gpus_per_trial: float = 0.0,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | Path | None = None,
    freeze: str | int | None = None,
    epochs: int = 10,
    patience: int = 10,
    seed: int = 0,
    image_size: int | None = None,
    class_weights: Literal["balanced", "none"] = "none",
    oversample: bool = False,
    steps_per_epoch: int | None = None,
    fraction: float = 1.0,
    cache_features: Literal["auto", "on", "off"] = "auto",
    cache_dtype: Literal["float32", "float16"] = "float32",
    cache_copies: int | None = None,
    strict: bool = False,
    registry: Registry | str | Path | None = None,
    artifacts: str | Path | None = None,
    plugins_dir: str | Path | None = None,
    progress: bool | Progress = True,
) -> SearchResult:
    """Search hyperparameters, and the best of several architectures, on a dataset; `zoo search` as a function.

    Every trial is a run in the registry; the best ones leave models. A search that was stopped, by Ctrl-C, the
    notebook's stop button or a crash, resumes with `zoo.search(resume=ID)`; only `trials`, `max_time`, `target`,
    `strict`, `registry`, `artifacts`, `plugins_dir`, `progress` and the options of Ray can be combined with `resume`,
    since the search keeps all other options.

    Args:
        architectures: a name, or several.
        dataset: the name of a dataset, or a path.
        resume: the id of a search to resume: interrupted, or extended by `trials`, `max_time` or `target`.
        trials: the maximal number of trials; None: 10. With `resume`: extend the search to so many.
        algorithm: random, grid, bayesian, hyperband, tpe or asha; None: random, tpe for several objectives.
        objective: a metric such as "val_accuracy" or "val_f1", or several: then the best trials form a Pareto front.
        pruner: none or median: stop trials that are worse than others after an epoch.
        max_time: the time limit, as a number of seconds or as "90s", "10m", "1h30m".
        target: end the search when the objective reaches this value.
        keep: the number of best trials whose weights are stored.
        warm_start: "auto": the first trials have the best hyperparameters of earlier searches on similar datasets.
        workers: the number of concurrent trials, on Ray; None: one at a time.
        ray: the address of a Ray cluster, such as "10.0.0.1:6379".
        cpus_per_trial, gpus_per_trial: the resources of a trial on Ray.
        hyperparameters: name -> value of hyperparameters that are fixed instead of searched.
        epochs: the maximal number of epochs of a trial.

    All other options are those of `zoo.train`.

    Raises:
        ZooError: with one line that says what is wrong and what to do about it.
        InterruptedWork: it was stopped; the message names the search.
    """
    arguments = locals()
    plugins = load_all_plugins(plugins_dir)
    run = _resume(arguments) if resume is not None else _new_search(plugins, arguments)
    with (
        opened_registry(registry, artifacts, create=resume is None) as opened,
        watched_workspace(opened, plugins, progress, strict=strict) as workspace,
    ):
        ended, best = run(workspace)
        return SearchResult(ended, best, tuple(opened.runs(search=ended.id)))


# `import zoo.search.loop as loop` gets `search` from `zoo`, this function, and then looks the module up by its name.
search.__name__ = "zoo.search"


def _resume(arguments: Arguments) -> Callable[[Workspace], tuple[Search, Model]]:
    """Return a function that resumes a search; refuses options that have no effect then."""
    extending = ("trials", "max_time", "target")
    refuse_beside_resume(search, arguments, *extending, "workers", "ray", "cpus_per_trial", "gpus_per_trial")

    def run(workspace: Workspace) -> tuple[Search, Model]:
        from zoo import workflows
        from zoo.workflows import search as searches

        extended = extension(arguments)
        workflows.check_resuming(workspace, arguments["resume"], extended)
        return searches.resume(workspace, arguments["resume"], cluster(arguments), extended)

    return run


def _new_search(plugins: Plugins, arguments: Arguments) -> Callable[[Workspace], tuple[Search, Model]]:
    """Return a function that runs a new search; mistakes that need no TensorFlow are refused immediately."""
    from zoo.workflows.preflight import find_architectures

    if arguments["architectures"] is None or arguments["dataset"] is None:
        raise SearchError("name the architectures and the dataset, or give resume= the id of a search")
    names = join_names(arguments["architectures"], "architectures")
    find_architectures(plugins, names)
    dataset = dataset_reference(arguments["dataset"])
    training, searching = training_options(arguments), search_options(arguments)
    request: dict[str, Any] = {
        "hyperparameters": hyperparameter_values(arguments["hyperparameters"], freeze=arguments["freeze"]),
        "weights": weights_name(arguments["weights"]),
    }

    def run(workspace: Workspace) -> tuple[Search, Model]:
        from zoo import workflows
        from zoo.workflows import search as searches

        images = workflows.check_training(
            workspace, names, dataset, **request, image_size=training.image_size
        )
        return searches.search(
            workspace,
            names,
            images,
            search_options=searching,
            options=training,
            cluster=cluster(arguments),
            **request,
        )

    return run
