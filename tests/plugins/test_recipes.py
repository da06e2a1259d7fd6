"""The published recipes, by their command lines: each trains the network that its authors describe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from PIL import Image

from zoo.cli import run
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SIDE = 32  # pixels, where a recipe has 224: the network is the same, only smaller images go through it


@dataclass(frozen=True)
class Recipe:
    """The training that a command line should start.

    Args:
        command: as README has it, less the size and the number of epochs; `imagenet` becomes a weights file.
        trainable, frozen: numbers of parameters that train and that do not.
        layers: its last layers, see `described`.
        hyperparameters: those that are stored with the run, among others.
    """

    number: str
    command: str
    trainable: int
    frozen: int
    layers: tuple[str, ...]
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)


RECIPES = (
    Recipe(
        "1",
        "train convnet things --preset mobi-scan",
        trainable=32 * 28 + 64 * (9 * 32 + 1) + 128 * (9 * 64 + 1) + 128 * (4 * 4 * 128 + 1) + 4 * 129,
        frozen=0,
        layers=(
            *("Conv2D 32 3×3", "ReLU", "MaxPooling2D 2×2"),
            *("Conv2D 64 3×3", "ReLU", "MaxPooling2D 2×2"),
            *("Conv2D 128 3×3", "ReLU", "MaxPooling2D 2×2"),
            *("Flatten", "Dense 128 relu", "Dropout 0.5", "Dense 4 softmax"),
        ),
        hyperparameters={"augmentation": "classic"},
    ),
    Recipe(
        "2",
        "train resnet things --preset resnet20",
        # Table 6 of He et al. 2015: 0.27 million with 10 classes; what normalises keeps two statistics a channel.
        trainable=269_722 - 10 * 65 + 4 * 65,
        frozen=2 * 688,
        layers=("BatchNormalization", "Add", "ReLU", "GlobalAveragePooling2D", "Dense 4 softmax"),
        hyperparameters={
            "depth": 20,
            "width": 16,
            "shortcut": "A",
            "preactivation": False,
            "weight_decay": 1e-4,
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "schedule": "step",
            "augmentation": "light",
        },
    ),
    Recipe(
        "3",
        "train resnet50 things --weights imagenet --freeze all",
        trainable=4 * 2049,
        frozen=23_587_712,
        layers=("Add", "Activation relu", "GlobalAveragePooling2D", "Dropout 0.2", "Dense 4 softmax"),
        hyperparameters={"freeze": "all"},
    ),
    Recipe(
        "6 none",
        "train mobilenet pets --set alpha=0.25 --weights imagenet --freeze none",
        trainable=213_072 + 2 * 257,
        frozen=5_472,
        layers=("ReLU", "GlobalAveragePooling2D", "Dropout 0.2", "Dense 2 softmax"),
        hyperparameters={"alpha": 0.25, "freeze": "none"},
    ),
    Recipe(
        "6 some, 8",
        "train mobilenet pets --set alpha=0.25 --weights imagenet --freeze conv_pw_6",
        # Seven blocks of a depthwise and a pointwise convolution, both normalised, and the head.
        trainable=6 * 128 * 11 + 5 * 128 * 130 + 256 * 130 + 256 * 11 + 256 * 258 + 2 * 257,
        frozen=218_544 - (6 * 128 * 11 + 5 * 128 * 130 + 256 * 130 + 256 * 11 + 256 * 258),
        layers=("ReLU", "GlobalAveragePooling2D", "Dropout 0.2", "Dense 2 softmax"),
        hyperparameters={"alpha": 0.25, "freeze": "conv_pw_6"},
    ),
    Recipe(
        "6 all",
        "train mobilenet pets --set alpha=0.25 --weights imagenet --freeze all",
        trainable=2 * 257,
        frozen=218_544,
        layers=("ReLU", "GlobalAveragePooling2D", "Dropout 0.2", "Dense 2 softmax"),
        hyperparameters={"alpha": 0.25, "freeze": "all"},
    ),
    Recipe(
        "7",
        "train vgg16 pets --preset replace-last --weights imagenet",
        trainable=2 * 4097,
        frozen=14_714_688 + 4096 * 513 + 4096 * 4097,
        layers=("MaxPooling2D 2×2", "Flatten", "Dense 4096 relu", "Dense 4096 relu", "Dense 2 softmax"),
        hyperparameters={"fully_connected": True, "freeze": "all"},
    ),
    Recipe(
        "9",
        "train convnet fingers --preset fingers",
        trainable=6 * 28
        + 16 * (16 * 6 + 1)
        + 16 * (25 * 16 + 1)
        + 256 * (4 * 4 * 16 + 1)
        + 128 * 257
        + 4 * 129,
        frozen=0,
        layers=(
            *("Conv2D 6 3×3", "ReLU", "MaxPooling2D 2×2"),
            *("Conv2D 16 4×4", "ReLU", "MaxPooling2D 4×4"),
            *("Conv2D 16 5×5", "ReLU", "MaxPooling2D 2×2"),
            *("Flatten", "Dense 256 relu", "Dense 128 relu", "Dense 4 softmax"),
        ),
    ),
    Recipe(
        "10",
        "train mobilenet-v2 fingers --preset fingers-transfer --weights imagenet",
        trainable=100 * 1281 + 4 * 101,
        frozen=410_208,
        layers=("ReLU", "GlobalAveragePooling2D", "Dense 100 relu", "Dropout 0.5", "Dense 4 softmax"),
        hyperparameters={"alpha": 0.35, "pooling": "avg", "freeze": "all"},
    ),
    Recipe(
        "11",
        "train convnet xray --preset chest-xray",
        trainable=32 * 28 + 32 * (9 * 32 + 1) + 64 * (9 * 32 + 1) + 64 * (4 * 4 * 64 + 1) + 65,
        frozen=0,
        layers=(
            *("Conv2D 32 3×3", "ReLU", "MaxPooling2D 2×2"),
            *("Conv2D 32 3×3", "ReLU", "MaxPooling2D 2×2"),
            *("Conv2D 64 3×3", "ReLU", "MaxPooling2D 2×2"),
            *("Flatten", "Dense 64 relu", "Dropout 0.5", "Dense 1 sigmoid"),
        ),
        hyperparameters={"optimizer": "rmsprop", "schedule": "constant", "output": "sigmoid"},
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds images for each recipe, and a weights file for each network that starts from one."""
    folder = tmp_path_factory.mktemp("recipes")
    draw(folder / "things", ("cup", "key", "pen", "shoe"))
    draw(folder / "fingers", ("none", "one", "two", "three"))
    draw(folder / "pets", ("cat", "dog"))
    for split in ("train", "val", "test"):
        draw(folder / "xray" / split, ("NORMAL", "PNEUMONIA"))
    applications, shape = keras.applications, (SIDE, SIDE, 3)
    for name, network in (
        ("mobilenet", applications.MobileNet(shape, alpha=0.25, include_top=False, weights=None)),
        ("mobilenet-v2", applications.MobileNetV2(shape, alpha=0.35, include_top=False, weights=None)),
        ("resnet50", applications.ResNet50(include_top=False, weights=None, input_shape=shape)),
        ("vgg16", applications.VGG16(True, None, input_shape=shape, classes=10)),
    ):
        network.save_weights(folder / f"{name}.weights.h5")
    return folder


def draw(root: Path, classes: tuple[str, ...]) -> None:
    """12 images of each class, each class of its own brightness."""
    rng = np.random.default_rng(0)
    for number, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        noise = rng.integers(0, 50, (12, SIDE, SIDE, 3)) + 50 * number
        for index, image in enumerate(noise.astype(np.uint8)):
            Image.fromarray(image).save(root / name / f"{index:02}.png")


def described(graph: Mapping[str, Any]) -> list[str]:
    """Each layer in a few words, such as `Dense 128 relu` or `MaxPooling2D 2×2`, from the pixels on."""
    lines = []
    for layer in graph["config"]["layers"]:
        config = layer["config"]
        words = [config.get(name) for name in ("filters", "units", "rate")]
        words += ["×".join(map(str, config.get(name) or ())) for name in ("kernel_size", "pool_size")]
        words += [config.get("activation") if config.get("activation") != "linear" else None]
        lines.append(" ".join([layer["class_name"], *(str(word) for word in words if word)]))
    return lines


QUICK = ("1", "9", "11")


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(recipe, id=recipe.number, marks=[pytest.mark.large] * (recipe.number not in QUICK))
        for recipe in RECIPES
    ],
)
def test_recipe(recipe: Recipe, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ZOO_REGISTRY", str(tmp_path / "registry.db"))
    command = recipe.command.split()
    arguments = [f"./{command[1]}.weights.h5" if word == "imagenet" else word for word in command]
    assert run([*arguments, "--image-size", str(SIDE), "--epochs", "1"]) == 0
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        (model,) = registry.models()
        hyperparameters = registry.run(model.run_id).plan.hyperparameters
        layers = described(registry.load_content(model.id).graph)
    assert tuple(layers[-len(recipe.layers) :]) == recipe.layers
    counts = (model.trainable_parameters, model.parameters - model.trainable_parameters)
    assert counts == (recipe.trainable, recipe.frozen)
    assert {name: hyperparameters[name] for name in recipe.hyperparameters} == recipe.hyperparameters
