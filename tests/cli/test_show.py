"""The output of `zoo show`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.expected import model_fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUN = """\
run  ID
kind  {kind}
state  {state}
architecture  {architecture} 1, from PLUGINS/tiny.py
dataset  {dataset}, version 1
search  {search}
parent  {parent}
started  TIME
finished  TIME
hyperparameters  {hyperparameters}
settings  {settings}
environment  zoo=VERSION python=VERSION tensorflow=VERSION keras=VERSION{code}
error  {error}
"""
EPOCHS = """
epoch  loss  accuracy  val_loss  val_accuracy  seconds
  1  #.####  #.####  #.####  #.####  #.#
  2  #.####  #.####  #.####  #.####  #.#
"""
METRICS = "".join(
    f"photos v1  {split}  {name}  #.####\n"
    for split in ("test", "validation")
    for name in ("accuracy", "f1", "loss", "precision", "recall")
)


def test_show_model(zoo: Callable, trained: Path, plain: Callable) -> None:
    run = RUN.format(
        kind="finetune",
        state="completed",
        architecture="tiny",
        dataset="photos",
        search="–",
        parent="ID",
        hyperparameters=plain(zoo("show", "photos@best").out).split("hyperparameters  ")[1].split("\n")[0],
        settings="epochs=2 seed=0 patience=10 image_size=8 channels=1 keeps_head=False",
        code="",
        error="–",
    )
    assert plain(zoo("show", "photos@best").out) == (
        model_fields("photos", "2: cat, dog", has_parent=True)
        + f"made  TIME\nweights  sha256:DIGEST\n\n{run}{EPOCHS}\ndataset  split  metric  value\n{METRICS}"
    )


def test_show_a_model_with_children(zoo: Callable, trained: Path) -> None:
    child = json.loads(zoo("best", "photos", "--json").out)
    lines = zoo("show", child["parent_id"]).out.splitlines()
    assert ["children", child["id"]] in [line.split() for line in lines]


def test_show_run(zoo: Callable, trained: Path, plain: Callable) -> None:
    (run,) = json.loads(zoo("runs", "--kind", "train", "--json").out)
    assert plain(zoo("show", run["id"]).out) == (
        RUN.format(
            kind="train",
            state="completed",
            architecture="tiny",
            dataset="blobs",
            search="–",
            parent="–",
            hyperparameters="filters=2 optimizer=adam learning_rate=0.001 schedule=constant weight_decay=0 "
            "batch_size=32 pooling=avg head_units=0 dropout=0.2 output=softmax label_smoothing=0 "
            "freeze=none batchnorm=train head_epochs=0 unfreeze_epochs=0 unfreeze_rate=0.1 layer_decay=1 "
            "warmup_epochs=0 augmentation=none",
            settings="epochs=2 seed=0 patience=10 image_size=8 channels=1",
            code=" code=tiny:DIGEST",
            error="–",
        )
        + EPOCHS
    )


def test_show_a_failed_run_with_its_error(zoo: Callable, trained: Path) -> None:
    (run,) = json.loads(zoo("runs", "--state", "failed", "--json").out)
    assert zoo("show", run["id"]).out.rstrip().endswith("ValueError: a bad mood")


def test_show_search(zoo: Callable, trained: Path, plain: Callable) -> None:
    search = json.loads(zoo("searches", "--json").out)[1]
    assert plain(zoo("show", search["id"]).out) == (
        "search  ID\n"
        "state  completed\n"
        "architecture  tiny 1, from PLUGINS/tiny.py\n"
        "dataset  blobs, version 1\n"
        "algorithm  grid, seed 0\n"
        "objective  val_accuracy (max)\n"
        "fixed  filters=2 learning_rate=0.01 pooling=avg head_units=0 dropout=0\n"
        "settings  epochs=2 seed=0 patience=10 image_size=8 channels=1 pruner=none keep=3\n"
        "started  TIME\n"
        "finished  TIME\n"
        "best model  ID\n"
        "error  –\n"
        "\n"
        "trial  state  val_accuracy  curve  model  hyperparameters\n"
        "  1  completed  #.####  ▁█  ID  augmentation=none\n"
        "  2  completed  #.####  ▁█  ID  augmentation=light\n"
    )


def test_show_by_the_start_of_an_id(zoo: Callable, trained: Path) -> None:
    (model,) = json.loads(zoo("models", "--dataset", "photos", "--json").out)
    assert zoo("show", model["id"][:11]).out == zoo("show", model["id"]).out
