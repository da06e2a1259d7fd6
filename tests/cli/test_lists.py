"""What the commands that list things print."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.plans import SEARCH_PLAN
from zoo.interfaces import DatasetContent, State
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

NO_REGISTRY = "Error: no registry at {}: train or search something first, or name one with --registry\n"

DATASET = DatasetContent(
    name="photos", source="/photos", fingerprint="a" * 64, class_names=("one", "two"), counts={}
)


def test_models(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert plain(zoo("models").out) == (
        "model  architecture  dataset  val acc  test acc  params  size  parent  made\n"
        "ID  tiny  photos v1  #.####  #.####  106  424 B  ID  TIME\n"
        "ID  tiny  blobs v1  #.####  #.####  106  424 B  –  TIME\n"
        "ID  tiny  blobs v1  #.####  #.####  106  424 B  –  TIME\n"
        "ID  tiny  blobs v1  #.####  #.####  106  424 B  –  TIME\n"
    )


def test_models_of_a_dataset(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert plain(zoo("models", "--dataset", "photos").out) == (
        "model  architecture  dataset  val acc  test acc  params  size  parent  made\n"
        "ID  tiny  photos v1  #.####  #.####  106  424 B  ID  TIME\n"
    )


def test_no_models_of_an_architecture(zoo: Callable, trained: Path) -> None:
    result = zoo("models", "--architecture", "resnet")
    assert (result.code, result.out) == (0, "no such model\n")


def test_numbers_stand_to_the_right(zoo: Callable, trained: Path) -> None:
    lines = zoo("models").out.splitlines()
    end = lines[0].index("params") + len("params")
    assert {line[end - 4 : end] for line in lines[1:]} == {" 106"}


def test_runs(zoo: Callable, trained: Path, plain: Callable) -> None:
    out = re.sub(r"  \d+  ", "  N  ", plain(zoo("runs").out))
    assert out == (
        "run  kind  state  architecture  dataset  model  seconds  search  started\n"
        "ID  finetune  completed  tiny  photos v1  ID  N  –  TIME\n"
        "ID  trial  failed  moody  blobs v1  –  N  ID  TIME\n"
        "ID  trial  completed  tiny  blobs v1  ID  N  ID  TIME\n"
        "ID  trial  completed  tiny  blobs v1  ID  N  ID  TIME\n"
        "ID  train  completed  tiny  blobs v1  ID  N  –  TIME\n"
    )


def test_runs_in_a_state(zoo: Callable, trained: Path) -> None:
    lines = zoo("runs", "--state", "failed").out.splitlines()
    assert (len(lines), lines[1].split()[1:4]) == (2, ["trial", "failed", "moody"])


def test_searches(zoo: Callable, trained: Path, plain: Callable) -> None:
    result = zoo("searches")
    assert plain(result.out) == (
        "search  state  architecture  dataset  trials  best model  algorithm  started\n"
        "ID  failed  moody  blobs v1  0/1  –  random  TIME\n"
        "ID  completed  tiny  blobs v1  2/10  ID  grid  TIME\n"
    )
    assert plain(result.err) == "go on with: zoo search --resume ID\n"


def test_each_search_that_is_neither_completed_nor_running_has_the_command_that_resumes_it(
    zoo: Callable, tmp_path: Path
) -> None:
    path = tmp_path / "other.db"
    with open_registry(path) as registry:
        photos = registry.record_dataset(DATASET)
        ids = [registry.start_search(SEARCH_PLAN, photos).id for _ in range(4)]
        for identity, state in zip(ids, (State.COMPLETED, State.FAILED, State.INTERRUPTED), strict=False):
            registry.end_search(identity, state)
    resuming = f"go on with: zoo --registry {path} search --resume"
    assert zoo("--registry", path, "searches").err == f"{resuming} {ids[2]}\n{resuming} {ids[1]}\n"


def test_architectures(zoo: Callable, plain: Callable) -> None:
    head, *rows = plain(zoo("architectures").out).splitlines()
    assert head == "architecture  pixels a side  summary  presets  from"
    assert {
        "convnet  ≥ 8  stacked convolution and pooling blocks  fingers, mobi-scan, chest-xray  keras-zoo VERSION",
        "large  ≥ 16  colour only  –  PLUGINS/tiny.py",
        "moody  ≥ 4  fails at times  –  PLUGINS/tiny.py",
        (
            "resnet  32 (≥ 16)  residual network for small images, from scratch  "
            "resnet20, resnet32, resnet56  keras-zoo VERSION"
        ),
        "tiny  ≥ 4  two convolutions  wide  PLUGINS/tiny.py",
    } <= set(rows)


def test_architectures_are_in_the_order_that_people_count(zoo: Callable) -> None:
    names = [line.split()[0] for line in zoo("architectures").out.splitlines()]
    assert names.index("resnet") < names.index("resnet50") < names.index("resnet101")


def test_datasets(zoo: Callable, trained: Path, trained_folder: Path, plain: Callable) -> None:
    assert plain(zoo("datasets").out).replace(str(trained_folder), "FOLDER") == (
        "dataset  summary  source  reference\n"
        "blobs  noise of 2 kinds  plugin blobs  none\n"
        "blobs-reversed  noise of 2 kinds  plugin blobs-reversed  none\n"
        "cifar10  60,000 photos of animals and vehicles, 32×32 RGB, 10 classes; downloaded by Keras  plugin cifar10  "
        "Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html\n"
        "cifar100  60,000 photos of things of all kinds, 32×32 RGB, 100 classes; downloaded by Keras  plugin cifar100  "
        "Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html\n"
        "digits  1,797 handwritten digits, 8×8 gray, 10 classes; needs no network  plugin digits  "
        "Alpaydin & Kaynak 1998, https://archive.ics.uci.edu/dataset/80\n"
        "fashion-mnist  70,000 pieces of clothing, 28×28 gray, 10 classes; downloaded by Keras  plugin fashion-mnist  "
        "Xiao et al. 2017, https://arxiv.org/abs/1708.07747\n"
        "mnist  70,000 handwritten digits, 28×28 gray, 10 classes; downloaded by Keras  plugin mnist  "
        "LeCun et al. 1998\n"
        "pets  noise of 2 kinds  plugin pets  none\n"
        "shapes  1200 drawn shapes, 64×64 RGB, 6 classes; no network  plugin shapes  drawn by zoo with Pillow\n"
        "three  noise of 3 kinds  plugin three  none\n"
        "photos  60 images in 2 classes, version 1  FOLDER/photos  –\n"
    )


def test_datasets_need_no_registry(zoo: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", "none-yet.db")
    result = zoo("datasets")
    assert (result.code, result.err) == (0, "")
    assert "digits" in result.out


def test_looking_up_makes_no_registry(zoo: Callable, tmp_path: Path) -> None:
    for command in (["models"], ["runs"], ["searches"], ["best", "digits"], ["show", "abc"]):
        result = zoo(*command)
        assert (result.code, result.err) == (1, NO_REGISTRY.format(tmp_path / "registry.db"))
    assert list(tmp_path.iterdir()) == []
