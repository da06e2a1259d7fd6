"""Stores a model's content as a JSON manifest and a blob for each tensor, and loads it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    NotRequired,
    TypedDict,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from zoo.errors import ArtifactError
from zoo.interfaces import ModelContent

if TYPE_CHECKING:
    import numpy as np

    from zoo.registry.artifacts import ArtifactStore

FORMAT = 2  # format 1 named variables by Keras's paths; it is read, and no longer written
_STATISTICS = re.compile(r"moving_(mean|variance)(_\d+)?$")  # format 1 did not record them
_REPAIR = "restore the artifacts from a backup, or train again"


@dataclass(frozen=True)
class StoredContent:
    """The facts about a stored model that the registry records; see `zoo.interfaces.Model` for the fields.

    Args:
        digests: of all blobs that it needs, including its manifest.
    """

    manifest: str
    digests: frozenset[str]
    size_bytes: int
    parameters: int
    trainable_parameters: int


class Variable(TypedDict):
    """The manifest's entry for a variable; see `zoo.interfaces.ModelContent` for its name and for statistics."""

    name: str
    shape: list[int]
    dtype: str
    sha256: str
    trainable: bool
    statistic: bool


class Manifest(TypedDict):
    """Everything that is stored of a model except its tensors."""

    format: int
    graph: dict[str, object]
    image_size: int
    channels: int
    class_names: list[str]
    head: list[str]
    freeze_points: list[str]
    variables: list[Variable]
    layer_code: NotRequired[dict[str, str]]  # where a plugin has custom layers


def save_content(store: ArtifactStore, content: ModelContent) -> StoredContent:
    """Store every tensor that the store lacks, then the manifest that names them.

    Raises:
        ArtifactError: the store cannot be written; it may then have blobs that no manifest names.
    """
    missing = {*content.trainable, *content.statistics} - content.tensors.keys()
    if missing:
        raise ValueError(f"variables without a tensor: {', '.join(sorted(missing))}")
    if content.by_path:
        raise ValueError(
            "variables are named by Keras's paths, which are not unique: load the model, store it again"
        )
    trainable, statistics = set(content.trainable), set(content.statistics)
    manifest: Manifest = {
        "format": FORMAT,
        "graph": dict(content.graph),
        "image_size": content.image_size,
        "channels": content.channels,
        "class_names": list(content.class_names),
        "head": list(content.head),
        "freeze_points": list(content.freeze_points),
        "variables": [
            {
                "name": name,
                "shape": list(array.shape),
                "dtype": array.dtype.name,
                "sha256": store.put_tensor(array),
                "trainable": name in trainable,
                "statistic": name in statistics,
            }
            for name, array in content.tensors.items()
        ],
    }
    if content.layer_code:
        manifest["layer_code"] = dict(content.layer_code)
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = store.put(canonical.encode())
    return StoredContent(
        manifest=digest,
        digests=_digests(digest, manifest),
        size_bytes=content.size_bytes,
        parameters=content.parameters,
        trainable_parameters=content.trainable_parameters,
    )


def load_content(store: ArtifactStore, digest: str) -> ModelContent:
    """The content whose manifest has this digest; the SHA-256 of the manifest and of each tensor is checked.

    Raises:
        ArtifactError: a blob is missing, damaged or not as the manifest describes it, or the manifest has a format
            that this version of zoo does not know.
    """
    manifest = read_manifest(store, digest)
    variables = manifest["variables"]
    return ModelContent(
        graph=manifest["graph"],
        image_size=manifest["image_size"],
        channels=manifest["channels"],
        class_names=tuple(manifest["class_names"]),
        head=tuple(manifest["head"]),
        freeze_points=tuple(manifest["freeze_points"]),
        tensors={variable["name"]: _load_variable(store, variable) for variable in variables},
        trainable=tuple(variable["name"] for variable in variables if variable["trainable"]),
        statistics=tuple(variable["name"] for variable in variables if variable["statistic"]),
        by_path=manifest["format"] == 1,
        layer_code=manifest.get("layer_code", {}),
    )


def needed_digests(store: ArtifactStore, digest: str) -> frozenset[str]:
    """Digests of all blobs that the model with this manifest needs, including the manifest.

    Raises:
        ArtifactError: the manifest cannot be read, as in `load_content`.
    """
    return _digests(digest, read_manifest(store, digest))


def _digests(digest: str, manifest: Manifest) -> frozenset[str]:
    return frozenset({digest, *(variable["sha256"] for variable in manifest["variables"])})


def read_manifest(store: ArtifactStore, digest: str) -> Manifest:
    """The manifest with this digest, without the tensors; raises ArtifactError as `load_content` does.

    The variables of one of format 1 get the fields that they have in format 2; their names are Keras's paths.
    """
    where = f"artifact {digest} at {store.path(digest)}"
    try:
        manifest = json.loads(store.get(digest))
    except ValueError as error:
        raise ArtifactError(f"{where} is not the manifest of a model: {_REPAIR}") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ArtifactError(f"{where} is not the manifest of a model: {_REPAIR}")
    if manifest["format"] not in (1, FORMAT):
        raise ArtifactError(
            f"{where} has format {manifest['format']}, but this version of zoo reads 1 and {FORMAT}; upgrade keras-zoo"
        )
    if manifest["format"] == 1:
        _name_by_path(manifest)
    if fault := _fault(manifest, Manifest):
        raise ArtifactError(f"{where} is not the manifest of a model, {fault}: {_REPAIR}")
    names = [variable["name"] for variable in manifest["variables"]]
    if doubles := [name for name, count in Counter(names).items() if count > 1]:
        raise ArtifactError(f"{where} has two variables '{doubles[0]}': {_REPAIR}")
    return cast("Manifest", manifest)


def _name_by_path(manifest: dict[str, Any]) -> None:  # JSON
    """Give the variables of format 1 the fields of format 2, as far as they have what they need."""
    variables = manifest.get("variables")
    for variable in variables if isinstance(variables, list) else ():
        if isinstance(variable, dict) and isinstance(variable.get("path"), str):
            variable["name"] = variable.pop("path")
            variable["statistic"] = bool(_STATISTICS.search(variable["name"]))


def _fault(value: object, hint: object, place: str = "") -> str:
    """Return how the JSON differs from its type hint, empty if it does not.

    Args:
        place: of the value in the manifest, such as `variables[1].shape`.
    """
    if is_typeddict(hint) and isinstance(value, dict):
        for name, inner in _fields(hint).items():
            field = f"{place}.{name}".lstrip(".")
            if name in value:
                if fault := _fault(value[name], inner, field):
                    return fault
            elif get_origin(inner) is not NotRequired:
                return f"it has no '{field}'"
        return ""
    kind, inners = get_origin(hint), get_args(hint)
    if kind is NotRequired:
        return _fault(value, inners[0], place)
    expected = dict if is_typeddict(hint) else kind or cast("type", hint)
    if not isinstance(value, expected) or (hint is int and isinstance(value, bool)):
        return f"its '{place}' is {json.dumps(value)[:100]}"
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    faults = (_fault(item, inners[-1], f"{place}[{key!r}]") for key, item in items) if inners else ()
    return next(filter(None, faults), "")


@cache
def _fields(hint: object) -> dict[str, object]:
    return get_type_hints(hint, include_extras=True)


def _load_variable(store: ArtifactStore, variable: Variable) -> np.ndarray:
    try:
        array = store.get_tensor(variable["sha256"])
    except ArtifactError as error:
        raise ArtifactError(f"variable '{variable['name']}': {error}") from error
    if list(array.shape) != variable["shape"] or array.dtype.name != variable["dtype"]:
        raise ArtifactError(
            f"variable '{variable['name']}' is {array.dtype.name} {list(array.shape)}, but its manifest says "
            f"{variable['dtype']} {variable['shape']}: {_REPAIR}"
        )
    return array
