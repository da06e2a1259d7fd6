"""The options of a training, from those of the command line. No TensorFlow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.architectures import TINY
from zoo.errors import HyperparameterError, UnknownNameError
from zoo.interfaces import FeatureOptions, Sampling, TrainingOptions
from zoo.workflows.options import preset_of, report_sampling, training_options

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.workflows import Workspace


def test_each_option_goes_where_it_belongs() -> None:
    assert training_options(
        epochs=3,
        seed=1,
        patience=2,
        image_size=8,
        class_weights="balanced",
        fraction=0.5,
        cache_features="on",
    ) == TrainingOptions(3, 1, 2, 8, Sampling("balanced", fraction=0.5), FeatureOptions("on"))


def test_defaults_are_those_of_the_options() -> None:
    assert training_options() == TrainingOptions()


@pytest.mark.parametrize(
    "options",
    [{"fraction": 0.0}, {"cache_features": "sometimes"}, {"class_weights": "balanced", "oversample": True}],
)
def test_a_wrong_option_is_refused(options: dict) -> None:
    with pytest.raises(HyperparameterError):
        training_options(**options)


@pytest.mark.parametrize(("sampling", "notices"), [(Sampling(), 0), (Sampling(fraction=0.5), 1)])
def test_a_notice_says_where_an_epoch_is_not_all_images(
    workspace: Workspace, decoded: DecodedDataset, sampling: Sampling, notices: int
) -> None:
    report_sampling(workspace, decoded, sampling)
    assert len(workspace.progress.notices) == notices


PRESETS = replace(TINY, presets={"wide": {"filters": 8}})


@pytest.mark.parametrize(("name", "values"), [(None, {}), ("wide", {"filters": 8})])
def test_a_preset_has_its_values(name: str | None, values: dict) -> None:
    assert preset_of(PRESETS, name) == values


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown preset 'wid': did you mean 'wide'"):
        preset_of(PRESETS, "wid")
