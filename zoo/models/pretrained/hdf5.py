"""Reads weights from HDF5 files: those of Keras 3, of Keras 1 and 2, and any other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import WeightsError
from zoo.models.pretrained.tensors import Kind, StoredTensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import h5py

VARIABLES = "vars"  # the group of a layer's own variables in a file of Keras 3
LAYERS = "layers"
OLD_LAYERS = "_layer_checkpoint_dependencies"  # its name for `layers` in the Keras of TensorFlow 2.13
TRAINING = ("optimizer", "metrics")  # groups of a whole model that are not part of the network
RANDOM = "seed_generator"


def read_hdf5(files: Sequence[h5py.File]) -> tuple[Kind, tuple[StoredTensor, ...]]:
    """Return the tensors of an HDF5 file, or of the parts of one.

    Raises:
        WeightsError: the file refers to another one.
    """
    if len(files) == 1 and (group := _keras_2_group(files[0])) is not None:
        return Kind.KERAS_2, tuple(_unique(_keras_2_tensors(group)))
    tensors = [(name, dataset) for file in files for name, dataset in _datasets(file)]
    if any(name.startswith(f"{VARIABLES}/") or f"/{VARIABLES}/" in name for name, _ in tensors):
        return Kind.KERAS_3, tuple(
            _keras_3_tensor(name, dataset) for name, dataset in tensors if _is_weight(name)
        )
    return Kind.NAMED, tuple(_tensor(name, dataset) for name, dataset in tensors)


def _datasets(file: h5py.Group) -> list[tuple[str, h5py.Dataset]]:
    """Return path -> dataset. Links, which could lead to other files, are not followed."""
    import h5py

    datasets = []

    def visit(name: str, item: h5py.HLObject) -> None:
        if isinstance(item, h5py.Dataset):
            _refuse_elsewhere(name, item, file)
            datasets.append((name, item))

    file.visititems(visit)
    return datasets


def _refuse_elsewhere(name: str, dataset: h5py.Dataset, group: h5py.Group) -> None:
    if dataset.external or dataset.is_virtual or dataset.file.filename != group.file.filename:
        raise WeightsError(
            f"tensor '{name}' is in another file, to which it refers: copy its values into this one"
        )


def _tensor(name: str, dataset: h5py.Dataset, layer: str = "") -> StoredTensor:
    shape = () if dataset.shape is None else tuple(map(int, dataset.shape))

    def read() -> np.ndarray:
        if dataset.attrs.get("dtype") == "bfloat16":
            import ml_dtypes

            return np.array(dataset, dtype=ml_dtypes.bfloat16)
        return np.array(dataset)

    return StoredTensor(name, shape, read, layer)


# Keras 3 --------------------------------------------------------------------------------------------------


def _is_weight(name: str) -> bool:
    parts = name.split("/")
    return VARIABLES in parts and parts[0] not in TRAINING and RANDOM not in parts


def _keras_3_tensor(name: str, dataset: h5py.Dataset) -> StoredTensor:
    layer = ""
    place = name.replace(f"{OLD_LAYERS}/", f"{LAYERS}/")
    parts = place.split("/")
    if parts[0] == LAYERS:
        group = dataset.file.get("/".join([*name.split("/")[:2], VARIABLES]))
        layer = "" if group is None else _text(group.attrs.get("name", ""))
    return _tensor(place, dataset, layer)


# Keras 1 and 2 --------------------------------------------------------------------------------------------


def _keras_2_group(file: h5py.File) -> h5py.Group | None:
    """Return the group with a group for each layer: the file itself, or a part of it if the file is a whole model."""
    import h5py

    for group in (file.get("model_weights"), file):
        if isinstance(group, h5py.Group) and _names(group, "layer_names"):
            return group
    return None


def _keras_2_tensors(group: h5py.Group) -> Iterator[StoredTensor]:
    """Yield the tensors in the order of the network's layers."""
    import h5py

    for layer in _names(group, "layer_names"):
        for weight in _names(group[layer], "weight_names"):
            dataset = group[layer][weight]
            if not isinstance(dataset, h5py.Dataset):
                raise WeightsError(f"'{layer}/{weight}' is not a tensor: the file is damaged")
            _refuse_elsewhere(f"{layer}/{weight}", dataset, group)
            name = weight.removesuffix(":0")
            at = f"/{name}".find(f"/{layer}/")  # as in model/conv1/kernel
            yield _tensor(name[at:] if at >= 0 else f"{layer}/{name}", dataset, layer)


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """Return a list of names; Keras splits one that is too long for an attribute into numbered attributes."""
    if attribute in group.attrs:
        return [_text(name) for name in group.attrs[attribute]]
    names, part = [], 0
    while (chunk := group.attrs.get(f"{attribute}{part}")) is not None:
        names += [_text(name) for name in chunk]
        part += 1
    return names


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _unique(tensors: Iterator[StoredTensor]) -> Iterator[StoredTensor]:
    """Number the names that occur more than once, from the second on."""
    counts = Counter[str]()
    for tensor in tensors:
        counts[tensor.name] += 1
        number = counts[tensor.name]
        name = tensor.name if number == 1 else f"{tensor.name}_{number}"
        yield StoredTensor(name, tensor.shape, tensor.read, tensor.layer)
