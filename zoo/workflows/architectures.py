"""An architecture's search space and size: found by building it, which takes TensorFlow, and cached."""

from __future__ import annotations

import hashlib
import inspect
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zoo
from zoo.data.cache_folder import cache_folder
from zoo.errors import ZooError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import Architecture


@dataclass(frozen=True)
class BuiltArchitecture:
    """An architecture as it turns out with its defaults; see `zoo.models.describing.describe`.

    Args:
        space: as `keras_tuner.HyperParameters.get_config` returns it.
        error: why it could not be built; the rest is empty then.
    """

    image_size: int | None = None
    parameters: int | None = None
    space: Mapping[str, object] = field(default_factory=lambda: {"space": []})
    error: str | None = None


def cached_architecture(architecture: Architecture, provenance: str) -> BuiltArchitecture | None:
    """The architecture as it was built last; None if it never was, or its code has changed since.

    Args:
        provenance: where the plugin comes from; see `zoo.plugins.Plugins.provider`.
    """
    try:
        described = json.loads(_cache_file(architecture, provenance).read_text(encoding="utf-8"))
        return _read(described)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def built_architecture(architecture: Architecture, provenance: str) -> BuiltArchitecture:
    """The architecture from the cache, or else built now, which imports TensorFlow."""
    cached = cached_architecture(architecture, provenance)
    if cached is not None:
        return cached
    try:
        described = _build(architecture)
    except Exception as error:  # a stranger's code may raise anything
        return BuiltArchitecture(
            error=str(error) if isinstance(error, ZooError) else f"{type(error).__name__}: {error}"
        )
    _remember(_cache_file(architecture, provenance), described)
    return _read(described)


def _read(described: Mapping[str, Any]) -> BuiltArchitecture:
    return BuiltArchitecture(described["image_size"], described["parameters"], {"space": described["space"]})


def _build(architecture: Architecture) -> Mapping[str, object]:
    from zoo.tensorflow_startup import quiet_start

    with quiet_start():
        from zoo.models.describing import describe
    return describe(architecture)


def _cache_file(architecture: Architecture, provenance: str) -> Path:
    """Named by all that the result may depend on: the sources beside the backbone's are among them."""
    parts = [zoo.__version__, version("keras"), provenance, architecture.name, architecture.version]
    digest = hashlib.sha256("\0".join(parts).encode())
    source = inspect.getsourcefile(inspect.unwrap(architecture.backbone))
    for path in sorted(Path(source or "").parent.glob("*.py")) if source else ():
        digest.update(path.read_bytes())
    return cache_folder() / "architectures" / f"{digest.hexdigest()}.json"


def _remember(path: Path, described: Mapping[str, object]) -> None:
    """Written whole or not at all; a cache that cannot be written is only slower."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump(described, file)
        Path(file.name).replace(path)
