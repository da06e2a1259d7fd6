"""Pre-trained weights: found once, before work starts, and found again, unchanged, where it goes on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.downloads import download, is_url
from zoo.errors import DatasetError, HyperparameterError, UnknownNameError
from zoo.interfaces import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Architecture, Progress


def find_weights(architecture: Architecture, name: str | None, progress: Progress) -> Weights | None:
    """The pre-trained weights that the user names; None without a name.

    Args:
        name: out of `Architecture.weights`, the path of a file, or a URL, whose file is downloaded into the cache.
        progress: hears of a download.

    Raises:
        UnknownNameError, HyperparameterError: the architecture has no such weights, or the file cannot be had.
    """
    if name is None:
        return None
    if not architecture.weights:
        raise HyperparameterError(
            f"architecture '{architecture.name}' has no pre-trained weights to load: leave --weights out"
        )
    if name in architecture.weights:
        return Weights(name)
    if not looks_like_path(name):
        raise UnknownNameError("weights", name, architecture.weights, "or give the path of a weights file")
    path = _file(name, progress, "check --weights")
    if is_url(name):
        return Weights(name, digest_of(path), str(path))
    return Weights(str(path.absolute()), digest_of(path), name)


def weights_of_each(architectures: Sequence[Architecture], weights: str | None) -> dict[str, str | None]:
    """The weights to start from, by architecture; of several, those that have none of this name get None.

    Raises:
        HyperparameterError: several architectures are to start from one file, or none of them has these weights.
    """
    names = [architecture.name for architecture in architectures]
    if len(architectures) == 1 or weights is None:
        return dict.fromkeys(names, weights)
    if looks_like_path(weights):
        raise HyperparameterError(
            f"--weights {weights} is a file, which fits one architecture: search them one by one"
        )
    have = [architecture.name for architecture in architectures if weights in architecture.weights]
    if not have:
        raise HyperparameterError(f"none of {', '.join(names)} has weights '{weights}': leave --weights out")
    return {name: weights if name in have else None for name in names}


def find_again(
    architecture: Architecture,
    weights: Weights | None,
    progress: Progress,
    node: str = "",
    work: str = "search",
) -> Weights | None:
    """The same weights on this machine, where a search goes on or another process trains for it.

    Args:
        weights: as the search began with them; the file may lie elsewhere on this machine.
        node: the name of this machine for messages, where it may be another one than the search's.
        work: what began with them, for messages.

    Raises:
        HyperparameterError: the file is not there, cannot be downloaded, or its content is another one.
    """
    if weights is None or weights.shown in architecture.weights:
        return weights
    if (
        weights.path is not None
        and Path(weights.path).is_file()
        and digest_of(Path(weights.path)) == weights.sha256
    ):
        return weights
    prefix, advice = "", f"put it there again, or start a new {work}"
    if node:
        prefix, advice = f"node {node}: ", "mount it there under the same path"
    try:
        path = _file(weights.shown, progress, advice)
    except HyperparameterError as error:
        raise HyperparameterError(f"{prefix}{error}") from None
    if weights.sha256 not in (None, digest_of(path)):
        raise HyperparameterError(
            f"{prefix}the weights file {weights.shown} is another one than the {work} began with: "
            f"put the same one there, or start a new {work}"
        )
    return replace(weights, path=str(path))


def looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file, or the URL of one, rather than a name."""
    return "/" in text or text.endswith((".h5", ".keras"))


def digest_of(path: Path) -> str:
    """The SHA-256 of the file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file(place: str, progress: Progress, advice: str) -> Path:
    """Where the file of this path or URL lies on this machine; that of a URL in the cache.

    Args:
        advice: what to do where a path leads to no file.
    """
    if is_url(place):
        try:
            return download(place, progress)
        except DatasetError as error:
            raise HyperparameterError(str(error)) from error
    if not Path(place).is_file():
        raise HyperparameterError(f"there is no weights file {place}: {advice}")
    return Path(place)
