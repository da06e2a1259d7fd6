#!/usr/bin/env bash
# Keras 3.15.1: a subclass of Conv2D or Dense with one more weight is saved without it, and cannot be loaded.
#
# Keras's own layers override save_own_variables: those of convolutions and dense layers write the kernel and the bias and
# nothing else. A subclass that adds a weight in build() inherits this. Saving reports nothing; loading the .keras or
# .weights.h5 file fails with "A total of 1 objects could not be loaded", and the weight is in no file. A subclass must
# override save_own_variables and load_own_variables as well; .h5 files and SavedModels have all weights.
# zoo stores the variables itself, by the structure of the layers (zoo/models/variables.py), and its export to .keras names
# the layer.
#
# Seen with Python 3.11, keras 3.15.1, tensorflow 2.21.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 tensorboard==2.21.0

cd "$folder"
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" -W ignore - 2> "$folder/errors" <<'PYTHON'
import keras
from keras import layers


@keras.saving.register_keras_serializable()
class Scaled(layers.Conv2D):
    def build(self, input_shape):
        super().build(input_shape)
        self.gain = self.add_weight(shape=(self.filters,), initializer="ones", name="gain")

    def call(self, inputs):
        return super().call(inputs) * self.gain


pixels = keras.Input((8, 8, 1))
model = keras.Model(pixels, Scaled(2, 3)(pixels))
model.save("model.keras")
try:
    keras.saving.load_model("model.keras")
    raise SystemExit("it was loaded")
except ValueError as error:
    reason = str(error)
print(f"{len(model.weights)} weights were saved without a complaint, and loading says: {reason.split('.')[0]}")
assert "1 objects could not be loaded" in reason
PYTHON
