"""The story that zoo is for: search on real images, find the best model, tune it on a folder of photos."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.cli import run

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = {"fire": (200, 80, 40), "water": (40, 80, 200)}


@dataclass(frozen=True)
class Story:
    """The folder of the story, and the output of each command."""

    folder: Path
    search: dict[str, Any]
    best: dict[str, Any]
    tuned: dict[str, Any]
    predictions: list[dict[str, Any]]
    evaluation: dict[str, Any]


def draw_photos(root: Path) -> None:
    """40 JPEGs of 48×36 of each class, noise around the colour of the class."""
    rng = np.random.default_rng(0)
    for name, colour in CLASSES.items():
        (root / name).mkdir(parents=True)
        for number in range(40):
            pixels = np.clip(np.array(colour) + rng.normal(0, 30, (36, 48, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{number:02}.jpg")


def answer(*arguments: object) -> Any:
    with redirect_stdout(StringIO()) as out:
        assert run([*map(str, arguments), "--json"]) == 0
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")
    draw_photos(folder / "photos")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ZOO_CACHE", str(folder / "cache"))
        for name in ("ZOO_REGISTRY", "ZOO_ARTIFACTS", "ZOO_PLUGINS_DIR"):
            patch.delenv(name, raising=False)
        return Story(
            folder=folder,
            search=answer("search", "convnet", "digits", "--trials", 2, "--epochs", 3),
            best=answer("best", "digits"),
            tuned=answer("finetune", "digits@best", "./photos", "--freeze", 2, "--epochs", 12),
            predictions=answer("predict", "photos@best", "photos/fire/00.jpg", "photos/water/00.jpg"),
            evaluation=answer("evaluate", "photos@best", "photos"),
        )


def test_the_search_finds_a_good_model(story: Story) -> None:
    assert story.search["model"]["metrics"]["test_accuracy"] > 0.9


def test_the_best_model_is_that_of_the_search(story: Story) -> None:
    assert story.best["id"] == story.search["model"]["id"]


def test_the_tuned_model_comes_from_the_best(story: Story) -> None:
    assert (story.tuned["parent_id"], story.tuned["class_names"]) == (story.best["id"], list(CLASSES))


def test_the_tuned_model_takes_the_inputs_of_its_parent(story: Story) -> None:
    assert (story.tuned["image_size"], story.tuned["channels"]) == (8, 1)


def test_the_tuned_model_distinguishes_the_photos(story: Story) -> None:
    assert [prediction["class"] for prediction in story.predictions] == list(CLASSES)


def test_evaluating_confirms_the_metrics_of_the_training(story: Story) -> None:
    assert story.evaluation["metrics"]["accuracy"] == pytest.approx(story.tuned["metrics"]["test_accuracy"])


def test_python_finds_the_same_best_model(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(story.folder)
    with zoo.open_registry() as registry:
        best = registry.best("digits")
    assert (best.id, best.metrics) == (story.best["id"], story.best["metrics"])
