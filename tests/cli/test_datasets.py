"""`zoo datasets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


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
        "shapes  1,200 drawn shapes, 64×64 RGB, 6 classes; no network  plugin shapes  drawn by zoo with Pillow\n"
        "three  noise of 3 kinds  plugin three  none\n"
        "photos  60 images in 2 classes, version 1  FOLDER/photos  –\n"
    )


def test_datasets_need_no_registry(zoo: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", "none-yet.db")
    result = zoo("datasets")
    assert (result.code, result.err) == (0, "")
    assert "digits" in result.out
