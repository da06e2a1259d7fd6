"""Loads weights files into a network without its top, whether or not the file has weights for the top."""

import re
import warnings

from zoo import ZooError


def load_weights(model, path, *, whose):
    """Load the weights of a file into the network: Keras's `.weights.h5` or `.keras`, or an older `.h5`.

    Layers are matched by their order, as Keras does; further layers in the file, those of its
    top, are ignored.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """
    import h5py

    try:
        if h5py.is_hdf5(path):
            with h5py.File(path) as file:
                group = file.get("model_weights", file)
                if "layer_names" in group.attrs:
                    _load_older(model, group)
                    return
        with warnings.catch_warnings():
            # Keras warns about nested layers that it has loaded already, or that it then refuses.
            warnings.filterwarnings("ignore", message="Skipping nested container")
            model.load_weights(path)
    except Exception as error:  # h5py, zipfile and Keras may raise anything for a damaged file
        raise ZooError(
            f"weights file {path} does not fit {whose}: {_reason(error)}; give a file that was saved from the "
            "same network, with the same hyperparameters"
        ) from error


def _load_older(model, group):
    """Load an `.h5` of Keras 1 or 2, as of Keras Applications: a group of tensors for each layer."""
    stored = [group[_text(name)] for name in group.attrs["layer_names"]]
    stored = [layer for layer in stored if len(layer.attrs["weight_names"])]
    layers = [layer for layer in model.layers if layer.weights]
    if len(stored) < len(layers):
        raise ValueError(f"it has {len(stored)} layers with weights, the network {len(layers)}")
    for layer, source in zip(layers, stored, strict=False):
        tensors = [source[_text(name)][()] for name in source.attrs["weight_names"]]
        weights = [*layer.trainable_weights, *layer.non_trainable_weights]
        shapes = [tuple(weight.shape) for weight in weights]
        if [tensor.shape for tensor in tensors] != shapes:
            raise ValueError(
                f"layer {layer.name} has weights {shapes}, the file {[tensor.shape for tensor in tensors]}"
            )
        for weight, tensor in zip(weights, tensors, strict=True):
            weight.assign(tensor)


def _text(name):
    return name.decode() if isinstance(name, bytes) else name


def _reason(error):
    """Return the error in one line; Keras's own message lists the layers on several lines."""
    misfits = re.match(r"A total of (\d+) objects could not be loaded.*?name=([^,>]+)", str(error), re.DOTALL)
    if misfits:
        return f"it has no weights of the right shape for {misfits[1]} layers, such as {misfits[2]}"
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
