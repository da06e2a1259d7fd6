"""A name or a path becomes an opened dataset: its images found, fingerprinted and split."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.decode import UnreadableImage, image_header
from zoo.data.fingerprint import THREADS, digest_items, fingerprint
from zoo.data.folders import load_folder
from zoo.data.splits import Counts, assign_splits, check_splits, count_images
from zoo.errors import ContractError, DatasetError, UnknownNameError, ZooError
from zoo.interfaces import Dataset, LabeledImages

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLE = 500  # images looked at for the natural size; their headers are read in a moment
LARGEST_NATURAL_SIZE = 224  # what ImageNet networks take; larger is asked for, not guessed


@dataclass(frozen=True, eq=False)
class OpenedDataset:
    """A dataset whose images are found, but not decoded.

    Args:
        name: the registered name, or the folder's name in lower case, letters and digits of any script.
        source: `plugin NAME`, or the folder's absolute path.
        digests: SHA-256 of each image, in the order of `images.items`.
        split: train, validation or test for each image.
        fingerprint: SHA-256 over the content of all images, their classes and given splits.
        notices: what is poor about the dataset, a line each.
    """

    name: str
    source: str
    images: LabeledImages
    digests: tuple[str, ...]
    split: tuple[str, ...]
    fingerprint: str
    notices: tuple[str, ...]

    @property
    def counts(self) -> Counts:
        """Split -> class name -> number of images, with every split and every class as a key."""
        return count_images(self.split, self.images.labels, self.images.class_names)

    @cached_property
    def sampled_headers(self) -> tuple[tuple[int, int, bool], ...]:
        """(width, height, is gray) of at most `SAMPLE` images, the same ones on every machine.

        Raises:
            DatasetError: not one of them can be read.
        """
        order = sorted(range(len(self.digests)), key=self.digests.__getitem__)[:SAMPLE]
        with ThreadPoolExecutor(THREADS) as pool:
            headers = pool.map(_header, [self.images.items[number] for number in order])
            readable = tuple(header for header in headers if header is not None)
        if not readable:
            raise DatasetError(f"not one image of dataset '{self.name}' can be read; look into {self.source}")
        return readable


def open_dataset(ref: str, registered: Mapping[str, Dataset]) -> OpenedDataset:
    """Find the dataset that `ref` means: a registered name, else the path of a folder of images.

    Args:
        ref: what the user wrote for DATASET.
        registered: the datasets of all plugins by name.

    Raises:
        UnknownNameError: it is neither a registered name nor a folder.
        DatasetError: its images are missing, unreadable or too few.
        ContractError: a plugin's dataset is not what the contract asks for.
    """
    if ref in registered:
        return _opened(ref, f"plugin {ref}", _load_registered(registered[ref]))
    if ref.startswith("tfds:"):
        raise DatasetError(
            f"TensorFlow Datasets are not supported yet, so '{ref}' cannot be opened; "
            "export it to a folder of images and give its path"
        )
    folder = Path(os.path.expanduser(ref))  # noqa: PTH111  Path.expanduser raises where no such user is
    if not _looks_like_a_path(ref) and not os.path.exists(folder):  # noqa: PTH110  Path.exists may raise
        raise UnknownNameError("dataset", ref, registered, "or give the path of a folder of images")
    images = load_folder(folder)
    folder = folder.resolve()
    return _opened(_slug(folder.name), str(folder), images)


def natural_size(opened: OpenedDataset) -> int:
    """Pixels a side that suit the images, at most 224.

    It is the side of the images if all are squares of one size, else the median of their shorter sides.
    """
    headers = opened.sampled_headers
    sides = {side for width, height, _ in headers for side in (width, height)}
    natural = sides.pop() if len(sides) == 1 else median_low(min(w, h) for w, h, _ in headers)
    return min(natural, LARGEST_NATURAL_SIZE)


def natural_channels(opened: OpenedDataset) -> int:
    """1 if every image is gray, else 3."""
    return 1 if all(is_gray for _, _, is_gray in opened.sampled_headers) else 3


def _opened(name: str, source: str, images: LabeledImages) -> OpenedDataset:
    digests = digest_items(images.items)
    split = assign_splits(digests, images.split)
    notices = check_splits(count_images(split, images.labels, images.class_names))
    whole = fingerprint(digests, images.labels, images.class_names, images.split)
    return OpenedDataset(name, source, images, digests, split, whole, notices)


def _load_registered(dataset: Dataset) -> LabeledImages:
    try:
        images = dataset.load()
    except ZooError:
        raise
    except Exception as error:  # a plugin's code; whatever goes wrong in it is told as its failure
        reason = f"{type(error).__name__}: {error}"
        raise DatasetError(f"dataset '{dataset.name}' failed to load ({reason}); see its plugin") from error
    if not isinstance(images, LabeledImages):
        raise ContractError(
            f"dataset '{dataset.name}': load() must return LabeledImages, got {type(images).__name__}"
        )
    if len(images.class_names) < 2:
        raise ContractError(
            f"dataset '{dataset.name}': load() must return two classes or more, got {images.class_names}"
        )
    for number, item in enumerate(images.items):
        if problem := _broken_item(item):
            raise ContractError(f"dataset '{dataset.name}': image {number} {problem}")
    return images


def _broken_item(item: object) -> str:
    """What the contract has against this item; empty if nothing."""
    if isinstance(item, Path):
        return ""
    if not isinstance(item, np.ndarray):
        return f"must be a pathlib.Path or a numpy array, got {type(item).__name__}"
    if item.dtype != np.uint8:
        return f"must hold uint8 pixels 0-255, got {item.dtype}"
    if item.ndim not in (2, 3) or item.shape[2:] not in ((), (1,), (3,)) or item.size == 0:
        return f"must have shape (height, width), (height, width, 1) or (height, width, 3), got {item.shape}"
    return ""


def _header(item: Path | np.ndarray) -> tuple[int, int, bool] | None:
    if isinstance(item, Path):
        try:
            return image_header(item)
        except UnreadableImage:
            return None
    return item.shape[1], item.shape[0], item.shape[2:] != (3,)


def _looks_like_a_path(ref: str) -> bool:
    return ref.startswith((".", "~")) or "/" in ref or os.sep in ref


def _slug(folder_name: str) -> str:
    """The folder's name without what would need quoting, or mean something in DATASET@ALIAS."""
    return re.sub(r"[^\w.-]+", "-", folder_name.lower()).strip("-._") or "images"
