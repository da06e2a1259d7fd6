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
from zoo.testing.contract import NotBuilt, reason_of, some
from zoo.testing.imports import check_imports, module_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.data.formats import Formats
    from zoo.interfaces import Dataset

SIZE = 32  # pixels a side that images are decoded to; enough to see that they can be


class Loaded:
    """What a dataset loads, once for all checks.

    Args:
        formats: what its files are decoded by.
    """

    def __init__(self, dataset: Dataset, formats: Formats) -> None:
        self.dataset, self.formats = dataset, formats
        self._failed = False

    @cached_property
    def images(self) -> LabeledImages:
        """What load() gives.

        Raises:
            NotBuilt: it failed before.
            ContractError: it raises, or gives something else.
        """
        if self._failed:
            raise NotBuilt("there are no images: see 'loads'")
        self._failed = True  # until it went well
        images = self.load()
        self._failed = False
        return images

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """Of each item."""
        return digest_items(self.images.items)

    def load(self) -> LabeledImages:
        """Load once more."""
        try:
            images = self.dataset.load()
        except (Exception, SystemExit) as error:  # a stranger's code may raise anything
            reason = reason_of(error, module_file(self.dataset.load))
            raise ContractError(f"load() failed: {reason}: mend load()") from error
        if not isinstance(images, LabeledImages):
            raise ContractError(f"load() gives {type(images).__name__}: return zoo.LabeledImages")
        return images


@lru_cache(maxsize=1)  # one at a time: images may be many
def loaded_of(dataset: Dataset, formats: Formats) -> Loaded:
    """That of the last call if it was about the same dataset, so that checks one by one share it."""
    return Loaded(dataset, formats)


def _imports_without_tensorflow(loaded: Loaded) -> None:
    check_imports(loaded.dataset.load, "zoo_datasets", loaded.dataset.name)


def _loads(loaded: Loaded) -> None:
    if not loaded.images.items:
        raise ContractError("load() gives no images: look where it searches for them")


def _classes(loaded: Loaded) -> None:
    images = loaded.images
    if len(images.class_names) < 2:
        raise ContractError(f"class_names is {images.class_names}: two classes or more are needed")
    counts = Counter(images.labels)
    empty = [name for label, name in enumerate(images.class_names) if not counts[label]]
    if empty:
        raise ContractError(
            f"there is no image of {some(empty)}: take the class away, or look where images get their labels"
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
            f"{len(broken)} of {len(problems)} items are no images ({some([str(one) for one in broken])}), "
            f"the first: {problems[broken[0]]}"
        )


def _problem(item: object, formats: Formats) -> str:
    """What the contract has against this item; empty if nothing."""
    if not isinstance(item, Path | np.ndarray):
        return f"a {type(item).__name__}: give a pathlib.Path or an array of uint8"
    try:
        if isinstance(item, Path):
            decode_file(item, SIZE, 3, formats)
        elif item.dtype != np.uint8 or item.ndim not in (2, 3) or item.shape[2:] not in ((), (1,), (3,)):
            return (
                f"an array of {item.dtype} and shape {item.shape}: give uint8 of shape (height, width) or "
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
            f"a second load() gives something else ({len(images.items)} images, then {len(again.items)}): "
            "fix the seed of what is random, and copy what you change"
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
