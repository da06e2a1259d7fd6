"""The settings of a run or a search besides its hyperparameters, for `zoo show` and `zoo compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.interfaces import FeatureOptions, Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import CandidatePlan, RunPlan, SearchPlan, TrainingOptions

    Settings = dict[str, object]


def run_settings(plan: RunPlan) -> Settings:
    """Return the settings of a run by the names of their options, without those that have no value."""
    return _without_none(
        {
            **_of_training(plan.training),
            **_of_candidate(plan.candidate),
            "preset": plan.preset,
            **_of_check(plan.data_check),
        }
    )


def search_settings(plan: SearchPlan) -> Settings:
    """Return the settings of a search; with several architectures, those of each have its name as prefix."""
    settings = _of_training(plan.training)
    for candidate in plan.candidates:
        prefix = "" if len(plan.candidates) == 1 else f"{candidate.architecture}/"
        settings |= {f"{prefix}{name}": value for name, value in _of_candidate(candidate).items()}
    options = plan.options
    return _without_none(
        {
            **settings,
            "parent": plan.parent_id,
            **_of_check(plan.data_check),
            "pruner": options.pruner,
            "max_seconds": options.max_seconds,
            "target": options.target,
            "keep": options.keep,
        }
    )


def _of_training(training: TrainingOptions) -> Settings:
    sampling, features = training.sampling, training.features
    default_features, default_sampling = FeatureOptions(), Sampling()
    return {
        "epochs": training.epochs,
        "seed": training.seed,
        "patience": training.patience,
        "class_weights": sampling.class_weights,
        "oversample": sampling.oversample or None,
        "steps_per_epoch": sampling.steps_per_epoch,
        "fraction": None if sampling.fraction == default_sampling.fraction else sampling.fraction,
        "cache_features": None if features.mode == default_features.mode else features.mode,
        "cache_dtype": None if features.dtype == default_features.dtype else features.dtype,
        "cache_copies": features.copies,
    }


def _of_candidate(candidate: CandidatePlan) -> Settings:
    weights = candidate.weights
    return {
        "image_size": candidate.image_size or None,
        "channels": candidate.channels or None,
        "weights": weights.shown if weights else None,
        "weights_sha256": weights.sha256 if weights else None,
        "keeps_head": candidate.keeps_head,
    }


def _of_check(check: Mapping[str, int]) -> Settings:
    return {
        "data_check": ",".join(f"{name}:{count}" for name, count in check.items()) or None,
    }


def _without_none(settings: Settings) -> Settings:
    return {name: value for name, value in settings.items() if value is not None}
