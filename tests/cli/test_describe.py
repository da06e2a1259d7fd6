"""What the commands say of a model that was trained on images of the test split."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.plans import RUN_PLAN, changed
from zoo.interfaces import TEST_IN_TRAIN, DatasetContent, Evaluation, ModelContent, RunKind
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAN = changed(RUN_PLAN, kind=RunKind.TRAIN, hyperparameters={"filters": 2})
CONTENT = ModelContent({}, 8, 1, ("one", "two"), (), (), {"kernel": np.zeros((2, 2), "float32")}, ())
DATASET = DatasetContent(
    name="photos", source="/photos", fingerprint="a" * 64, class_names=("one", "two"), counts={}
)
NOTE = "trained on 12 images of the test split: {leaky} (their test metrics are too good)\n"


@pytest.fixture
def models(tmp_path: Path) -> dict[str, str]:
    """The ids of a `clean` model and of a `leaky` one, which is the better."""
    ids = {}
    with open_registry(tmp_path / "registry.db", create=True) as registry:
        version = registry.record_dataset(DATASET)
        for name, accuracy, check in (("clean", 0.5, {}), ("leaky", 0.9, {TEST_IN_TRAIN: 12})):
            run = registry.start_run(changed(PLAN, data_check=check), version)
            metrics = {"accuracy": accuracy, "loss": 0.5}
            evaluation = Evaluation("validation", metrics, {}, np.array([0]), np.ones((1, 2), "float32"))
            ids[name] = registry.complete_run(run.id, CONTENT, (evaluation,)).id
    return ids


def test_models_says_so_below_the_table(zoo: Callable, models: dict[str, str]) -> None:
    result = zoo("models")
    assert (len(result.out.splitlines()), result.err) == (3, NOTE.format(**models))


def test_models_in_json_have_the_number(zoo: Callable, models: dict[str, str]) -> None:
    listed = json.loads(zoo("models", "--json").out)
    assert {one["id"]: one["leaked_test_images"] for one in listed} == {
        models["clean"]: 0,
        models["leaky"]: 12,
    }


@pytest.mark.parametrize("command", [("best", "photos"), ("show", "photos@best")])
def test_best_and_show_say_so_beside_the_metrics(
    command: tuple[str, str], zoo: Callable, models: dict[str, str], plain: Callable
) -> None:
    out = plain(zoo(*command).out)
    assert "\ntest accuracy  –\nleakage  trained on 12 images of the test split\nclasses  2" in out


def test_show_of_a_clean_model_has_no_word_of_it(zoo: Callable, models: dict[str, str]) -> None:
    assert "leakage" not in zoo("show", models["clean"]).out


def test_compare_says_so_below_the_table(zoo: Callable, models: dict[str, str]) -> None:
    assert zoo("compare", models["clean"], models["leaky"]).err == NOTE.format(**models)
