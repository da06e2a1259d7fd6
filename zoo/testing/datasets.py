"""The checks of a dataset."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.decode import UnreadableImage, decode_array, decode_file
from zoo.data.fingerprint import THREADS, digest_items, fingerprint
from zoo.data.splits import assign_splits, check_splits, count_images
from zoo.errors import ContractError, DatasetError
from zoo.interfaces import LabeledImages
from zoo.plugin_code.places import file_of
from zoo.testing.contract import NotBuilt, reason_of, some
from zoo.testing.imports import check_imports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.data.formats import Formats
    from zoo.interfaces import Dataset

SIZE = 32  # pixels a side that images are decoded to


class Loaded:
    """The images of a dataset, loaded once for all checks.

    Args:
        formats: the decoders of its files.
    """

    def __init__(self, dataset: Dataset, formats: Formats) -> None:
        self.dataset, self.formats = dataset, formats
        self._failed = False

    @cached_property
    def images(self) -> LabeledImages:
        """The result of load().

        Raises:
            NotBuilt: it failed before.
            ContractError: it raises, or does not return LabeledImages.
        """
        if self._failed:
            raise NotBuilt("there are no images: see 'loads'")
        self._failed = True  # until it has succeeded
        images = self.load()
        self._failed = False
        return images

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """The digest of each item."""
        return digest_items(self.images.items)

    def load(self) -> LabeledImages:
        """Load once more."""
        try:
            images = self.dataset.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # third-party code may raise anything
            reason = reason_of(error, file_of(self.dataset.load))
            raise ContractError(f"load() failed: {reason}: fix load()") from error
        if not isinstance(images, LabeledImages):
            raise ContractError(f"load() returns {type(images).__name__}: return zoo.LabeledImages")
        return images


@lru_cache(maxsize=1)  # only one, since its images may be large
def loaded_of(dataset: Dataset, formats: Formats) -> Loaded:
    """Return the images of a dataset, the same ones in calls for the same one, so that checks share them."""
    return Loaded(dataset, formats)


def _imports_without_tensorflow(loaded: Loaded) -> None:
    check_imports(loaded.dataset.load, "zoo_datasets", loaded.dataset.name)


def _loads(loaded: Loaded) -> None:
    if not loaded.images.items:
        raise ContractError("load() returns no images: check where it looks for them")


def _classes(loaded: Loaded) -> None:
    images = loaded.images
    if len(images.class_names) < 2:
        raise ContractError(f"class_names is {images.class_names}: two classes or more are needed")
    counts = Counter(images.labels)
    empty = [name for label, name in enumerate(images.class_names) if not counts[label]]
    if empty:
        raise ContractError(
            f"there is no image of {some(empty)}: remove the class, or check how images get their labels"
        )


def _decodes(loaded: Loaded) -> None:
    require_images(loaded.images, loaded.formats)


def require_images(images: LabeledImages, formats: Formats) -> None:
    """Refuse items that cannot be decoded.

    Raises:
        ContractError: there is one; the message names the first three.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        problems = list(pool.map(lambda item: _problem(item, formats), images.items))
    broken = [number for number, problem in enumerate(problems) if problem]
    if broken:
        raise ContractError(
            f"{len(broken)} of {len(problems)} items are not images ({some([str(number) for number in broken])}), "
            f"the first: {problems[broken[0]]}"
        )


def _problem(item: object, formats: Formats) -> str:
    """Return how the item breaks the contract; an empty string if it does not."""
    if not isinstance(item, Path | np.ndarray):
        return f"a {type(item).__name__}: return a pathlib.Path or an array of uint8"
    try:
        if isinstance(item, Path):
            decode_file(item, SIZE, 3, formats)
        elif item.dtype != np.uint8 or item.ndim not in (2, 3) or item.shape[2:] not in ((), (1,), (3,)):
            return (
                f"an array of {item.dtype} and shape {item.shape}: return uint8 of shape (height, width) or "
                "(height, width, 1 or 3)"
            )
        else:
            decode_array(item, SIZE, 3)
    except UnreadableImage as error:
        return str(error)
    return ""


def _loads_again(loaded: Loaded) -> None:
    require_same(loaded.images, loaded.load())


def require_same(images: LabeledImages, again: LabeledImages) -> None:
    """Refuse a second load() that differs from the first.

    Raises:
        ContractError: it does.
    """
    first, second = (
        fingerprint(digest_items(each.items), each.labels, each.class_names, each.split)
        for each in (images, again)
    )
    if first != second:
        raise ContractError(
            f"a second load() returns other images ({len(images.items)} images, then {len(again.items)}): "
            "fix the seed of random numbers, and copy arrays before changing them"
        )


def _splits(loaded: Loaded) -> None:
    images = loaded.images
    split = assign_splits(loaded.digests, images.split)
    try:
        check_splits(count_images(split, images.labels, images.class_names))
    except DatasetError as error:
        raise ContractError(str(error)) from error


CHECKS: Mapping[str, Callable[[Loaded], None]] = {
    "imports-without-tensorflow": _imports_without_tensorflow,
    "loads": _loads,
    "classes": _classes,
    "decodes": _decodes,
    "loads-again": _loads_again,
    "splits": _splits,
}
