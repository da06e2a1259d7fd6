"""A file of NumPy arrays becomes labeled images."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from zoo.data.sources.array_files import ArrayFile, members_of, read_array
from zoo.data.sources.array_values import labels_of, pixels_of
from zoo.data.sources.folders import SPLIT_FOLDERS
from zoo.data.sources.unpacking import require_file
from zoo.errors import DatasetError
from zoo.interfaces import LabeledImages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np

    from zoo.interfaces import Progress

LABELS_FOR = {"images": "labels", "x": "y"}
CLASS_NAMES = "class_names"
EXPECTED = "images and labels, x and y, or x_train, y_train, x_test, y_test and the like"


class _Role(NamedTuple):
    """The role of an array by its name, such as `x_train` or `val_images`: `split` is "" where it names none."""

    word: str
    split: str


def load_arrays(path: Path, progress: Progress) -> LabeledImages:
    """Find images and labels in a .npz by their names, or in a .npy and others beside it.

    A .npz holds `images` and `labels`, or `x` and `y`; with a split before or after (`x_train`, `val_labels`)
    there is a pair for each; `class_names` is optional. A .npy named like that is read with its neighbours of such
    names; any other NAME.npy holds the images, and `NAME_labels.npy` or `labels.npy` beside it the labels. If the
    only split is train, it is ignored. See `array_values` for the values. Nothing is unpickled.

    Raises:
        DatasetError: images or labels are missing, damaged, or of another kind; the message lists the arrays.
    """
    files = members_of(path) if path.suffix.lower() == ".npz" else _neighbours(path)
    pairs = _pairs(files, path)
    images = [(str(files[name]), read_array(files[name])) for name, _ in pairs.values()]
    labels = [(str(files[name]), read_array(files[name])) for _, name in pairs.values()]
    for (images_name, pixels), (labels_name, classes) in zip(images, labels, strict=True):
        _require_equal_lengths(images_name, pixels, labels_name, classes)
    arrays = pixels_of(images, path, progress)
    names = read_array(files[CLASS_NAMES]) if CLASS_NAMES in files else None
    numbers, class_names = labels_of(labels, names)
    splits = [split for split, array in zip(pairs, arrays, strict=True) for _ in range(len(array))]
    return LabeledImages(
        items=[image for array in arrays for image in array],
        labels=numbers,
        class_names=class_names,
        split=splits if set(pairs) - {"", "train"} else None,
    )


def _neighbours(path: Path) -> dict[str, ArrayFile]:
    """Return the .npy and those beside it that belong to it, by the names that a .npz would use."""
    require_file(path)
    beside = {file.stem: ArrayFile(file) for file in sorted(path.parent.glob("*.[nN][pP][yY]"))}
    role = _role(path.stem)
    if role is None:
        files = {"images": ArrayFile(path)}
        for name in (f"{path.stem}_labels", "labels"):
            if name in beside:
                files.setdefault("labels", beside[name])
        if "labels" not in files:
            raise DatasetError(
                f"'{path}' has no labels beside it: save them as {path.stem}_labels.npy or labels.npy in its folder"
            )
    else:
        word = next((images for images, labels in LABELS_FOR.items() if role.word in (images, labels)), "")
        files = {}
        for name, file in beside.items():
            other = _role(name)
            alike = other and other.word in (word, LABELS_FOR[word]) and bool(other.split) == bool(role.split)
            if alike:
                files[name] = file
    return files | {name: file for name, file in beside.items() if name == CLASS_NAMES}


def _pairs(files: Mapping[str, ArrayFile], path: Path) -> dict[str, tuple[str, str]]:
    """Return split -> the names of its images and labels."""
    roles: dict[_Role, str] = {}
    for name in files:
        if role := _role(name):
            if role in roles:
                raise DatasetError(
                    f"'{path}' holds {role.word} of one split twice, {roles[role]} and {name}: keep one"
                )
            roles[role] = name
    words = [word for word in LABELS_FOR if any(role.word == word for role in roles)]
    splits = {role.split: role for role in roles if role.word in words}
    if len(words) != 1 or ("" in splits and len(splits) > 1):
        names = _names(files) or "nothing"
        raise DatasetError(
            f"'{path}' holds {names}; zoo looks for {EXPECTED}, one pair each: rename the arrays"
        )
    pairs = {}
    for split in splits:
        images, labels = roles[_Role(words[0], split)], roles.get(_Role(LABELS_FOR[words[0]], split))
        if labels is None:
            missing = images.lower().replace(words[0], LABELS_FOR[words[0]])
            raise DatasetError(f"'{path}' holds {_names(files)}, and no labels for {images}: add {missing}")
        pairs[split] = (images, labels)
    return pairs


def _role(name: str) -> _Role | None:
    parts = name.lower().split("_")
    splits = [SPLIT_FOLDERS[part] for part in parts if part in SPLIT_FOLDERS]
    words = [part for part in parts if part not in SPLIT_FOLDERS]
    if len(words) != 1 or len(splits) > 1 or words[0] not in (*LABELS_FOR, *LABELS_FOR.values()):
        return None
    return _Role(words[0], splits[0] if splits else "")


def _require_equal_lengths(name: str, pixels: np.ndarray, other: str, classes: np.ndarray) -> None:
    counts = [len(array) if array.ndim else 0 for array in (pixels, classes)]
    if counts[0] != counts[1]:
        raise DatasetError(
            f"{name} holds {counts[0]:,} images, but {other} {counts[1]:,} labels: save one for each"
        )


def _names(files: Iterable[str]) -> str:
    names = list(files)
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
