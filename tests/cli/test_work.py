"""What the commands that train, measure and apply models print."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = """\
model  ID
architecture  tiny
dataset  {dataset}, version 1
{parent}val accuracy  #.####
test accuracy  #.####
classes  2: {classes}
input  8×8, grayscale
parameters  106
size  424 B
predict  zoo predict ID IMAGE…
fine-tune  zoo finetune ID DATASET --freeze all
"""
EPOCH = "epoch  1/1  loss #.####  acc #.####  val_loss #.####  val_acc #.####  #.# s\n"


def test_train(zoo: Callable, plain: Callable) -> None:
    result = zoo("train", "tiny", "blobs", "--epochs", 1)
    assert plain(result.out) == MODEL.format(dataset="blobs", parent="", classes="dark, light")
    assert plain(result.err) == (
        f"· reading blobs …\n· 106 trainable and 0 non-trainable parameters\nrun ID: tiny on blobs\n{EPOCH}"
    )


def test_finetune(zoo: Callable, trained: Path, photos: Path, plain: Callable) -> None:
    (photos / "cat" / "00.png").unlink()  # or else it were the known dataset in another place
    result = zoo("finetune", "blobs@best", photos, "--epochs", 1, "--freeze", "all")
    assert plain(result.out) == MODEL.format(dataset="photos-2", parent="parent  ID\n", classes="cat, dog")
    assert plain(result.err) == (
        f"· reading {photos} …\n"
        "· images become 8×8 grayscale, as model ID takes them\n"
        "· new head for 2 classes: cat, dog\n"
        "· called photos-2 here: photos is another dataset\n"
        "· parameters by stage; frozen: front_conv … back_conv (2 layers)\n"
        "  stage  layers  trainable  non-trainable\n"
        "  front  1  0  20\n"
        "  back  1  0  76\n"
        "  head  1  10  0\n"
        "  total  3  10  96\n"
        "run ID: tiny on photos-2\n"
        f"· frozen layers are computed in each epoch: that takes under 1 s in all\n{EPOCH}"
    )


def test_search(zoo: Callable, plain: Callable) -> None:
    held = ["--set", "learning_rate=0.01", "--set", "pooling=avg", "--set", "head_units=0"]
    held += ["--set", "dropout=0", "--set", "filters=2"]
    result = zoo("search", "tiny", "blobs", "--algorithm", "grid", "--epochs", 1, *held)
    model = MODEL.format(dataset="blobs", parent="", classes="dark, light")
    assert plain(result.out) == f"search  ID\n{model}"
    assert plain(result.err) == (
        "· reading blobs …\n"
        "search ID: grid, up to 10 trials of tiny on blobs, 1 hyperparameter searched\n"
        "trial 1/10  completed  val_accuracy #.####  augmentation=none\n"
        "trial 2/10  completed  val_accuracy #.####  augmentation=light\n"
    )


def test_evaluate(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert plain(zoo("evaluate", "blobs@best", "blobs").out) == (
        "model  ID\n"
        "dataset  blobs, version 1, test split, 18 images\n"
        "accuracy  #.####\n"
        "loss  #.####\n"
        "f1  #.####\n"
        "precision  #.####\n"
        "recall  #.####\n"
        "\n"
        "class  precision  recall  f1  images\n"
        "dark  #.####  #.####  #.####  9\n"
        "light  #.####  #.####  #.####  9\n"
    )


def test_evaluate_keeps_the_metrics(zoo: Callable, trained: Path) -> None:
    zoo("evaluate", "blobs@best", "blobs-reversed", "--split", "train")
    metrics = json.loads(zoo("show", "blobs@best", "--json").out)["metrics"]
    assert {"precision", "recall", "f1", "loss", "accuracy"} == {
        one["name"] for one in metrics if (one["dataset"], one["split"]) == ("blobs-reversed", "train")
    }


def test_predict(zoo: Callable, trained: Path, photos: Path) -> None:
    files = ["photos/cat/00.png", "photos/dog/00.png"]
    told = json.loads(zoo("predict", "photos@best", *files, "--json").out)
    tops = ["  ".join(f"{name} {p:.1%}" for name, p in row["probabilities"].items()) for row in told]
    assert zoo("predict", "photos@best", *files).out == (
        "file               class  top 3\n"
        + "".join(
            f"{file}  {row['class']}    {top}\n" for file, row, top in zip(files, told, tops, strict=True)
        )
    )


def test_predict_shows_as_many_classes_as_asked(zoo: Callable, trained: Path, photos: Path) -> None:
    (told,) = json.loads(zoo("predict", "photos@best", "photos/cat/00.png", "--top", 1, "--json").out)
    assert list(told["probabilities"]) == [told["class"]]
