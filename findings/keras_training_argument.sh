#!/usr/bin/env bash
# Keras 3.15.1: in a functional model, fit overrides the training=False that a layer was called with.
#
# Keras's guide to transfer learning calls a frozen base as base(x, training=False), so that its BatchNormalization stays
# in inference mode when the base is unfrozen later. The argument is recorded in the graph, but a functional model passes
# its own training flag to every layer that takes one, over what the call says (functional.py, operation_fn). So fit
# normalises by the batch and moves the statistics, for a layer as for a model inside the model; only trainable=False
# keeps them. Keras 3.10 does the same.
# zoo.flatten therefore passes the argument on to the layers inside, as Keras would, and zoo freezes BatchNormalization by
# its flags (zoo/models/trainability.py), never by the argument.
#
# Seen with Python 3.11, keras 3.15.1, tensorflow 2.21.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 tensorboard==2.21.0

KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" - 2> "$folder/errors" <<'PYTHON'
import keras
import numpy as np
from keras import layers


def moved(nested: bool, trainable: bool) -> bool:
    """Whether one epoch changes the statistics of a layer that is called with training=False."""
    norm = layers.BatchNormalization()
    inner = keras.Sequential([keras.Input((4,)), norm]) if nested else norm
    pixels = keras.Input((4,))
    model = keras.Model(pixels, layers.Dense(1)(inner(pixels, training=False)))
    norm.trainable = trainable
    model.compile("sgd", "mse")
    model.fit(np.full((8, 4), 5.0), np.ones((8, 1)), verbose=0)
    return bool(norm.moving_mean.numpy().any())


for nested in (False, True):
    print(f"{'a layer in a model' if nested else 'a layer'} called with training=False: ", end="")
    print(f"its statistics move: {moved(nested, True)}; with trainable=False: {moved(nested, False)}")
    assert moved(nested, True)
    assert not moved(nested, False)
PYTHON
