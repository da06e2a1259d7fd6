"""The state of a training after an epoch as one blob of bytes, from which it resumes exactly.

Keras's BackupAndRestore forgets the callbacks, the best weights and the random states, and a kill can leave its two
files out of step.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from zoo.interfaces import Epoch
from zoo.models.graph import is_plain_model
from zoo.models.layer_names import automatic_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import keras

FORMAT = 3
BY_TEXT = 2  # the format before, in which variables are in the order of the text of their layers' names


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that the rest of a training depends on, besides its hyperparameters and settings.

    Args:
        epochs: all so far.
        best: one of them.
        stopped: early stopping has ended the training.
        callbacks: class of a callback -> attribute -> value.
        network: values of `changing_variables`.
        best_network: the same after the best epoch.
        optimizer: values of its variables.
        by_text: the values of the network are in the order of the format before.
    """

    epochs: tuple[Epoch, ...]
    best: Epoch
    stopped: bool
    callbacks: Mapping[str, Mapping[str, Any]]
    network: Sequence[np.ndarray]
    best_network: Sequence[np.ndarray]
    optimizer: Sequence[np.ndarray]
    by_text: bool = False

    def of(self, network: keras.Model) -> Checkpoint:
        """Return it with the values of this network in the order of `changing_variables`."""
        before = {id(variable): place for place, variable in enumerate(_changing(network, _name_of))}
        if not self.by_text or {len(self.network), len(self.best_network)} != {len(before)}:
            return self
        places = [before[id(variable)] for variable in changing_variables(network)]
        values, best = ([every[place] for place in places] for every in (self.network, self.best_network))
        return replace(self, network=values, best_network=best, by_text=False)


def changing_variables(network: keras.Model) -> list[keras.Variable]:
    """Return all that training may change: trainable weights, statistics in layers that train, and random states.

    Frozen weights are left out. Of a layer that is frozen in part all variables are returned, since nothing
    distinguishes a frozen one from a statistic. They come in the order of their layers' names, which is the same for a
    classifier and for its suffix, and from whichever number on Keras counts the layers without a name.
    """
    return _changing(network, _place_of)


def _changing(network: keras.Model, key: Callable[[keras.layers.Layer], Any]) -> list[keras.Variable]:
    variables = {
        id(variable): variable
        for layer in sorted(_layers_of(network), key=key)
        for variable in layer.variables
        if layer.trainable or variable.trainable or variable.name == "seed_generator_state"
    }
    return list(variables.values())


def _name_of(layer: keras.layers.Layer) -> str:
    return str(layer.name)


def _place_of(layer: keras.layers.Layer) -> tuple[str, int]:
    """Return the layer's name, of one that Keras made up without its number, and that number; 0: none."""
    name, base = str(layer.name), automatic_name(layer)
    return (name, 0) if base is None else (base, int(name.removeprefix(base).removeprefix("_") or 0))


def _layers_of(network: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers, also of nested networks that train; see `zoo.models.frontier.Frontier.joined`."""
    for layer in network.layers:
        if not is_plain_model(layer):
            yield layer
        elif layer.trainable:
            yield from _layers_of(layer)


def values_of(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """Return copies of the values."""
    return [np.array(variable.numpy()) for variable in variables]


def assign(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> None:
    """Assign each variable its value."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def pack(checkpoint: Checkpoint) -> bytes:
    """Return the checkpoint as safetensors, with the rest in the metadata. Best weights that are current come once."""
    tensors = {"network": checkpoint.network, "optimizer": checkpoint.optimizer}
    if checkpoint.best != checkpoint.epochs[-1]:
        tensors["best"] = checkpoint.best_network
    state = {
        "format": FORMAT,
        "epochs": [asdict(epoch) for epoch in checkpoint.epochs],
        "best": checkpoint.best.number,
        "stopped": checkpoint.stopped,
        "callbacks": checkpoint.callbacks,
    }
    arrays = {
        f"{kind}/{place}": value for kind, values in tensors.items() for place, value in enumerate(values)
    }
    blob: bytes = save(arrays, metadata={"training": json.dumps(state)})
    return blob


def unpack(blob: bytes) -> Checkpoint | None:
    """Return the checkpoint of a blob; None where the bytes are cut short or are not a checkpoint.

    That is not an error, since such a training can still start over. Bytes that were changed without changing their
    number are not noticed here: store a checkpoint with its digest.
    """
    try:
        tensors = load(blob)
        state = _metadata(blob)
        if state["format"] not in (BY_TEXT, FORMAT):
            return None
        epochs = {epoch["number"]: Epoch(**epoch) for epoch in state["epochs"]}
        best, network = epochs[state["best"]], _of_kind(tensors, "network")
        return Checkpoint(
            epochs=tuple(epochs.values()),
            best=best,
            stopped=state["stopped"],
            callbacks=state["callbacks"],
            network=network,
            best_network=_of_kind(tensors, "best") or network,
            optimizer=_of_kind(tensors, "optimizer"),
            by_text=state["format"] == BY_TEXT,
        )
    except (SafetensorError, ValueError, KeyError, TypeError):
        return None


def epochs_in(blob: bytes | None) -> tuple[Epoch, ...]:
    """Return all epochs up to the checkpoint; none where there is no valid checkpoint."""
    checkpoint = unpack(blob) if blob is not None else None
    return checkpoint.epochs if checkpoint else ()


def belongs(values: Sequence[np.ndarray], variables: Sequence[keras.Variable]) -> bool:
    """Whether the values have the shapes and types of these variables."""
    stored = [(value.shape, str(value.dtype)) for value in values]
    return stored == [(tuple(variable.shape), str(variable.dtype)) for variable in variables]


def _metadata(blob: bytes) -> dict[str, Any]:
    """Return the metadata, which safetensors reads from files only: JSON after a length of 8 bytes."""
    length = int.from_bytes(blob[:8], "little")
    state: dict[str, Any] = json.loads(json.loads(blob[8 : 8 + length])["__metadata__"]["training"])
    return state


def _of_kind(tensors: Mapping[str, np.ndarray], kind: str) -> list[np.ndarray]:
    """Return the tensors of this kind in the order in which they were packed."""
    count = sum(name.startswith(f"{kind}/") for name in tensors)
    return [tensors[f"{kind}/{place}"] for place in range(count)]
