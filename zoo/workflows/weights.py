"""The pre-trained weights that a training starts from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from zoo.data.downloads import download, is_url
from zoo.errors import DatasetError, HyperparameterError, UnknownNameError
from zoo.interfaces import Architecture, HyperparameterValue, Progress


def check_weights(architecture: Architecture, weights: str | None) -> None:
    """Refuse pre-trained weights that the architecture cannot load; those behind a URL are downloaded."""
    if weights is None:
        return
    if not architecture.weights:
        raise HyperparameterError(
            f"architecture '{architecture.name}' has no pre-trained weights to load: leave --weights out"
        )
    if weights in architecture.weights:
        return
    if not looks_like_path(weights):
        raise UnknownNameError("weights", weights, architecture.weights, "or give the path of a weights file")
    weights_file(weights)


def looks_like_path(text: str) -> bool:
    """Whether a weights argument is a file, or the URL of one, rather than a name."""
    return "/" in text or text.endswith((".h5", ".keras"))


def weights_file(weights: str) -> Path:
    """Where a weights file lies on this machine: that of a URL in the cache.

    Raises:
        HyperparameterError: there is none, or it cannot be downloaded.
    """
    if is_url(weights):
        try:
            return download(weights, Progress())
        except DatasetError as error:
            raise HyperparameterError(str(error)) from error
    if not Path(weights).is_file():
        raise HyperparameterError(f"there is no weights file {weights}: check --weights")
    return Path(weights)


def digest_of(path: Path) -> str:
    """The SHA-256 of the file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_settings(weights: str | None) -> dict[str, HyperparameterValue | None]:
    """What a run stores of the weights it starts from: a name; or a path or URL, with the SHA-256 of the content."""
    if weights is None or not looks_like_path(weights):
        return {"weights": weights}
    place = weights if is_url(weights) else str(Path(weights).absolute())
    return {"weights": place, "weights_sha256": digest_of(weights_file(weights))}
