"""An architecture's search space and size, determined by building it with TensorFlow, and cached."""

from __future__ import annotations

import ast
import hashlib
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import zoo
from zoo.data.cache_folder import cache_folder
from zoo.errors import ZooError, text_of
from zoo.models.source_code import content, source_files

SHORTEST_PART = 3
"""Shorter string constants are ignored: they occur in almost any name."""

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.interfaces import Architecture


@dataclass(frozen=True)
class BuiltArchitecture:
    """An architecture as built with its defaults; see `zoo.models.describing.describe`.

    Args:
        space: as `keras_tuner.HyperParameters.get_config` returns it.
        error: why it could not be built; the other fields are then empty.
    """

    image_size: int | None = None
    parameters: int | None = None
    space: Mapping[str, object] = field(default_factory=lambda: {"space": []})
    error: str | None = None


def cached_architecture(architecture: Architecture, provenance: str) -> BuiltArchitecture | None:
    """Return the cached description; None if it is missing or the architecture's code has changed.

    Args:
        provenance: the plugin's origin; see `zoo.plugins.Plugins.provider`.
    """
    try:
        described = json.loads(_cache_file(architecture, provenance).read_text(encoding="utf-8"))
        return _read(described)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def built_architecture(architecture: Architecture, provenance: str) -> BuiltArchitecture:
    """Return the architecture from the cache, or build it, which imports TensorFlow."""
    cached = cached_architecture(architecture, provenance)
    if cached is not None:
        return cached
    try:
        described = _build(architecture)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # third-party code may raise anything
        return BuiltArchitecture(
            error=str(error) if isinstance(error, ZooError) else f"{type(error).__name__}: {text_of(error)}"
        )
    _remember(_cache_file(architecture, provenance), described)
    return _read(described)


def _read(described: Mapping[str, Any]) -> BuiltArchitecture:
    return BuiltArchitecture(described["image_size"], described["parameters"], {"space": described["space"]})


def may_declare(architecture: Architecture, name: str, provenance: str) -> bool:
    """Whether the architecture may have a hyperparameter of this name, as far as is known without building it.

    The cached space may be incomplete, since a backbone may declare more for other images. So its source files are
    searched too: a name is impossible if none of their string constants is a part of it.
    """
    cached = cached_architecture(architecture, provenance)
    if cached is not None and name in hyperparameter_names(cached):
        return True
    sources = source_files(architecture.backbone)
    return not sources or any(
        text in name for path in sources for text in _texts(path) if len(text) >= SHORTEST_PART
    )


def hyperparameter_names(built: BuiltArchitecture) -> list[str]:
    """Return the names of all its hyperparameters, including zoo's own."""
    return [entry["config"]["name"] for entry in cast("Sequence[Mapping[str, Any]]", built.space["space"])]


def _texts(source: Path) -> set[str]:
    """Return the string constants in a Python file; of f-strings the constant parts. A broken file has none."""
    try:
        nodes = ast.walk(ast.parse(content(source)))
    except (SyntaxError, ValueError):  # it cannot be imported, so nothing is declared by it
        return set()
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _build(architecture: Architecture) -> Mapping[str, object]:
    from zoo.tensorflow_startup import quiet_start

    with quiet_start():
        from zoo.models.describing import describe
    return describe(architecture)


def _cache_file(architecture: Architecture, provenance: str) -> Path:
    """Return a file named by the digest of all that the result may depend on, including the sources of the backbone."""
    parts = [zoo.__version__, version("keras"), provenance, architecture.name, architecture.version]
    digest = hashlib.sha256("\0".join([*parts, code_of(architecture)]).encode())
    return cache_folder() / "architectures" / f"{digest.hexdigest()}.json"


def code_of(architecture: Architecture) -> str:
    """Return the digest of all code that lies beside the backbone's."""
    digest = hashlib.sha256()
    for path in source_files(architecture.backbone):
        digest.update(content(path))
    return digest.hexdigest()


def _remember(path: Path, described: Mapping[str, object]) -> None:
    """Write the file atomically; if the cache cannot be written, work is only slower."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump(described, file)
        Path(file.name).replace(path)
