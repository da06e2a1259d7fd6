#!/usr/bin/env bash
# Keras 3.15.1: values assigned to the variables of an adapted Normalization layer have no effect, also by set_weights.
#
# keras.layers.Normalization() has the variables mean, variance and count, which adapt() fills. It computes with two
# constants that it derives from them in adapt(), and when it reads a .keras or .weights.h5 file (finalize_state in
# load_own_variables). After model.set_weights(adapted.get_weights()), keras.models.clone_model with set_weights, or
# variable.assign, get_weights() returns the right values and the layer still normalizes with mean 0 and variance 1,
# without a warning. Keras 3.10 does the same.
# zoo/models/normalization.py derives the constants again after each assignment.
#
# Seen with Python 3.11, keras 3.15.1, tensorflow 2.21.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0

TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" - 2> "$folder/errors" <<'PYTHON'
import keras
import numpy as np

data = np.array([[8.0], [12.0]], "float32")


def network():
    inputs = keras.Input((1,))
    return keras.Model(inputs, keras.layers.Normalization(name="norm")(inputs))


adapted, copy = network(), network()
adapted.get_layer("norm").adapt(data)
copy.set_weights(adapted.get_weights())
assert all(map(np.array_equal, copy.get_weights(), adapted.get_weights()))
outputs = [np.array(model(data)).ravel().tolist() for model in (adapted, copy)]
print("adapted", outputs[0], "after set_weights", outputs[1])
assert outputs == [[-1.0, 1.0], [8.0, 12.0]]
copy.get_layer("norm").finalize_state()
assert np.array(copy(data)).ravel().tolist() == [-1.0, 1.0]
PYTHON
