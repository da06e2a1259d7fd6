"""Keras's own datasets, from small files in the format of the published ones."""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
from collections import Counter
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from zoo_plugins.keras_datasets import CIFAR100, zoo_datasets

from tests.formats import FORMATS
from zoo import ZooError
from zoo.data.sources import open_dataset
from zoo.testing import DATASET_CHECKS, check_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from zoo import Dataset

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in zoo_datasets()}
CLASSES = {"mnist": 10, "fashion-mnist": 10, "cifar10": 10, "cifar100": 100}
TRAIN, TEST = 400, 200
CIFAR10_BATCH = 10_000  # Keras knows how many there are
random = np.random.default_rng(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A KERAS_HOME with the files of all four."""
    home = tmp_path_factory.mktemp("keras")
    datasets = home / "datasets"
    (datasets / "fashion-mnist").mkdir(parents=True)
    train, test = labels_of(10, TRAIN), labels_of(10, TEST)
    np.savez(datasets / "mnist.npz", x_train=gray(TRAIN), y_train=train, x_test=gray(TEST), y_test=test)
    for name, labels, images in (("train", train, gray(TRAIN)), ("t10k", test, gray(TEST))):
        write_idx(datasets / "fashion-mnist" / f"{name}-labels-idx1-ubyte.gz", 8, labels)
        write_idx(datasets / "fashion-mnist" / f"{name}-images-idx3-ubyte.gz", 16, images)
    batch = {
        "data": np.zeros((CIFAR10_BATCH, 3072), np.uint8),
        "labels": [n % 10 for n in range(CIFAR10_BATCH)],
    }
    write_tar(
        datasets / "cifar-10-batches-py-target_archive",
        "cifar-10-batches-py",
        {"data_batch_1": batch, "test_batch": {"data": rows(TEST), "labels": test.tolist()}},
        copies={f"data_batch_{number}": "data_batch_1" for number in range(2, 6)},
    )
    train, test = labels_of(100, TRAIN), labels_of(100, TEST)
    hundred = {
        name: {"data": rows(len(labels)), "fine_labels": labels.tolist(), "coarse_labels": labels.tolist()}
        for name, labels in (("train", train), ("test", test))
    }
    write_tar(datasets / "cifar-100-python-target_archive", "cifar-100-python", hundred)
    return home


def labels_of(classes: int, count: int) -> np.ndarray:
    return (np.arange(count) % classes).astype(np.uint8)


def gray(count: int) -> np.ndarray:
    return random.integers(0, 256, (count, 28, 28), dtype=np.uint8)


def rows(count: int) -> np.ndarray:
    """RGB images as CIFAR has them: all red, then all green, then all blue values."""
    return random.integers(0, 256, (count, 3072), dtype=np.uint8)


def write_idx(path: Path, header: int, values: np.ndarray) -> None:
    path.write_bytes(gzip.compress(bytes(header) + values.tobytes(), 1))


def write_tar(
    path: Path, top: str, files: dict[str, dict[str, Any]], copies: dict[str, str] | None = None
) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            pickled = pickle.dumps({key.encode(): value for key, value in content.items()}, 4)
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(pickled)
            archive.addfile(info, io.BytesIO(pickled))
        for name, original in (copies or {}).items():
            info = tarfile.TarInfo(f"{top}/{name}")
            info.type, info.linkname = tarfile.LNKTYPE, f"{top}/{original}"
            archive.addfile(info)


@pytest.fixture
def keras_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras reads KERAS_HOME when it is imported, and knows the SHA-256 of the published files."""
    monkeypatch.setattr(keras.src.backend.config, "_KERAS_DIR", str(folder))
    monkeypatch.setattr(keras.src.utils.file_utils, "validate_file", lambda *_, **__: True)
    return folder


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar100"])
@pytest.mark.parametrize("check", DATASET_CHECKS)
def test_the_contract(keras_home: Path, name: str, check: str) -> None:
    check_dataset(DATASETS[name], check)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar100"])
def test_training_and_test_images_are_brought_along(keras_home: Path, name: str) -> None:
    images = DATASETS[name].load()
    assert images.split == ["train"] * TRAIN + ["test"] * TEST
    assert (len(images.class_names), list(images.labels[:3])) == (CLASSES[name], [0, 1, 2])


def test_cifar10_has_five_training_batches(keras_home: Path) -> None:
    images = DATASETS["cifar10"].load()
    assert (images.split or []).count("train") == 5 * CIFAR10_BATCH
    assert (images.labels[-1], len(images.class_names)) == ((TEST - 1) % 10, 10)


def test_colours_lie_in_the_last_axis(keras_home: Path, folder: Path) -> None:
    with tarfile.open(folder / "datasets" / "cifar-100-python-target_archive") as archive:
        file = archive.extractfile("cifar-100-python/train")
        assert file is not None
        first = pickle.loads(file.read(), encoding="bytes")[b"data"][0]
    item = DATASETS["cifar100"].load().items[0]
    assert np.array_equal(item, first.reshape(3, 32, 32).transpose(1, 2, 0))


def test_images_are_views_of_one_array(keras_home: Path) -> None:
    items = DATASETS["mnist"].load().items
    assert items[0].base is items[1].base is not None  # type: ignore[union-attr]


def test_validation_images_are_taken_from_the_training_images(keras_home: Path) -> None:
    splits = Counter(open_dataset("mnist", DATASETS, FORMATS).split)
    assert (splits["train"] + splits["validation"], splits["test"]) == (TRAIN, TEST)


def test_there_are_a_hundred_classes_in_alphabetical_order() -> None:
    assert list(CIFAR100) == sorted(set(CIFAR100))
    assert len(CIFAR100) == 100


@pytest.mark.parametrize("name", DATASETS)
def test_without_a_network_one_line_says_what_to_do(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy refuses every connection, so that the test does not download where there is a network."""
    monkeypatch.setattr(keras.src.backend.config, "_KERAS_DIR", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ZooError) as caught:
        DATASETS[name].load()
    module = name.replace("-", "_")
    assert str(caught.value).startswith(
        f"keras.datasets.{module} cannot be loaded: URL fetch failure on https://"
    )
    assert str(caught.value).endswith(
        "; check the network, or put the file where Keras looks for it, in $KERAS_HOME/datasets or ~/.keras/datasets"
    )
