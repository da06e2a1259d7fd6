"""A folder of images, one subfolder per class, becomes labeled images."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo.errors import DatasetError, reason_of
from zoo.interfaces import LabeledImages, SkippedFile

if TYPE_CHECKING:
    from collections.abc import Iterator

SPLIT_FOLDERS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
FOLDER = "folder"
"""The name of the source that reads a plain folder."""

LAYOUT = "it needs one subfolder per class with images in it"


class _Image(NamedTuple):
    """An image in a class folder; `split` is "" where the folder layout names none."""

    path: Path
    class_name: str
    split: str


def load_folder(path: Path, suffixes: tuple[str, ...]) -> LabeledImages:
    """Find the images of a folder laid out as `class/…` or `train|val|valid|validation|test/class/…`.

    The second layout is read if there is a `train` folder and every other folder is named like a split, in
    any case. Classes are the folder names, sorted. Images lie anywhere below their class folder. Hidden files
    are ignored; other files that are no images by their names are listed in `skipped`.

    Args:
        suffixes: endings of the names of image files, in lower case.

    Raises:
        DatasetError: the folder is missing or unreadable, or does not hold images of two classes or more.
    """
    root = path.expanduser().absolute()
    require_folder(root)
    folders, files = _listing(root)
    skipped = [_outside(file) for file in files]
    with_splits = _has_split_layout(folders)
    images: list[_Image] = []
    if with_splits:
        for folder in folders:
            images += _split_folder(folder, SPLIT_FOLDERS[folder.name.lower()], skipped, suffixes)
        _require_known_classes(images, root)
    else:
        _require_class_folders(root, folders, files, suffixes)
        for folder in folders:
            images += _class_folder(folder, "", skipped, suffixes)
    return _labeled(root, images, skipped, with_splits=with_splits)


def _labeled(
    root: Path, images: list[_Image], skipped: list[SkippedFile], *, with_splits: bool
) -> LabeledImages:
    class_names = tuple(sorted({image.class_name for image in images}))
    if len(class_names) < 2:
        raise DatasetError(
            f"the folder '{root}' holds only one class, '{class_names[0]}'; "
            "a classifier needs two or more: add a subfolder with images of something else"
        )
    _require_text(class_names, root)
    index = {name: number for number, name in enumerate(class_names)}
    return LabeledImages(
        items=[image.path for image in images],
        labels=[index[image.class_name] for image in images],
        class_names=class_names,
        split=[image.split for image in images] if with_splits else None,
        skipped=tuple(sorted(skipped, key=lambda file: file.path)),
    )


def _require_text(class_names: tuple[str, ...], root: Path) -> None:
    """A file may have any name, but that of a class goes into the registry and into what others read."""
    for name in class_names:
        shown = os.fsencode(name).decode("utf-8", "replace")
        if shown != name:
            raise DatasetError(f"the name of the class folder '{shown}' in '{root}' is not UTF-8; rename it")


def require_folder(root: Path, otherwise: str = "") -> None:
    """Refuse a path that is not a folder.

    Args:
        otherwise: the alternatives to a folder, for the message.

    Raises:
        DatasetError: it does not exist, cannot be read, or is a file.
    """
    try:
        mode = root.stat().st_mode
    except FileNotFoundError:
        raise DatasetError(f"there is no folder '{root}'; check the path") from None
    except OSError as error:
        raise _unreadable(root, error) from error
    if not stat.S_ISDIR(mode):
        raise DatasetError(
            f"'{root}' is a file, not a folder; give a folder with a subfolder per class{otherwise}"
        )


def _has_split_layout(folders: list[Path]) -> bool:
    names = {folder.name.lower() for folder in folders}
    return "train" in names and names <= SPLIT_FOLDERS.keys()


def _split_folder(
    folder: Path, split: str, skipped: list[SkippedFile], suffixes: tuple[str, ...]
) -> list[_Image]:
    """Return the images of one split. Only `train` must be complete: a test folder often has no classes."""
    folders, files = _listing(folder)
    skipped += [_outside(file) for file in files]
    if split == "train":
        _require_class_folders(folder, folders, files, suffixes)
    images: list[_Image] = []
    for class_folder in folders:
        images += _class_folder(class_folder, split, skipped, suffixes)
    return images


def _require_class_folders(
    root: Path, folders: list[Path], files: list[Path], suffixes: tuple[str, ...]
) -> None:
    if folders:
        return
    if any(_is_image_name(file, suffixes) for file in files):
        raise DatasetError(f"the images in '{root}' are in no class folder; {LAYOUT}: move them")
    raise DatasetError(f"the folder '{root}' has no images; {LAYOUT}")


def _require_known_classes(images: list[_Image], root: Path) -> None:
    trained = {image.class_name for image in images if image.split == "train"}
    for image in images:
        if image.class_name not in trained:
            raise DatasetError(
                f"class '{image.class_name}' of '{root}' is in the {image.split} folder but not in the train "
                "folder; add training images of it or delete it"
            )


def _class_folder(
    folder: Path, split: str, skipped: list[SkippedFile], suffixes: tuple[str, ...]
) -> list[_Image]:
    images = []
    for file in _files_below(folder):
        if not os.path.isfile(file):  # noqa: PTH113  Path.is_file raises without permission
            skipped.append(SkippedFile(str(file), "broken link or not a regular file"))
        elif _is_image_name(file, suffixes):
            images.append(_Image(file, folder.name, split))
        else:
            skipped.append(SkippedFile(str(file), "not an image by its name"))
    if not images and split in ("", "train"):
        raise DatasetError(
            f"class folder '{folder}' contains no image ({', '.join(suffixes)}); add some or delete it"
        )
    return images


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield every file below the folder, links followed, each folder once, whatever links lead to it."""
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = current.stat()
        except OSError as error:
            raise _unreadable(current, error) from error
        identity = (status.st_dev, status.st_ino)
        if identity in seen:
            continue
        seen.add(identity)
        folders, files = _listing(current)
        yield from files
        waiting += reversed(folders)


def _listing(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders and the other entries in `folder`, each sorted by name, without the hidden ones."""
    try:
        with os.scandir(folder) as entries:
            shown = sorted((e for e in entries if not _is_hidden(e.name)), key=lambda entry: entry.name)
            folders = [Path(entry.path) for entry in shown if _is_folder(entry)]
            files = [Path(entry.path) for entry in shown if not _is_folder(entry)]
    except OSError as error:
        raise _unreadable(folder, error) from error
    return folders, files


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or to a place without permission
        return False


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"  # the latter is left by unzipping on other systems


def _is_image_name(file: Path, suffixes: tuple[str, ...]) -> bool:
    return file.name.lower().endswith(suffixes)


def _outside(file: Path) -> SkippedFile:
    return SkippedFile(str(file), "in no class folder")


def _unreadable(folder: Path, error: OSError) -> DatasetError:
    return DatasetError(f"cannot read the folder '{folder}': {reason_of(error)}; check its permissions")
