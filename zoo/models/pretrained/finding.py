"""Finds pre-trained weights before work starts: by name, by path or by URL. It imports no TensorFlow."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.downloads import download, is_url
from zoo.errors import (
    ContractError,
    DatasetError,
    HyperparameterError,
    UnknownNameError,
    WeightsError,
    ZooError,
    reason_of,
)
from zoo.interfaces import Weights
from zoo.models.backbone_errors import call_watched
from zoo.models.pretrained.reading import ENDINGS, SHARDS, open_weights
from zoo.plugin_code.places import file_of, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.interfaces import Architecture, Progress


def check_weights(architecture: Architecture, name: str | None, progress: Progress) -> None:
    """Refuse what `find_weights` would refuse, except that a name is not fetched, which may import TensorFlow."""
    if name is not None and not _is_name(architecture, name):
        _readable_file(architecture, name, progress)


def find_weights(architecture: Architecture, name: str | None, progress: Progress) -> Weights | None:
    """Return the pre-trained weights of this name; None without a name.

    Args:
        name: a name that `Architecture.weights` contains, or else the path of a file or a folder, a name that matches a
            pattern in `Architecture.weights`, or a URL, whose file is downloaded into the cache.
        progress: shows a download.

    Raises:
        UnknownNameError, HyperparameterError: the architecture has no such weights, or there is no such file.
        WeightsError: the file or folder cannot be read.
    """
    if name is None:
        return None
    if _is_name(architecture, name):
        fetch = architecture.fetch_weights
        if fetch is None:
            return Weights(name)
        path = fetch_named(architecture, fetch, name, progress)
        return Weights(name, digest_of(path), str(path))
    path = _readable_file(architecture, name, progress)
    if is_url(name):
        return Weights(name, digest_of(path), str(path))
    return Weights(str(path.absolute()), digest_of(path), str(path))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of the file, or of a folder's files with their paths within it, except hidden ones.

    Raises:
        HyperparameterError: a file cannot be read.
    """
    try:
        if path.is_file():
            return _file_digest(path)
        total = hashlib.sha256()
        for name, file in sorted(_files_in(path)):
            total.update(f"{_file_digest(file)} {len(name)} {name}\n".encode(errors="surrogateescape"))
        return total.hexdigest()
    except OSError as error:
        raise HyperparameterError(
            f"weights {error.filename or path} cannot be read: {reason_of(error)}; check its permissions"
        ) from error


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield path within the folder -> file; hidden files, such as of a file manager, are no part of the weights."""
    visited = set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(parent)) in visited:  # a link to a folder above it
            folders.clear()
            continue
        visited.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in (Path(parent, name) for name in files if not name.startswith(".")):
            if file.is_file():
                yield file.relative_to(folder).as_posix(), file


def _is_name(architecture: Architecture, name: str) -> bool:
    """Whether these are weights that the architecture loads or fetches by name, and not a file, a folder or a URL.

    A name that `Architecture.weights` contains wins over a file of that name, and a file over a pattern.

    Raises:
        UnknownNameError, HyperparameterError: they are neither.
    """
    if not architecture.weights:
        raise HyperparameterError(
            f"architecture '{architecture.name}' has no pre-trained weights to load: leave --weights out"
        )
    if name in architecture.weights:
        return True
    if exists(name):
        return False
    if has_weights(architecture, name):
        return True
    if not (looks_like_path(name) or architecture.reads_file(name)):
        raise UnknownNameError(
            "weights", name, architecture.weights, "or give the path of a weights file or folder"
        )
    return False


def has_weights(architecture: Architecture, name: str) -> bool:
    """Whether the architecture has weights of this name, which is not written as a path such as `./net.npz`."""
    if name in architecture.weights:
        return True
    is_path = name.startswith(("./", "../", "~")) or Path(name).is_absolute()
    return not is_path and architecture.has_weights(name)


def looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file or folder, or the URL of one, rather than a name."""
    return "/" in text or text.lower().endswith(ENDINGS) or exists(text)


def exists(path: str) -> bool:
    return not is_url(path) and os.path.exists(os.path.expanduser(path))  # noqa: PTH110, PTH111  Path raises for odd ones


def fetch_named(
    architecture: Architecture, fetch: Callable[[str], Path], name: str, progress: Progress
) -> Path:
    """Return the file or folder of a name in `Architecture.weights` from its `fetch_weights`."""
    whose = f"architecture '{architecture.name}'"
    progress.began(f"fetching weights {name}")
    try:
        with redirect_stdout(sys.stderr):  # for results; libraries print the progress of a download
            activity = "its fetch_weights has been running"
            path = call_watched(architecture, partial(fetch, name), activity, limited=False)
    except (ZooError, KeyboardInterrupt):
        raise
    except BaseException as error:  # of the libraries that download it
        reason = reason_of(error).strip().partition("\n")[0].rstrip(". ")
        place = place_of(error, file_of(fetch))
        raise HyperparameterError(f"{whose}: weights '{name}' cannot be fetched: {reason}{place}") from error
    if not isinstance(path, (str, Path)) or not exists(str(path)):
        raise ContractError(
            f"{whose}: fetch_weights must return the path of a file or folder that exists, got {path!r}"
        )
    return Path(path).absolute()


def _readable_file(architecture: Architecture, location: str, progress: Progress) -> Path:
    """Return the file or folder, whose tensors can be listed.

    That is not required of a file of another form that `Architecture.weights` names, which the backbone reads itself.
    """
    path = file_at(location, progress, "check --weights")
    if path.name.lower().endswith(ENDINGS) or not architecture.reads_file(path.name):
        if path.name.endswith(SHARDS):
            raise WeightsError(f"{path} lists the parts of weights: give the path of its folder")
        with open_weights(path):
            pass
    return path


def file_at(location: str, progress: Progress, advice: str) -> Path:
    """Return the file or folder of this path or URL on this machine; that of a URL is in the cache.

    Args:
        advice: what to do if there is nothing at the path.
    """
    if is_url(location):
        try:
            return download(location, progress)
        except DatasetError as error:
            raise HyperparameterError(str(error)) from error
    if not exists(location):
        raise HyperparameterError(f"there is no weights file {location}: {advice}")
    return Path(location).expanduser()
