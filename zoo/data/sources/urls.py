"""A file behind a URL is downloaded once into the cache, and again when it is another one there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.data.downloads import download, file_name, require_protocol
from zoo.data.sources.archives import ARCHIVES
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.interfaces import LabeledImages, Progress

READABLE = (*ARCHIVES, ".npz")  # a .npy has its labels in another file


def load_url(
    url: str, load: Callable[[Path, Progress | None], LabeledImages], progress: Progress
) -> LabeledImages:
    """The images of an archive or a file of arrays behind a URL.

    Args:
        load: finds the images of the local file.

    Raises:
        DatasetError: it is another kind of file or cannot be downloaded, or `load` raises it.
    """
    require_protocol(url)
    if not file_name(url).lower().endswith(READABLE):
        raise DatasetError(
            f"'{url}' names no archive (.zip, .tar, .tar.gz …) or .npz, which are all that zoo reads from a URL: "
            "for a folder or a manifest mount the bucket, and give the path"
        )
    path = download(url, progress)
    try:
        return load(path, progress)
    except DatasetError as error:
        raise DatasetError(str(error).replace(str(path), url)) from error
