"""A dataset whose images are found, fingerprinted and split, but not decoded."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING

from zoo.data.decode import UnreadableImage, image_header
from zoo.data.fingerprint import THREADS, digest_items, fingerprint
from zoo.data.formats import require_package
from zoo.data.splits import Counts, assign_splits, check_splits, count_images
from zoo.errors import DatasetError

if TYPE_CHECKING:
    import numpy as np

    from zoo.data.formats import Formats
    from zoo.interfaces import Decoder, LabeledImages

SAMPLE = 500  # images looked at for the natural size; their headers are read in a moment
LARGEST_NATURAL_SIZE = 224  # what ImageNet networks take; a larger size is never a default


@dataclass(frozen=True, eq=False)
class OpenedDataset:
    """A dataset whose images are found, but not decoded.

    Args:
        name: the registered name, or the file's or folder's name in lower case, letters and digits of any script.
        source: `plugin NAME`, `tfds:NAME`, a URL, or an absolute path.
        digests: SHA-256 of each image, in the order of `images.items`.
        split: train, validation or test for each image.
        fingerprint: SHA-256 over the content of all images, their classes and the dataset's own splits.
        notices: what is poor about the dataset, a line each.
        formats: the decoders of its files.
        decoders: name and version of each decoder of a plugin that decodes some of its files, sorted.
    """

    name: str
    source: str
    images: LabeledImages
    digests: tuple[str, ...]
    split: tuple[str, ...]
    fingerprint: str
    notices: tuple[str, ...]
    formats: Formats
    decoders: tuple[str, ...] = ()

    @property
    def counts(self) -> Counts:
        """Split -> class name -> number of images, with every split and every class as a key."""
        return count_images(self.split, self.images.labels, self.images.class_names)

    @property
    def identity(self) -> str:
        """The digest of the decoded content: the fingerprint, combined with plugins' decoders if there are any."""
        if not self.decoders:
            return self.fingerprint
        return hashlib.sha256("\n".join((self.fingerprint, *self.decoders)).encode()).hexdigest()

    @cached_property
    def sampled_headers(self) -> tuple[tuple[int, int, bool], ...]:
        """(width, height, is gray) of at most `SAMPLE` images, the same ones on every machine.

        Raises:
            DatasetError: none of them can be read.
        """
        order = sorted(range(len(self.digests)), key=self.digests.__getitem__)[:SAMPLE]
        with ThreadPoolExecutor(THREADS) as pool:
            items = [self.images.items[number] for number in order]
            headers = pool.map(lambda item: _header(item, self.formats), items)
            readable = tuple(header for header in headers if header is not None)
        if not readable:
            raise DatasetError(f"no image of dataset '{self.name}' can be read; check {self.source}")
        return readable


def fingerprinted(name: str, source: str, images: LabeledImages, formats: Formats) -> OpenedDataset:
    """Read and hash every image, find its decoder, and split the dataset.

    Raises:
        DatasetError: an image has vanished or cannot be read, its decoder needs a package that is not installed, or
            the splits cannot be trained on.
    """
    decoders: dict[str, tuple[Decoder, list[Path]]] = {}  # name -> decoder and its files, in any order

    def look(path: Path, content: bytes) -> None:
        decoder = formats.decoder_of(path.name, content)
        if decoder is not None:
            decoders.setdefault(decoder.name, (decoder, []))[1].append(path)

    digests = digest_items(images.items, look)
    for _, (decoder, paths) in sorted(decoders.items()):
        require_package(decoder, str(min(paths)))
    # zoo's own decoders have no version: the cache's format number covers them.
    versions = sorted(
        f"{name} {decoder.version}" for name, (decoder, _) in decoders.items() if decoder.version
    )
    split = assign_splits(digests, images.split)
    notices = check_splits(count_images(split, images.labels, images.class_names))
    whole = fingerprint(digests, images.labels, images.class_names, images.split)
    return OpenedDataset(name, source, images, digests, split, whole, notices, formats, tuple(versions))


def natural_size(opened: OpenedDataset) -> int:
    """Return the pixels a side that suit the images, at most 224.

    It is the side of the images if all are squares of one size, else the median of their shorter sides.
    """
    headers = opened.sampled_headers
    sides = {side for width, height, _ in headers for side in (width, height)}
    natural = sides.pop() if len(sides) == 1 else median_low(min(w, h) for w, h, _ in headers)
    return min(natural, LARGEST_NATURAL_SIZE)


def natural_channels(opened: OpenedDataset) -> int:
    """Return 1 if every image is gray, else 3."""
    return 1 if all(is_gray for _, _, is_gray in opened.sampled_headers) else 3


def _header(item: Path | np.ndarray, formats: Formats) -> tuple[int, int, bool] | None:
    if isinstance(item, Path):
        try:
            return image_header(item, formats)
        except UnreadableImage:
            return None
    return item.shape[1], item.shape[0], item.shape[2:] != (3,)
