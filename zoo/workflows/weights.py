"""Pre-trained weights: resolved once before work starts, and verified where it is resumed or runs elsewhere."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.downloads import download, is_url
from zoo.errors import ContractError, DatasetError, HyperparameterError, UnknownNameError, ZooError, reason_of
from zoo.interfaces import Weights
from zoo.models.pretrained.reading import ENDINGS, open_weights
from zoo.models.pretrained.report import reports_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from zoo.interfaces import Architecture, Progress
    from zoo.models.pretrained.report import WeightsReport


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
        path = _fetch(fetch, name, progress, architecture.name)
        return Weights(name, digest_of(path), str(path))
    path = _readable_file(architecture, name, progress)
    if is_url(name):
        return Weights(name, digest_of(path), str(path))
    return Weights(str(path.absolute()), digest_of(path), str(path))


def weights_of_each(architectures: Sequence[Architecture], weights: str | None) -> dict[str, str | None]:
    """Return architecture -> weights; of several, those without weights of this name get None.

    Raises:
        HyperparameterError: the weights are a file for several architectures, or none of them has these weights.
    """
    names = [architecture.name for architecture in architectures]
    if len(architectures) == 1 or weights is None:
        return dict.fromkeys(names, weights)
    pretrained = [architecture.name for architecture in architectures if _knows(architecture, weights)]
    if not pretrained and _looks_like_path(weights):
        raise HyperparameterError(
            f"--weights {weights} is a file, which fits one architecture: search them one by one"
        )
    if not pretrained:
        raise HyperparameterError(f"none of {', '.join(names)} has weights '{weights}': leave --weights out")
    return {name: weights if name in pretrained else None for name in names}


def locate_weights(
    architecture: Architecture,
    weights: Weights | None,
    progress: Progress,
    node: str = "",
    work: str = "search",
) -> Weights | None:
    """Return the same weights on this machine, for a resumed search or for a process that trains its trials.

    Args:
        weights: those that the search started with; the file or folder may have another path on this machine.
        node: name of this machine in messages, if it may differ from the search's.
        work: "search" or "run", for messages.

    Raises:
        HyperparameterError: the file or folder is missing, cannot be downloaded, or its content has changed.
    """
    if weights is None:
        return None
    by_name = _knows(architecture, weights.shown)
    fetch = architecture.fetch_weights
    if by_name and fetch is None:
        return weights
    if weights.path is not None and _exists(weights.path) and digest_of(Path(weights.path)) == weights.sha256:
        return weights
    prefix, advice = "", f"restore it, or start a new {work}"
    if node:
        prefix, advice = f"node {node}: ", "mount it there under the same path"
    try:
        path = (
            _fetch(fetch, weights.shown, progress, architecture.name)
            if fetch is not None and by_name
            else _file(weights.shown, progress, advice)
        )
    except HyperparameterError as error:
        raise HyperparameterError(f"{prefix}{error}") from None
    if weights.sha256 not in (None, digest_of(path)):
        raise HyperparameterError(
            f"{prefix}the weights {_kind(path)} {weights.shown} has changed since the {work} started: "
            f"restore it, or start a new {work}"
        )
    return replace(weights, path=str(path))


def showing_reports(progress: Progress) -> AbstractContextManager[None]:
    """Show tables of the weights that backbones load in the block."""
    return reports_to(lambda report: progress.notice(report.table()))


@contextmanager
def showing_refused(progress: Progress) -> Iterator[None]:
    """Show tables of the weights that backbones load in the block only if it raises a ZooError."""
    reports: list[WeightsReport] = []
    try:
        with reports_to(reports.append):
            yield
    except ZooError:
        for report in reports:
            progress.notice(report.table())
        raise


def is_local(weights: Weights) -> bool:
    """Whether they are a file or folder of the user, which is found without a download."""
    return Path(weights.shown).is_absolute()


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
    seen = set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(parent)) in seen:  # a link to a folder above it
            folders.clear()
            continue
        seen.add(real)
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
    if _exists(name):
        return False
    if _knows(architecture, name):
        return True
    if not _looks_like_path(name):
        raise UnknownNameError(
            "weights", name, architecture.weights, "or give the path of a weights file or folder"
        )
    return False


def _knows(architecture: Architecture, name: str) -> bool:
    """Whether the architecture has weights of this name, which is not written as a path such as `./net.npz`."""
    if name in architecture.weights:
        return True
    is_path = name.startswith(("./", "../", "~")) or Path(name).is_absolute()
    return not is_path and architecture.has_weights(name)


def _looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file or folder, or the URL of one, rather than a name."""
    return "/" in text or text.lower().endswith(ENDINGS) or _exists(text)


def _exists(path: str) -> bool:
    return not is_url(path) and os.path.exists(os.path.expanduser(path))  # noqa: PTH110, PTH111  Path raises for odd ones


def _kind(path: Path) -> str:
    return "folder" if path.is_dir() else "file"


def _fetch(fetch: Callable[[str], Path], name: str, progress: Progress, architecture: str) -> Path:
    """Return the file or folder of a name in `Architecture.weights` from its `fetch_weights`."""
    whose = f"architecture '{architecture}'"
    progress.began(f"fetching weights {name}")
    try:
        path = fetch(name)
    except ZooError:
        raise
    except Exception as error:  # of the libraries that download it
        reason = reason_of(error).strip().partition("\n")[0].rstrip(". ")
        raise HyperparameterError(f"{whose}: weights '{name}' cannot be fetched: {reason}") from error
    if not isinstance(path, (str, Path)) or not _exists(str(path)):
        raise ContractError(
            f"{whose}: fetch_weights must return the path of a file or folder that exists, got {path!r}"
        )
    return Path(path)


def _readable_file(architecture: Architecture, location: str, progress: Progress) -> Path:
    """Return the file or folder, whose tensors can be listed.

    That is not required of a file that matches a pattern in `Architecture.weights`, which the backbone reads itself.
    """
    path = _file(location, progress, "check --weights")
    if not architecture.has_weights(path.name):
        with open_weights(path):
            pass
    return path


def _file(location: str, progress: Progress, advice: str) -> Path:
    """Return the file or folder of this path or URL on this machine; that of a URL is in the cache.

    Args:
        advice: what to do if there is nothing at the path.
    """
    if is_url(location):
        try:
            return download(location, progress)
        except DatasetError as error:
            raise HyperparameterError(str(error)) from error
    if not _exists(location):
        raise HyperparameterError(f"there is no weights file {location}: {advice}")
    return Path(location).expanduser()
