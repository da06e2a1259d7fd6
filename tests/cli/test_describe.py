"""A model as people look at it, and the note on one that was trained on images of the test split."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.plans import RUN_PLAN, changed
from tests.records import model
from zoo.cli.describe import leakage_note, model_fields
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
    assert {model["id"]: model["leaked_test_images"] for model in listed} == {
        models["clean"]: 0,
        models["leaky"]: 12,
    }


@pytest.mark.parametrize("command", [("best", "photos"), ("show", "photos@best")])
def test_best_and_show_say_so_beside_the_metrics(
    command: tuple[str, str], zoo: Callable, models: dict[str, str], plain: Callable
) -> None:
    out = plain(zoo(*command).out)
    assert "\ntest accuracy  –\nleakage  trained on 12 images of the test split\nclasses  2" in out


def test_show_of_a_clean_model_does_not_mention_it(zoo: Callable, models: dict[str, str]) -> None:
    assert "leakage" not in zoo("show", models["clean"]).out


def test_compare_says_so_below_the_table(zoo: Callable, models: dict[str, str]) -> None:
    assert zoo("compare", models["clean"], models["leaky"]).err == NOTE.format(**models)


# Fields --------------------------------------------------------------------------------------------------


def test_a_model_is_described_with_its_commands() -> None:
    assert model_fields(model(channels=3)) == {
        "model": "1a2b",
        "architecture": "tiny",
        "dataset": "pets, version 2",
        "val accuracy": 0.5,
        "test accuracy": None,
        "classes": "2: cat, dog",
        "input": "8×8, RGB",
        "parameters": 106,
        "size": "424 B",
        "predict": "zoo predict 1a2b IMAGE…",
        "fine-tune": "zoo finetune 1a2b DATASET --freeze all",
    }


def test_another_metric_stands_beside_the_accuracy() -> None:
    fields = model_fields(model(metrics={"val_accuracy": 0.5, "val_f1": 0.25}), metric="f1")
    assert (fields["val accuracy"], fields["val f1"], fields["test f1"]) == (0.5, 0.25, None)


def test_of_many_classes_the_first_eight_are_named() -> None:
    names = tuple(f"c{number}" for number in range(10))
    assert model_fields(model(class_names=names))["classes"] == "10: c0, c1, c2, c3, c4, c5, c6, c7, …"


@pytest.mark.parametrize(("deleted", "parent"), [(False, "5e6f"), (True, "5e6f (deleted)")])
def test_a_deleted_parent_is_marked(deleted: bool, parent: str) -> None:
    assert model_fields(model(parent_id="5e6f", parent_deleted=deleted))["parent"] == parent


def test_aliases_have_their_dataset_in_front() -> None:
    assert model_fields(model(aliases=("old", "new")))["alias"] == "pets@old, pets@new"


def test_models_that_leak_alike_share_a_note() -> None:
    models = [
        model(id=name, leaked_test_images=count)
        for name, count in (("a", 1), ("b", 0), ("c", 1), ("d", 1200))
    ]
    assert leakage_note(models) == (
        "trained on 1 image of the test split: a, c; trained on 1,200 images of the test split: d "
        "(their test metrics are too good)"
    )
