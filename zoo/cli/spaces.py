"""An architecture's search space: found by building it, which takes TensorFlow, and remembered in the cache."""

from __future__ import annotations

import hashlib
import inspect
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zoo
from zoo.data.cache_folder import cache_folder
from zoo.errors import ZooError
from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import Architecture


@dataclass(frozen=True)
class SpaceEntry:
    """One hyperparameter of a search space.

    Args:
        own: one of zoo's, the same for every architecture; only these have a summary.
        searched: what a search tries, in words; None: it is not searched, but may be set.
        condition: when it has an effect, in words; None: always.
    """

    name: str
    default: object
    searched: str | None
    condition: str | None
    own: bool
    summary: str


@dataclass(frozen=True)
class BuiltArchitecture:
    """See `zoo.models.describing.describe`. `error`: why it could not be built with its defaults."""

    image_size: int | None = None
    parameters: int | None = None
    hyperparameters: tuple[SpaceEntry, ...] = ()
    error: str | None = None


def built(architecture: Architecture, provenance: str) -> BuiltArchitecture:
    """What the architecture turns out to be when it is built; from the cache if its code has not changed."""
    path = cache_folder() / "architectures" / f"{_key(architecture, provenance)}.json"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        try:
            described = _build(architecture)
        except Exception as error:  # a stranger's code may raise anything
            told = str(error) if isinstance(error, ZooError) else f"{type(error).__name__}: {error}"
            return BuiltArchitecture(error=told)
        _remember(path, described)
    return BuiltArchitecture(described["image_size"], described["parameters"], entries_of(described))


def entries_of(space: Mapping[str, Any]) -> tuple[SpaceEntry, ...]:
    """The hyperparameters of a space as `keras_tuner.HyperParameters.get_config` gives it."""
    return tuple(_entry(kind["class_name"], kind["config"]) for kind in space["space"])


def without_held(space: Mapping[str, Any]) -> dict[str, Any]:
    """The space without conditions that always hold, because what they ask about is held."""
    held = {
        one["config"]["name"]: one["config"]["value"]
        for one in space["space"]
        if one["class_name"] == "Fixed"
    }

    def always(condition: Mapping[str, Any]) -> bool:
        name, values = condition["config"]["name"], condition["config"]["values"]
        return name in held and held[name] in values

    return {
        "space": [
            {
                **one,
                "config": {
                    **one["config"],
                    "conditions": [each for each in one["config"]["conditions"] if not always(each)],
                },
            }
            for one in space["space"]
        ]
    }


def _build(architecture: Architecture) -> Mapping[str, Any]:
    from zoo.tensorflow_startup import quiet_start

    with quiet_start():
        from zoo.models.describing import describe
    return describe(architecture)


def _key(architecture: Architecture, provenance: str) -> str:
    """Changes with anything that the result may depend on: the sources beside the backbone's are among them."""
    parts = [zoo.__version__, version("keras"), provenance, architecture.name, architecture.version]
    digest = hashlib.sha256("\0".join(parts).encode())
    source = inspect.getsourcefile(inspect.unwrap(architecture.backbone))
    for path in sorted(Path(source or "").parent.glob("*.py")) if source else ():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _remember(path: Path, described: Mapping[str, Any]) -> None:
    """Written whole or not at all; a cache that cannot be written is only slower."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump(described, file)
        Path(file.name).replace(path)


def _entry(kind: str, config: Mapping[str, Any]) -> SpaceEntry:
    name = config["name"]
    conditions = [condition["config"] for condition in config["conditions"]]
    unless = [f"{one['name']}={' or '.join(map(_shown, one['values']))}" for one in conditions]
    return SpaceEntry(
        name=name,
        default=config["value"] if kind == "Fixed" else _default(kind, config),
        searched=_range(kind, config),
        condition=" and ".join(unless) or None,
        own=name in OWN,
        summary=OWN[name].summary if name in OWN else "",
    )


def _default(kind: str, config: Mapping[str, Any]) -> object:
    """Keras Tuner leaves a default that nobody gave out: the first choice, the least number."""
    if config["default"] is not None:
        return config["default"]
    return config["values"][0] if kind == "Choice" else config["min_value"]


def _range(kind: str, config: Mapping[str, Any]) -> str | None:
    if kind == "Fixed":
        return None
    if kind == "Boolean":
        return "True, False"
    if kind == "Choice":
        return ", ".join(map(_shown, config["values"]))
    step = f", step {config['step']}" if config["step"] not in (None, 1) else ""
    scale = ", log" if config["sampling"] == "log" else ""
    return f"{config['min_value']:g} to {config['max_value']:g}{step}{scale}"


def _shown(value: object) -> str:
    return "''" if value == "" else str(value)
