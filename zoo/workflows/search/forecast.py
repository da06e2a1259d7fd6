"""Forecasts a search without running it: its space, the size of the space, and the time it may take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean
from typing import TYPE_CHECKING

from zoo.data.batches import count_steps
from zoo.interfaces import FeatureOptions, SearchOptions, TrainingOptions
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE
from zoo.models.space import choose, read
from zoo.training.fit import FitSettings, fit, start_fresh
from zoo.workflows.images import decode
from zoo.workflows.search.candidates import find_candidates
from zoo.workflows.search.space import declare_space
from zoo.workflows.weights import showing_refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keras_tuner import HyperParameters

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Epoch, HyperparameterValue
    from zoo.workflows.search.candidates import Candidate
    from zoo.workflows.workspace import Workspace

PROBE_STEPS = 50
"""The time of an epoch is extrapolated from so many steps and one validation."""


@dataclass(frozen=True)
class Forecast:
    """A forecast of a search.

    Args:
        space: as `keras_tuner.HyperParameters.get_config` returns it.
        combinations: the number of different trials; None: infinitely many.
        trials, epochs: the maximum numbers.
        epoch_seconds: architecture -> the time of an epoch with its defaults on this machine.
        seconds: the time of the search if each trial trains for all its epochs, which most trials do not.
    """

    space: Mapping[str, object]
    combinations: int | None
    trials: int
    epochs: int
    epoch_seconds: Mapping[str, float]
    seconds: float


def forecast_search(
    workspace: Workspace,
    architecture_names: str,
    dataset: str | OpenedDataset,
    *,
    search_options: SearchOptions | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    weights: str | None = None,
    options: TrainingOptions | None = None,
) -> Forecast:
    """Forecast `zoo.workflows.search.search` after two short epochs of each architecture with its defaults.

    Raises:
        ZooError: as the search itself would before its first trial.
    """
    options, search_options = options or TrainingOptions(), search_options or SearchOptions()
    opened = workspace.open_dataset(dataset)
    candidates = find_candidates(workspace, architecture_names, opened, options.image_size, weights)
    with showing_refused(workspace.progress):
        declared = declare_space(
            candidates, opened.images.class_names, hyperparameters or {}, options.seed, workspace.progress
        )
    if any(declared.each[candidate.name].get("freeze") != "none" for candidate in candidates):
        workspace.progress.notice(
            "estimated as if frozen layers were computed in each epoch: a search may be quicker"
        )
    startups, epochs = [], {}
    for candidate in candidates:
        decoded = decode(workspace, opened, candidate.shape)
        startup, epochs[candidate.name] = _measure(candidate, declared.each[candidate.name], decoded, options)
        startups.append(startup)
    combinations = read(declared.joint).combinations()
    trials = search_options.trials if combinations is None else min(search_options.trials, combinations)
    each = mean(startups) + options.epochs * mean(epochs.values())
    return Forecast(declared.joint.get_config(), combinations, trials, options.epochs, epochs, trials * each)


def _measure(
    candidate: Candidate, space: HyperParameters, decoded: DecodedDataset, options: TrainingOptions
) -> tuple[float, float]:
    """Return the additional seconds of the first epoch, and the seconds of an epoch."""
    start_fresh(options.seed)
    hp = choose(space, {})
    classifier = candidate.build(hp, decoded.class_names)
    steps = count_steps(decoded, int(hp.get("batch_size")), options.sampling)
    probed = min(steps, PROBE_STEPS)
    settings = FitSettings(
        2,
        options.seed,
        2,
        DEFAULT_OBJECTIVE,
        sampling=replace(options.sampling, steps_per_epoch=probed),
        features=FeatureOptions("off"),
    )
    epochs_done: list[Epoch] = []

    def on_epoch(epoch: Epoch, _: object) -> bool:
        epochs_done.append(epoch)
        return False

    fit(classifier, decoded, hp.values, settings, on_epoch)
    first, second = (epoch.seconds for epoch in epochs_done)
    return max(0.0, first - second), second * steps / probed
