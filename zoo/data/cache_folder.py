"""The cache folder, and errors of the system in writing there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from zoo.errors import DatasetError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def cache_folder() -> Path:
    """Return the folder of all that can be recomputed: `ZOO_CACHE`, else the user's cache folder."""
    return Path(os.environ.get("ZOO_CACHE") or platformdirs.user_cache_dir("zoo")).expanduser()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn errors of the operating system in writing to this folder of the cache into a DatasetError."""
    try:
        yield
    except NotImplementedError as error:  # filelock, where a file system has no locks
        raise DatasetError(
            f"the cache '{folder}' is on a file system without locks: set ZOO_CACHE to a folder on a local disk"
        ) from error
    except OSError as error:
        raise DatasetError(
            f"cannot write the cache '{folder}': {reason_of(error)}; "
            "make room, or set ZOO_CACHE to a folder on another disk"
        ) from error
