"""Pre-trained weights: resolved once before work starts, and verified where it is resumed or runs elsewhere."""

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
    """Return the pre-trained weights of this name; None without a name.

    Args:
        name: a name in `Architecture.weights`, the path of a file, or a URL, whose file is downloaded into the cache.
        progress: shows a download.

    Raises:
        UnknownNameError, HyperparameterError: the architecture has no such weights, or there is no such file.
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
    """Return architecture -> weights; of several, those without weights of this name get None.

    Raises:
        HyperparameterError: the weights are a file for several architectures, or none of them has these weights.
    """
    names = [architecture.name for architecture in architectures]
    if len(architectures) == 1 or weights is None:
        return dict.fromkeys(names, weights)
    if looks_like_path(weights):
        raise HyperparameterError(
            f"--weights {weights} is a file, which fits one architecture: search them one by one"
        )
    pretrained = [architecture.name for architecture in architectures if weights in architecture.weights]
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
        weights: those that the search started with; the file may have another path on this machine.
        node: name of this machine in messages, if it may differ from the search's.
        work: "search" or "run", for messages.

    Raises:
        HyperparameterError: the file is missing, cannot be downloaded, or its content has changed.
    """
    if weights is None or weights.shown in architecture.weights:
        return weights
    if (
        weights.path is not None
        and Path(weights.path).is_file()
        and digest_of(Path(weights.path)) == weights.sha256
    ):
        return weights
    prefix, advice = "", f"restore it, or start a new {work}"
    if node:
        prefix, advice = f"node {node}: ", "mount it there under the same path"
    try:
        path = _file(weights.shown, progress, advice)
    except HyperparameterError as error:
        raise HyperparameterError(f"{prefix}{error}") from None
    if weights.sha256 not in (None, digest_of(path)):
        raise HyperparameterError(
            f"{prefix}the weights file {weights.shown} has changed since the {work} started: "
            f"restore it, or start a new {work}"
        )
    return replace(weights, path=str(path))


def looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file, or the URL of one, rather than a name."""
    return "/" in text or text.endswith((".h5", ".keras"))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of the file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file(location: str, progress: Progress, advice: str) -> Path:
    """Return the file of this path or URL on this machine; that of a URL is in the cache.

    Args:
        advice: what to do if there is no file at the path.
    """
    if is_url(location):
        try:
            return download(location, progress)
        except DatasetError as error:
            raise HyperparameterError(str(error)) from error
    if not Path(location).is_file():
        raise HyperparameterError(f"there is no weights file {location}: {advice}")
    return Path(location)
