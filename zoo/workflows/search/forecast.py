"""What a search would do, without doing it: its space, how large that is, and how long it may take."""

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keras_tuner import HyperParameters

    from zoo.data.cache import DecodedDataset
    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import Epoch, HyperparameterValue
    from zoo.workflows.search.candidates import Candidate
    from zoo.workflows.workspace import Workspace

PROBE_STEPS = 50
"""An epoch is taken to last as long, step by step, as so many steps and one validation."""


@dataclass(frozen=True)
class Forecast:
    """What is known of a search before it starts.

    Args:
        space: as `keras_tuner.HyperParameters.get_config` gives it.
        combinations: how many different trials there can be at most; None: endlessly many.
        trials, epochs: the most that there will be.
        epoch_seconds: architecture -> how long an epoch of its defaults takes on this machine.
        seconds: how long the search takes if each trial goes through all its epochs; it most often takes less.
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
    """See what `zoo.workflows.search.search` would do. Two short epochs of each architecture's defaults are trained.

    Raises:
        ZooError: whatever the search itself would say before its first trial.
    """
    options, wanted = options or TrainingOptions(), search_options or SearchOptions()
    opened = workspace.open_dataset(dataset)
    candidates = find_candidates(workspace, architecture_names, opened, options.image_size, weights)
    declared = declare_space(candidates, opened.images.class_names, hyperparameters or {}, options.seed)
    if any(declared.each[one.name].get("freeze") != "none" for one in candidates):
        workspace.progress.notice(
            "counted as if frozen layers were computed in each epoch: a search may be quicker"
        )
    startups, epochs = [], {}
    for one in candidates:
        decoded = decode(workspace, opened, one.shape)
        startup, epochs[one.name] = _measure(one, declared.each[one.name], decoded, options)
        startups.append(startup)
    different = read(declared.joint).combinations()
    trials = wanted.trials if different is None else min(wanted.trials, different)
    each = mean(startups) + options.epochs * mean(epochs.values())
    return Forecast(declared.joint.get_config(), different, trials, options.epochs, epochs, trials * each)


def _measure(
    candidate: Candidate, space: HyperParameters, decoded: DecodedDataset, options: TrainingOptions
) -> tuple[float, float]:
    """Seconds that the first epoch takes more than others, and those of an epoch."""
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
    seen: list[Epoch] = []

    def on_epoch(epoch: Epoch, _: object) -> bool:
        seen.append(epoch)
        return False

    fit(classifier, decoded, hp.values, settings, on_epoch)
    first, second = (epoch.seconds for epoch in seen)
    return max(0.0, first - second), second * steps / probed
