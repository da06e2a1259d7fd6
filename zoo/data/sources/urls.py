"""A file behind a URL becomes labeled images, by the source that reads its local copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.data.downloads import download, file_name, require_protocol
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.formats import Formats
    from zoo.interfaces import LabeledImages, Progress


def load_url(
    url: str, formats: Formats, load: Callable[[Path], LabeledImages], progress: Progress
) -> LabeledImages:
    """Return the images of a file behind a URL.

    Args:
        load: loads the images of the local file.

    Raises:
        DatasetError: no source reads this kind of file by itself, it cannot be downloaded, or `load` raises it.
    """
    require_protocol(url)
    source = formats.source_of_file(file_name(url))
    if source is None or not source.single_file:
        suffixes = ", ".join(
            suffix for source in formats.sources if source.single_file for suffix in source.suffixes
        )
        raise DatasetError(
            f"'{url}' is not a file that zoo reads from a URL ({suffixes}): "
            "for a folder or a manifest mount the bucket, and give the path"
        )
    path = download(url, progress).absolute()
    try:
        return load(path)
    except DatasetError as error:
        raise DatasetError(str(error).replace(str(path), url)) from error
