"""Names a dataset's content: one digest per image, and one for all of them together."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import DatasetError, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

THREADS = min(8, os.cpu_count() or 1)


def digest_items(
    items: Sequence[Path | np.ndarray], look: Callable[[Path, bytes], None] | None = None
) -> tuple[str, ...]:
    """Return for each item the SHA-256 in hex of its file's bytes, or of the array's dtype, shape and bytes.

    Args:
        look: is called with each file and its bytes, in several threads, since they are read anyway.

    Raises:
        DatasetError: a file has vanished or cannot be read.
    """

    def digest(item: Path | np.ndarray) -> str:
        if not isinstance(item, Path):
            return _digest_array(item)
        content = read_image_bytes(item)
        if look is not None:
            look(item, content)
        return digest_bytes(content)

    with ThreadPoolExecutor(THREADS) as pool:
        return tuple(pool.map(digest, items, chunksize=1))


def fingerprint(
    digests: Sequence[str],
    labels: Sequence[int],
    class_names: Sequence[str],
    own_splits: Sequence[str] | None,
) -> str:
    """Return the SHA-256 in hex over every image with its class and the dataset's own split for it, and
    over the class names in order.

    It does not depend on the order, the names or the location of files.
    """
    splits = own_splits if own_splits is not None else [""] * len(digests)
    lines = sorted(
        f"{digest}\t{class_names[label]}\t{split}"
        for digest, label, split in zip(digests, labels, splits, strict=True)
    )
    text = "\n".join([*class_names, "", *lines])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def read_image_bytes(path: Path) -> bytes:
    """Return the bytes of an image file.

    Raises:
        DatasetError: the file has vanished or cannot be read.
    """
    try:
        # Unbuffered takes fewer system calls, at each of which a thread hands over Python's lock.
        with path.open("rb", buffering=0) as file:
            return file.read()
    except FileNotFoundError:
        raise DatasetError(f"the image '{path}' has vanished; start again") from None
    except OSError as error:
        raise DatasetError(
            f"cannot read the image '{path}': {reason_of(error)}; check its permissions"
        ) from error


def digest_bytes(content: bytes) -> str:
    """Return the digest of a file with this content."""
    return hashlib.sha256(content).hexdigest()


def _digest_array(array: np.ndarray) -> str:
    content = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()
