"""Inspects each image of a dataset once: whether it can be read, its size and its signature."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.checks.signatures import CHUNK, SIZE, WORK, Signatures, joined, sign
from zoo.data.decode import UnreadableImage, decode_array, decode_bytes, read_header
from zoo.data.fingerprint import THREADS, read_image_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.data.formats import Formats
    from zoo.interfaces import Progress


@dataclass(frozen=True)
class Look:
    """The size of an image, or the reason why it cannot be read.

    Args:
        width, height: pixels of the upright image; 0 where it cannot be read.
        size: bytes of its file; 0 of an array.
        reason: the reason why it cannot be read; empty if it can.
    """

    width: int
    height: int
    size: int
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Inspection:
    """The result of inspecting all images of a dataset.

    Args:
        looks: one for each image.
        readable: the numbers of the images that can be read, in order.
        signatures: of the readable ones, in that order.
    """

    looks: tuple[Look, ...]
    readable: tuple[int, ...]
    signatures: Signatures


def inspect_images(items: Sequence[Path | np.ndarray], formats: Formats, progress: Progress) -> Inspection:
    """Decode every image whole, as training does, only smaller: an image damaged for one is for the other.

    Raises:
        DatasetError: a file has vanished or cannot be read.
    """
    chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    looks: list[Look] = []
    signatures = []
    with ThreadPoolExecutor(THREADS) as pool:
        for chunk_looks, chunk_signatures in pool.map(partial(_inspect_chunk, formats=formats), chunks):
            looks += chunk_looks
            signatures.append(chunk_signatures)
            progress.advanced(WORK, len(looks), len(items))
    readable = tuple(number for number, look in enumerate(looks) if not look.reason)
    return Inspection(tuple(looks), readable, joined(signatures))


def _inspect_chunk(items: Sequence[Path | np.ndarray], formats: Formats) -> tuple[list[Look], Signatures]:
    looks, images = [], [np.empty((0, SIZE, SIZE, 3), np.uint8)]
    for item in items:
        look, pixels = _inspect_file(item, formats) if isinstance(item, Path) else _inspect_array(item)
        looks.append(look)
        if pixels is not None:
            images.append(pixels[np.newaxis])
    return looks, sign(np.concatenate(images))


def _inspect_file(path: Path, formats: Formats) -> tuple[Look, np.ndarray | None]:
    content = read_image_bytes(path)
    try:
        pixels = decode_bytes(content, str(path), SIZE, 3, formats)
        width, height, _ = read_header(io.BytesIO(content), str(path), formats)
    except UnreadableImage as error:
        return Look(0, 0, len(content), error.reason), None
    return Look(width, height, len(content)), pixels


def _inspect_array(array: np.ndarray) -> tuple[Look, np.ndarray]:
    return Look(array.shape[1], array.shape[0], 0), decode_array(array, SIZE, channels=3)
