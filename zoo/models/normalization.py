"""Keras's Normalization layers, which compute with constants that they derive from their variables."""

from __future__ import annotations

import keras


def finalize(network: keras.Model) -> None:
    """Derive the constants again, after values were assigned to variables of the network.

    Keras does so only after `adapt` and in its own files: assigned values alone have no effect, not even those of
    `set_weights`. Functions of the network that were traced before keep the old constants.
    """
    # Keras has no public name for layers inside layers.
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Normalization) and layer.built:
            layer.finalize_state()
