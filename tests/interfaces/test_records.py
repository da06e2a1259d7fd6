"""Records: derived values, and their tables in a notebook."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from tests.records import model
from zoo.interfaces import DatasetVersion, Evaluation


def test_the_images_of_a_version_are_those_of_all_splits_and_classes() -> None:
    counts = {"train": {"cat": 3, "dog": 4}, "validation": {"cat": 1, "dog": 0}, "test": {"cat": 0, "dog": 0}}
    version = DatasetVersion(
        id=1,
        name="pets",
        source="/pets",
        fingerprint="f" * 64,
        class_names=("cat", "dog"),
        counts=counts,
        version=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert version.images == 8


def test_a_model_is_summed_up_in_few_fields() -> None:
    assert model().summary() == {
        "model": "1a2b",
        "architecture": "tiny",
        "dataset": "pets, version 2",
        "val_accuracy": 0.5,
        "classes": "cat, dog",
        "input": "8×8, grayscale",
        "parameters": 106,
    }


def test_a_model_with_more_to_say_has_more_fields() -> None:
    names = tuple(f"c{number}" for number in range(9))
    summary = model(parent_id="5e6f", aliases=("best-yet",), channels=3, class_names=names).summary()
    assert (summary["parent"], summary["alias"], summary["input"]) == ("5e6f", "best-yet", "8×8, RGB")
    assert summary["classes"] == "c0, c1, c2, c3, c4, c5, c6, c7, …"


@pytest.mark.parametrize(
    ("metrics", "shown"),
    [
        ({}, ""),
        ({"val_accuracy": 0.98765, "val_loss": 1.0}, ", val_accuracy=0.9877"),
        ({"test_accuracy": 0.5, "val_accuracy": 1.0}, ", val_accuracy=1.0000, test_accuracy=0.5000"),
    ],
)
def test_a_model_is_written_in_one_line_with_its_accuracies(metrics: dict[str, float], shown: str) -> None:
    assert repr(model(metrics=metrics)) == (
        f"Model('1a2b', architecture='tiny', dataset='pets', dataset_version=2{shown})"
    )


def test_a_notebook_shows_a_model_as_a_table() -> None:
    html = model()._repr_html_()
    assert html.startswith("<table><caption>Model 1a2b</caption>")
    assert '<th scope="row">val_accuracy</th><td>0.5000</td>' in html


def test_a_notebook_shows_an_evaluation_with_its_classes() -> None:
    row = {"precision": 0.25, "recall": 0.5, "f1": 0.75, "images": 2}
    evaluation = Evaluation("test", {"accuracy": 1.0}, {"cat": row}, np.zeros(2), np.zeros((2, 1)))
    html = evaluation._repr_html_()
    assert "<caption>Evaluation on the test split, 2 images</caption>" in html
    assert '<th scope="row">cat</th><td>0.2500</td><td>0.5000</td><td>0.7500</td><td>2</td>' in html
