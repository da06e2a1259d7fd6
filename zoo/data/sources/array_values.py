"""Arrays of any numbers or text become uint8 pixels and class numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.decode import scale_to_8_bits, usual_range
from zoo.data.sources.unpacking import Budget, unpacked_entry, unpacked_once
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from zoo.interfaces import Progress

IN_MEMORY = 2**30  # bytes of converted pixels; larger arrays are written to the cache and mapped
CHUNK = 2**24  # values that are converted at a time
BLACK_AND_WHITE = (0.0, 1.0)  # of boolean pixels

Images = tuple[str, np.ndarray]
"""The name of the array in errors, and its values."""


def pixels_of(arrays: Sequence[Images], source: Path, progress: Progress) -> list[np.ndarray]:
    """Return the arrays as uint8 (images, height, width) or (images, height, width, 1 or 3).

    Arrays of that kind are returned unchanged; booleans become black and white. Other numbers are scaled by one rule
    for all arrays together, that of `zoo.data.decode.usual_range`, with a notice; transparent parts become white.

    Raises:
        DatasetError: an array is no set of images.
    """
    for name, array in arrays:
        _require_images(name, array)
    if all(array.dtype == np.uint8 and array.shape[3:] != (4,) for _, array in arrays):
        return [array for _, array in arrays]
    numbers = [array for _, array in arrays if array.dtype.kind != "b"]
    limits = _range(numbers, progress) if numbers else BLACK_AND_WHITE
    return [
        array
        if array.dtype == np.uint8 and array.shape[3:] != (4,)
        else _converted(name, array, BLACK_AND_WHITE if array.dtype.kind == "b" else limits, source)
        for name, array in arrays
    ]


def labels_of(
    arrays: Sequence[tuple[str, np.ndarray]], names: np.ndarray | None
) -> tuple[list[int], tuple[str, ...]]:
    """Return the class number of each image, and the classes.

    Args:
        arrays: whole numbers or text of shape (images,) or (images, 1), or one-hot rows (images, classes).
        names: the names of the classes 0, 1, …; None: the labels themselves, sorted, are the names.

    Raises:
        DatasetError: they are not labels, or do not match the names.
    """
    flat = [_flat_labels(name, array) for name, array in arrays]
    if len({array.dtype.kind for array in flat}) > 1:
        raise DatasetError(
            f"the labels {_some([name for name, _ in arrays])} are text in one and numbers in another"
        )
    values = np.concatenate(flat)
    if names is not None and values.dtype.kind == "i":
        class_names = tuple(_texts("class_names", names).tolist())
        if len(set(class_names)) < len(class_names) or not all(class_names):
            raise DatasetError(f"class_names has an empty or a repeated name: {_some(class_names)}")
        if outside := sorted(set(values[(values < 0) | (values >= len(class_names))].tolist())):
            raise DatasetError(
                f"the label {outside[0]} is not one of the {len(class_names)} classes of class_names, "
                "which count from 0"
            )
        return values.tolist(), class_names
    classes, labels = np.unique(values, return_inverse=True)
    if "" in classes:
        raise DatasetError(
            f"an image has an empty label in {_some([name for name, _ in arrays])}; give it one"
        )
    if len(classes) < 2:
        raise DatasetError(
            f"every label in {_some([name for name, _ in arrays])} is '{_some(classes)}'; a classifier needs "
            "two classes or more"
        )
    return labels.reshape(-1).tolist(), tuple(str(name) for name in classes.tolist())


# Pixels --------------------------------------------------------------------------------------------------


def _require_images(name: str, array: np.ndarray) -> None:
    shape = array.shape
    if array.dtype.kind not in "uifb":
        raise DatasetError(
            f"{name} holds {array.dtype}, which are not pixels: save it as uint8 from 0 to 255"
        )
    if len(shape) == 4 and shape[1] in (1, 3, 4) and shape[3] not in (1, 3, 4):
        raise DatasetError(
            f"{name} has shape {shape}, channels first: save it with channels last, numpy.moveaxis(array, 1, -1)"
        )
    if len(shape) not in (3, 4) or shape[3:] not in ((), (1,), (3,), (4,)) or not math.prod(shape[1:]):
        raise DatasetError(
            f"{name} has shape {shape}: images have (images, height, width), with 1, 3 or 4 channels last"
        )
    if not shape[0]:
        raise DatasetError(f"{name} holds no images (shape {shape}); save it with some")


def _chunks(array: np.ndarray) -> Iterator[slice]:
    rows = max(1, CHUNK // math.prod(array.shape[1:]))
    for start in range(0, len(array), rows):
        yield slice(start, start + rows)


def _finite(values: np.ndarray) -> np.ndarray:
    """Return the values as float32 where that is exact, else float64; zero where they are not finite."""
    small = values.dtype.itemsize <= 2 or values.dtype == np.float32
    finite: np.ndarray = np.nan_to_num(
        values.astype(np.float32 if small else np.float64), posinf=0.0, neginf=0.0
    )
    return finite


def _range(arrays: list[np.ndarray], progress: Progress) -> tuple[float, float]:
    """Return the values of black and white in all these arrays."""
    dtype = np.result_type(*arrays)
    if dtype == np.uint8:
        return 0.0, 255.0
    extremes = [
        float(extreme)
        for array in arrays
        for chunk in _chunks(array)
        for values in (_finite(array[chunk]),)
        for extreme in (values.min(), values.max())
    ]
    low, high = usual_range(min(extremes), max(extremes), dtype)
    progress.notice(f"pixels are {dtype}: {low:g} is taken as black and {high:g} as white")
    return low, high


def _converted(name: str, array: np.ndarray, limits: tuple[float, float], source: Path) -> np.ndarray:
    shape = (*array.shape[:3], 3) if array.shape[3:] == (4,) else array.shape
    if math.prod(shape) <= IN_MEMORY:
        pixels = np.empty(shape, np.uint8)
        _convert(array, limits, pixels)
        return pixels

    def unpack(folder: Path) -> None:
        Budget(source, folder).require_room(math.prod(shape))
        target = np.lib.format.open_memmap(folder / "pixels.npy", "w+", np.uint8, shape)
        _convert(array, limits, target)
        target.flush()

    letters = "".join(letter if letter.isalnum() else "-" for letter in name.lower())[:40]
    entry = unpacked_entry(source, f"-{letters}-{limits[0]:g}-{limits[1]:g}")
    return np.asarray(np.load(unpacked_once(entry, unpack) / "pixels.npy", "r", allow_pickle=False))


def _convert(array: np.ndarray, limits: tuple[float, float], pixels: np.ndarray) -> None:
    for chunk in _chunks(array):
        values = array[chunk]
        if values.dtype != np.uint8:
            values = scale_to_8_bits(_finite(values), *limits)
        if values.shape[3:] == (4,):
            colour, alpha = values[..., :3].astype(np.uint16), values[..., 3:].astype(np.uint16)
            values = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
        pixels[chunk] = values


# Labels --------------------------------------------------------------------------------------------------


def _flat_labels(name: str, array: np.ndarray) -> np.ndarray:
    """Return the labels as (images,), of int64 or of text."""
    if array.dtype.kind in "US":
        return _texts(name, array)
    if array.dtype.kind not in "uifb":
        raise DatasetError(f"{name} holds {array.dtype}, which are not labels: save whole numbers or text")
    if array.dtype.kind == "f" and not np.array_equal(array, np.floor(array)):
        raise DatasetError(f"{name} holds fractions, which are not labels: save whole numbers or text")
    with np.errstate(invalid="ignore"):
        numbers = array.astype(np.int64)
    if not np.array_equal(array, numbers):
        raise DatasetError(f"{name} holds numbers that are too large for labels: save smaller ones or text")
    if array.ndim == 2 and array.shape[1] > 1:
        if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
            raise DatasetError(
                f"{name} has shape {array.shape} and several labels per image: zoo takes one each"
            )
        columns: np.ndarray = array.argmax(axis=1).astype(np.int64)
        return columns
    return _one_column(name, numbers)


def _texts(name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "US":
        raise DatasetError(f"{name} holds {array.dtype}: save it as text, with array.astype(str)")
    try:
        texts = array if array.dtype.kind == "U" else np.char.decode(array, "utf-8")
        "".join(texts.ravel().tolist()).encode()
    except ValueError as error:
        raise DatasetError(f"{name} holds text that is not UTF-8; save it with array.astype(str)") from error
    return _one_column(name, texts)


def _one_column(name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 1 and (array.ndim != 2 or array.shape[1] != 1):
        raise DatasetError(f"{name} has shape {array.shape}: zoo takes one label per image")
    return array.reshape(-1)


def _some(names: Iterable[object]) -> str:
    names = list(names)
    return ", ".join(str(name) for name in names[:5]) + (", …" if len(names) > 5 else "")
