"""The settings of runs and searches: named as their options, and only those that were asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.plans import CANDIDATE, RUN_PLAN, SEARCH_PLAN, candidates, changed
from zoo.cli.settings import run_settings, search_settings
from zoo.interfaces import Weights

USUAL = {"epochs": 3, "seed": 0, "patience": 10, "image_size": 8, "channels": 1}


def test_a_plain_run_has_only_the_common_settings() -> None:
    assert run_settings(RUN_PLAN) == USUAL


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"class_weights": "balanced"}, {"class_weights": "balanced"}),
        ({"oversample": True}, {"oversample": True}),
        ({"steps_per_epoch": 7}, {"steps_per_epoch": 7}),
        ({"fraction": 0.5}, {"fraction": 0.5}),
        ({"mode": "on"}, {"cache_features": "on"}),
        ({"dtype": "float16"}, {"cache_dtype": "float16"}),
        ({"copies": 2}, {"cache_copies": 2}),
        ({"preset": "wide"}, {"preset": "wide"}),
        ({"keeps_head": False}, {"keeps_head": False}),
        ({"data_check": {"blank": 2, "copies": 1}}, {"data_check": "blank:2,copies:1"}),
        ({"weights": Weights("imagenet")}, {"weights": "imagenet"}),
        ({"weights": Weights("/w.h5", "ab" * 32)}, {"weights": "/w.h5", "weights_sha256": "ab" * 32}),
    ],
)
def test_settings_are_shown_under_the_names_of_their_options(
    values: dict[str, Any], shown: dict[str, object]
) -> None:
    assert run_settings(changed(RUN_PLAN, **values)) == {**USUAL, **shown}


def test_a_size_that_an_older_zoo_did_not_record_is_left_out() -> None:
    settings = run_settings(changed(RUN_PLAN, image_size=0, channels=0))
    assert settings == {"epochs": 3, "seed": 0, "patience": 10}


def test_a_search_has_its_own_options_too() -> None:
    plan = changed(SEARCH_PLAN, keep=2, target=0.9, max_seconds=60.0, parent_id="abc")
    assert search_settings(plan) == {
        **USUAL,
        "parent": "abc",
        "pruner": "none",
        "max_seconds": 60.0,
        "target": 0.9,
        "keep": 2,
    }


def test_of_several_architectures_each_has_its_name_in_front() -> None:
    first, second = candidates("tiny", "large")
    plan = changed(SEARCH_PLAN, candidates=(first, replace(second, image_size=16, channels=3)))
    assert search_settings(plan) == {
        "epochs": 3,
        "seed": 0,
        "patience": 10,
        "tiny/image_size": CANDIDATE.image_size,
        "tiny/channels": CANDIDATE.channels,
        "large/image_size": 16,
        "large/channels": 3,
        "pruner": "none",
    }
