#!/usr/bin/env bash
# Keras 3.10 to 3.14: layers in a list of lists, or in a dict of dicts, are saved without their weights and loaded with
# new ones, and nothing is reported.
#
# Keras follows the attributes of a layer, and what lists, tuples and dicts in them contain, but not containers in these.
# The weights of such layers train, and layer.weights has them, but .keras and .weights.h5 files do not. Keras 3.15 follows
# containers to any depth; .h5 files and SavedModels have all weights.
# zoo stores the variables itself, by the structure of the layers (zoo/models/variables.py), and its export to .keras
# compares the outputs with those of the file, and refuses the format where they differ.
#
# Seen with Python 3.11, keras 3.14.0, tensorflow 2.21.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras==3.14.0 tensorflow==2.21.0 tensorboard==2.21.0

cd "$folder"
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" -W ignore - 2> "$folder/errors" <<'PYTHON'
import keras
import numpy as np
from keras import layers


@keras.saving.register_keras_serializable()
class Pairs(layers.Layer):
    def build(self, input_shape):
        self.pairs = [[layers.Dense(4), layers.Dense(4)]]
        for dense in self.pairs[0]:
            dense.build(input_shape)

    def call(self, inputs):
        return self.pairs[0][1](self.pairs[0][0](inputs))


vectors = keras.Input((4,))
model = keras.Model(vectors, Pairs()(vectors))
model.save("model.keras")
loaded = keras.saving.load_model("model.keras")
equal = [np.array_equal(a, b) for a, b in zip(model.get_weights(), loaded.get_weights())]
print(f"{len(equal)} weights were saved and loaded without a complaint, {equal.count(False)} of them came back with other values")
assert equal == [False, True, False, True]  # biases start at 0
PYTHON
