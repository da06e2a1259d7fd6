"""TensorFlow Datasets, of tiny datasets that are prepared here and found by `TFDS_DATA_DIR`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.data.sources.tfds import load_tfds
from zoo.errors import DatasetError
from zoo.interfaces import Progress

NUMBERS = (
    "'tfds:numbers' is not a dataset of images with one class each: its features are image (Image), label (Scalar); "
    "choose another"
)
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 3), dtype=np.uint8)


def features(**others: Any) -> Any:
    pair = {
        "image": tfds.features.Image(shape=(6, 6, 3)),
        "label": tfds.features.ClassLabel(names=["dog", "a/cat"]),
    }
    return tfds.features.FeaturesDict({**pair, **others})


def prepare(
    folder: Path,
    name: str,
    splits: dict[str, range],
    label: Any = lambda number: number % 2,
    kinds: Any = None,
) -> None:
    """Write a dataset as TensorFlow Datasets does; `splits` says which of `IMAGES` are in each."""

    def info(self: Any) -> Any:
        pair = None if kinds else ("image", "label")
        return tfds.core.DatasetInfo(builder=self, features=kinds or features(), supervised_keys=pair)

    def generate(self: Any, numbers: range) -> Any:
        for number in numbers:
            yield number, {"image": IMAGES[number], "label": label(number)}

    def generators(self: Any, manager: Any) -> Any:
        return {split: self._generate_examples(numbers) for split, numbers in splits.items()}

    methods = {"_info": info, "_split_generators": generators, "_generate_examples": generate}
    version = {"VERSION": tfds.core.Version("1.2.0"), "__module__": __name__}
    builder = type(name.title().replace("_", ""), (tfds.core.GeneratorBasedBuilder,), {**methods, **version})
    with tfds.core.registered.skip_registration():
        builder(data_dir=folder).download_and_prepare()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tfds")
    tfds.disable_progress_bar()
    prepare(folder, "tiny_pets", {"train": range(24), "test": range(24, 32), "extra": range(32, 34)})
    prepare(folder, "only_train", {"train": range(40)})
    prepare(
        folder, "half_labeled", {"train": range(24), "test": range(24, 32)}, lambda n: n % 2 if n < 28 else -1
    )
    prepare(folder, "no_split", {"everything": range(8)})
    boxes = tfds.features.FeaturesDict(
        {"image": tfds.features.Image(shape=(6, 6, 3)), "label": tfds.features.Scalar(np.int64)}
    )
    prepare(folder, "numbers", {"train": range(8)}, kinds=boxes)
    return folder


@pytest.fixture(autouse=True)
def _prepared(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))


def test_its_images_labels_and_splits_are_taken(cache: Path) -> None:
    images = load_tfds("tfds:tiny_pets", Progress())
    assert (images.class_names, len(images.items)) == (("a/cat", "dog"), 32)
    assert Counter(images.split) == {"train": 24, "test": 8}


def test_an_image_is_the_bytes_that_tfds_keeps(cache: Path) -> None:
    from PIL import Image

    images = load_tfds("tfds:tiny_pets", Progress())
    assert all(isinstance(item, Path) and item.suffix == ".png" for item in images.items)
    sizes = set()
    for item, label in zip(images.items, images.labels, strict=True):
        with Image.open(item) as image:
            sizes.add((np.asarray(image).tobytes(), images.class_names[label]))
    assert sizes == {(IMAGES[number].tobytes(), ("dog", "a/cat")[number % 2]) for number in range(32)}


def test_other_splits_are_reported_as_skipped(cache: Path) -> None:
    skipped = [(file.path, file.reason) for file in load_tfds("tfds:tiny_pets", Progress()).skipped]
    assert skipped == [("tfds:tiny_pets, split extra", "not one of zoo's splits")]


def test_images_without_a_label_are_left_out_and_reported(cache: Path) -> None:
    images = load_tfds("tfds:half_labeled", Progress())
    skipped = [(file.path, file.reason) for file in images.skipped]
    assert (len(images.items), skipped) == (
        28,
        [("tfds:half_labeled, split test", "4 images without a label")],
    )


def test_an_only_train_split_is_none(cache: Path) -> None:
    assert load_tfds("tfds:only_train", Progress()).split is None


def test_it_is_written_once(cache: Path) -> None:
    first = load_tfds("tfds:tiny_pets", Progress()).items[0]
    assert isinstance(first, Path)
    before = first.stat().st_ino
    load_tfds("tfds:tiny_pets", Progress())
    assert first.stat().st_ino == before


def test_it_opens_by_its_name(cache: Path) -> None:
    opened = open_dataset("tfds:only_train", {}, FORMATS)
    assert (opened.name, opened.source, len(opened.digests)) == ("tfds-only_train", "tfds:only_train", 40)


def test_the_output_of_tfds_stays_off_standard_output(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_tfds("tfds:tiny_pets", Progress())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("tfds:", "'tfds:' is not a dataset: write tfds:NAME or tfds:NAME:CONFIG"),
        ("tfds:../x", "'tfds:../x' is not a dataset: write tfds:NAME or tfds:NAME:CONFIG"),
        ("tfds:no_split", "'tfds:no_split' has no split train, validation or test; it has everything"),
        (
            "tfds:numbers",
            NUMBERS,
        ),
    ],
)
def test_an_unsuitable_dataset_is_refused(cache: Path, source: str, message: str) -> None:
    with pytest.raises(DatasetError) as caught:
        load_tfds(source, Progress())
    assert str(caught.value) == message


def test_an_unknown_name_is_refused_with_the_nearest_ones(cache: Path) -> None:
    with pytest.raises(
        DatasetError, match=r"^TensorFlow Datasets has no dataset 'mnits': did you mean mnist, .*\?$"
    ):
        load_tfds("tfds:mnits", Progress())


def test_a_failed_preparation_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file blocks the folder here; without a network tfds would retry for three minutes."""
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"^TensorFlow Datasets cannot .* 'tfds:mnist': .*") as caught:
        load_tfds("tfds:mnist", Progress())
    assert "\n" not in str(caught.value)


def test_the_install_command_is_shown(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(
        DatasetError,
        match=r"^'tfds:mnist' needs tensorflow_datasets, which is not installed: pip install 'keras-zoo\[tfds\]'$",
    ):
        open_dataset("tfds:mnist", {}, FORMATS)
