"""Arrays: which names are images and labels, which values are pixels and classes, and what is refused."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.formats import FORMATS
from zoo.data.sources import array_files, array_values, open_dataset
from zoo.data.sources.arrays import load_arrays
from zoo.errors import DatasetError
from zoo.interfaces import LabeledImages, Progress

if TYPE_CHECKING:
    from pathlib import Path

GRAY = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
GRAY[0, 0, :2] = 0, 255
LABELS = np.array([0, 1, 2, 0, 1, 2])


class Heard(Progress):
    """Remembers the notices."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, message: str) -> None:
        self.notices.append(message)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def loaded(path: Path, **arrays: object) -> LabeledImages:
    np.savez(path / "set.npz", **arrays)  # type: ignore[arg-type]
    return load_arrays(path / "set.npz", Progress())


def refused(path: Path, **arrays: object) -> str:
    with pytest.raises(DatasetError) as caught:
        loaded(path, **arrays)
    return str(caught.value).replace(f"{path}/", "")


def pixels(images: LabeledImages) -> np.ndarray:
    return np.stack([np.asarray(item) for item in images.items])


# Names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("x", "y"), ("X", "Y")])
def test_one_pair_brings_no_splits(tmp_path: Path, images: str, labels: str) -> None:
    found = loaded(tmp_path, **{images: GRAY, labels: LABELS, "other": np.zeros(3)})
    assert (list(found.labels), found.class_names, found.split) == ([0, 1, 2, 0, 1, 2], ("0", "1", "2"), None)
    assert np.array_equal(pixels(found), GRAY)


@pytest.mark.parametrize(
    "names",
    [
        ["x_train", "y_train", "x_test", "y_test"],
        ["train_images", "train_labels", "test_images", "test_labels"],
        ["images_train", "labels_train", "images_test", "labels_test"],
    ],
)
def test_a_pair_for_each_split(tmp_path: Path, names: list[str]) -> None:
    found = loaded(tmp_path, **dict(zip(names, (GRAY, LABELS, GRAY[:2], LABELS[:2]), strict=True)))
    assert (list(found.labels), found.split) == ([0, 1, 2, 0, 1, 2, 0, 1], ["train"] * 6 + ["test"] * 2)


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_validation_by_any_usual_name(tmp_path: Path, name: str) -> None:
    found = loaded(
        tmp_path, x_train=GRAY, y_train=LABELS, **{f"x_{name}": GRAY[:3], f"y_{name}": LABELS[:3, None]}
    )
    assert found.split == ["train"] * 6 + ["validation"] * 3


def test_an_only_train_split_is_none(tmp_path: Path) -> None:
    assert loaded(tmp_path, x_train=GRAY, y_train=LABELS).split is None


@pytest.mark.parametrize(
    ("image", "labels"),
    [("pics", "pics_labels"), ("pics", "labels"), ("x", "y"), ("images", "labels"), ("x_train", "y_train")],
)
def test_labels_lie_beside_a_npy(tmp_path: Path, image: str, labels: str) -> None:
    np.save(tmp_path / f"{image}.npy", GRAY)
    np.save(tmp_path / f"{labels}.npy", LABELS)
    found = load_arrays(tmp_path / f"{image}.npy", Progress())
    assert (list(found.labels), found.split) == ([0, 1, 2, 0, 1, 2], None)


def test_a_npy_of_one_split_brings_the_others_beside_it(tmp_path: Path) -> None:
    for split, count in (("train", 6), ("test", 3)):
        np.save(tmp_path / f"x_{split}.npy", GRAY[:count])
        np.save(tmp_path / f"y_{split}.npy", LABELS[:count])
    np.save(tmp_path / "class_names.npy", np.array(["a", "b", "c"]))
    found = load_arrays(tmp_path / "x_train.npy", Progress())
    assert found.split == ["test"] * 3 + ["train"] * 6
    assert found.class_names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b"], "'set.npz' holds a, b; zoo looks for images and labels, x and y, or x_train, y_train, "),
        (["images"], "'set.npz' holds images, and no labels for images: add labels"),
        (["X_train", "y"], "'set.npz' holds X_train, y, and no labels for X_train: add y_train"),
        (
            ["x", "y", "images", "labels"],
            "'set.npz' holds x, y, images, labels; zoo looks for images and labels, ",
        ),
        (
            ["x", "y", "x_test", "y_test"],
            "'set.npz' holds x, y, x_test, y_test; zoo looks for images and labels, ",
        ),
        (["x_val", "y_val", "x_valid"], "'set.npz' holds x of one split twice, x_val and x_valid: keep one"),
        ([], "'set.npz' holds nothing; zoo looks for images and labels, "),
    ],
)
def test_unclear_names_are_told(tmp_path: Path, names: list[str], message: str) -> None:
    assert refused(tmp_path, **dict.fromkeys(names, GRAY)).startswith(message)


def test_a_npy_without_labels_beside_it_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "pics.npy", GRAY)
    with pytest.raises(
        DatasetError, match=r"has no labels beside it: save them as pics_labels.npy or labels.npy"
    ):
        load_arrays(tmp_path / "pics.npy", Progress())


# Labels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "class_names"),
    [
        (LABELS[:, None], ("0", "1", "2")),
        (LABELS.astype(np.float32), ("0", "1", "2")),
        (LABELS.astype(np.uint8) * 5, ("0", "5", "10")),
        (np.eye(3)[LABELS], ("0", "1", "2")),
        (np.array(["a", "b", "c", "a", "b", "c"]), ("a", "b", "c")),
        (np.array([b"a", b"b", b"c", b"a", b"b", b"c"])[:, None], ("a", "b", "c")),
    ],
    ids=["column", "float", "gaps", "one-hot", "text", "bytes"],
)
def test_labels_in_every_usual_form(tmp_path: Path, labels: np.ndarray, class_names: tuple[str, ...]) -> None:
    found = loaded(tmp_path, x=GRAY, y=labels)
    assert (list(found.labels), found.class_names) == ([0, 1, 2, 0, 1, 2], class_names)


def test_class_names_name_the_numbers_from_zero(tmp_path: Path) -> None:
    found = loaded(tmp_path, x=GRAY, y=LABELS, class_names=np.array(["b", "a", "c"]))
    assert (list(found.labels), found.class_names) == ([0, 1, 2, 0, 1, 2], ("b", "a", "c"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"y": LABELS[:4]},
            "the array x of 'set.npz' holds 6 images, but the array y of 'set.npz' 4 labels: save one for each",
        ),
        (
            {"y": LABELS / 7},
            "the array y of 'set.npz' holds fractions, which are not labels: save whole numbers or text",
        ),
        (
            {"y": np.ones((6, 3), int)},
            "the array y of 'set.npz' has shape (6, 3) and several labels per image: zoo takes one each",
        ),
        (
            {"y": np.zeros((6, 2, 2), int)},
            "the array y of 'set.npz' has shape (6, 2, 2): zoo takes one label per image",
        ),
        (
            {"y": np.zeros(6, int)},
            "every label in the array y of 'set.npz' is '0'; a classifier needs two classes or more",
        ),
        (
            {"y": np.array([*"abcab", ""])},
            "an image has an empty label in the array y of 'set.npz'; give it one",
        ),
        (
            {"y": LABELS, "class_names": np.array(["a", "b"])},
            "the label 2 is not one of the 2 classes of class_names, which count from 0",
        ),
        (
            {"y": LABELS, "class_names": np.array(["a", "a", "b"])},
            "class_names has an empty or a repeated name: a, a, b",
        ),
        (
            {"y": np.array([b"\xff"] * 6)},
            "the array y of 'set.npz' holds text that is not UTF-8; save it with ",
        ),
        (
            {"y": np.zeros(6, complex)},
            "the array y of 'set.npz' holds complex128, which are not labels: save whole numbers",
        ),
        (
            {"y": np.array(list("abcabc"), object)},
            "the array y of 'set.npz' holds Python objects, which could run ",
        ),
    ],
)
def test_what_are_no_labels_is_told(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    assert refused(tmp_path, x=GRAY, **arrays).startswith(message)


# Pixels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(6, 5, 4), (6, 5, 4, 1), (6, 5, 4, 3)])
def test_uint8_pixels_are_taken_as_they_are(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(pixels(loaded(tmp_path, x=array, y=LABELS)), array)


@pytest.mark.parametrize(
    ("array", "notice"),
    [
        ((GRAY / 255).astype(np.float32), "pixels are float32: 0 is taken as black and 1 as white"),
        (GRAY.astype(np.float64), "pixels are float64: 0 is taken as black and 255 as white"),
        (GRAY.astype(np.int64), "pixels are int64: 0 is taken as black and 255 as white"),
        (GRAY.astype(np.uint16) * 257, "pixels are uint16: 0 is taken as black and 65535 as white"),
        ((GRAY / 127.5 - 1).astype(np.float16), "pixels are float16: -1 is taken as black and 1 as white"),
    ],
    ids=["0-1", "float 0-255", "int64", "uint16", "-1 to 1"],
)
def test_other_numbers_become_uint8_and_the_user_is_told(
    tmp_path: Path, array: np.ndarray, notice: str
) -> None:
    heard = Heard()
    np.savez(tmp_path / "set.npz", x=array, y=LABELS)
    found = pixels(load_arrays(tmp_path / "set.npz", heard))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - GRAY).max() <= 1
    assert heard.notices == [notice]


def test_true_is_white(tmp_path: Path) -> None:
    assert np.array_equal(pixels(loaded(tmp_path, x=GRAY > 99, y=LABELS)), (GRAY > 99) * np.uint8(255))


def test_the_range_is_that_of_all_splits_together(tmp_path: Path) -> None:
    """By itself the dark test split would be taken for 0-1 and become bright."""
    bright, dark = np.full((6, 2, 2), 200.0), np.full((2, 2, 2), 1.0)
    found = loaded(tmp_path, x_train=bright, y_train=LABELS, x_test=dark, y_test=LABELS[:2])
    assert [int(np.asarray(item).max()) for item in found.items] == [200] * 6 + [1] * 2


def test_no_number_is_black(tmp_path: Path) -> None:
    array = np.full((6, 2, 2), 0.5)
    array[0] = np.nan
    assert pixels(loaded(tmp_path, x=array, y=LABELS))[:2, 0, 0].tolist() == [0, 128]


def test_transparent_pixels_become_white(tmp_path: Path) -> None:
    array = np.zeros((6, 1, 3, 4), np.uint8)
    array[..., 3] = [0, 128, 255]
    assert pixels(loaded(tmp_path, x=array, y=LABELS))[0, 0, :, 0].tolist() == [255, 127, 0]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            np.zeros((6, 3, 32, 32)),
            "x of 'set.npz' has shape (6, 3, 32, 32), channels first: save it with channels last",
        ),
        (
            np.zeros((6, 784)),
            "x of 'set.npz' has shape (6, 784): images have (images, height, width), with 1, 3 or 4",
        ),
        (
            np.zeros((6, 5, 4, 2)),
            "x of 'set.npz' has shape (6, 5, 4, 2): images have (images, height, width), with 1",
        ),
        (np.zeros((6, 0, 4)), "x of 'set.npz' has shape (6, 0, 4): images have"),
        (
            np.zeros((6, 5, 4), complex),
            "x of 'set.npz' holds complex128, which are not pixels: save it as uint8 from 0 to 255",
        ),
        (np.array(3), "x of 'set.npz' holds 0 images, but the array y of 'set.npz' 6 labels"),
    ],
)
def test_what_are_no_images_is_told(tmp_path: Path, array: np.ndarray, message: str) -> None:
    assert refused(tmp_path, x=array, y=LABELS).startswith(f"the array {message}")


def test_no_images_at_all_are_refused(tmp_path: Path) -> None:
    message = "the array x of 'set.npz' holds no images (shape (0, 5, 4)); save it with some"
    assert refused(tmp_path, x=GRAY[:0], y=LABELS[:0]) == message


# Files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_stored_and_compressed_arrays_are_the_same(tmp_path: Path, save: object, order: str) -> None:
    save(tmp_path / "set.npz", x=np.asarray(GRAY, order=order), y=LABELS)  # type: ignore[operator]
    assert np.array_equal(pixels(load_arrays(tmp_path / "set.npz", Progress())), GRAY)


def is_mapped(array: object) -> bool:
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None


def test_what_is_stored_as_it_is_is_mapped_and_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", GRAY)
    np.save(tmp_path / "y.npy", LABELS)
    assert is_mapped(loaded(tmp_path, x=GRAY, y=LABELS).items[0])
    assert is_mapped(load_arrays(tmp_path / "x.npy", Progress()).items[0])


def test_a_large_compressed_array_is_unpacked_once_and_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "IN_MEMORY", 100)
    np.savez_compressed(tmp_path / "set.npz", x=GRAY, y=LABELS)
    images = load_arrays(tmp_path / "set.npz", Progress())
    again = load_arrays(tmp_path / "set.npz", Progress())
    assert np.array_equal(pixels(images), pixels(again))
    assert np.array_equal(pixels(images), GRAY)
    assert is_mapped(images.items[0])
    assert len(list((tmp_path / "cache" / "unpacked").glob("*/array.npy"))) == 2  # images and labels


def test_large_converted_pixels_are_mapped_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_values, "IN_MEMORY", 100)
    monkeypatch.setattr(array_values, "CHUNK", 40)
    images = loaded(tmp_path, x=GRAY.astype(np.float32), y=LABELS)
    assert np.array_equal(pixels(images), GRAY)
    assert is_mapped(images.items[0])


def test_a_truncated_npy_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", LABELS)
    np.save(tmp_path / "x.npy", GRAY)
    content = (tmp_path / "x.npy").read_bytes()
    for keep in (0, 5, 60, len(content) - 1):
        (tmp_path / "x.npy").write_bytes(content[:keep])
        with pytest.raises(
            DatasetError, match=r"x.npy' is damaged or not a file of NumPy arrays; create or download it"
        ):
            load_arrays(tmp_path / "x.npy", Progress())


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_npz_gives_images_or_one_line(tmp_path: Path, save: object) -> None:
    path = tmp_path / "set.npz"
    save(path, x=GRAY, y=LABELS)  # type: ignore[operator]
    content = path.read_bytes()
    refusals = 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        try:
            load_arrays(path, Progress())
        except DatasetError:
            refusals += 1
    assert refusals > 20


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("count", [7, 10**12])
def test_a_header_that_promises_more_than_there_is_is_refused(
    tmp_path: Path, compression: int, count: int
) -> None:
    """Also where the bytes of the next array follow."""
    header, labels = io.BytesIO(), io.BytesIO()
    shape = (count, *GRAY.shape[1:])
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    np.save(labels, np.arange(7))
    with zipfile.ZipFile(tmp_path / "set.npz", "w", compression) as archive:
        archive.writestr("x.npy", header.getvalue() + GRAY.tobytes())
        archive.writestr("y.npy", labels.getvalue())
    with pytest.raises(DatasetError, match=r"the array x of '.*' is damaged or not a file of NumPy arrays"):
        load_arrays(tmp_path / "set.npz", Progress())


def test_text_is_no_npz(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_text("hello")
    with pytest.raises(
        DatasetError, match=r"set.npz' is damaged or not a file of NumPy arrays; create or download it again"
    ):
        load_arrays(tmp_path / "set.npz", Progress())


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"there is no file '.*gone.npz'; check the path"):
        load_arrays(tmp_path / "gone.npz", Progress())


def test_it_opens_by_its_path(tmp_path: Path) -> None:
    labels = np.arange(60) % 2
    np.savez(
        tmp_path / "My Set.npz", x=np.random.default_rng(3).integers(0, 256, (60, 4, 4), np.uint8), y=labels
    )
    opened = open_dataset(str(tmp_path / "My Set.npz"), {}, FORMATS)
    assert (opened.name, len(opened.digests)) == ("my-set", 60)
