#!/usr/bin/env bash
# Keras 3.15.1: load_weights ignores the layers' names in a .weights.h5 file, so two layers of one shape can be swapped.
#
# A .weights.h5 file names a layer by its class and its number among the layers of that class, layers/dense_1, and says
# its own name in an attribute. load_weights reads the numbers alone: a network with the same layers in another order,
# such as after a refactoring, gets the kernel of "encoder" into "decoder" without a warning, and by_name=True is
# refused for these files. An .h5 file of Keras 2 can be loaded by name. Keras 3.10 does the same.
# zoo.load_weights (zoo/models/pretrained/matching.py) matches layers that have names of their own by these.
#
# Seen with Python 3.11, keras 3.15.1, tensorflow 2.21.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0

TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" - "$folder/net.weights.h5" 2> "$folder/errors" <<'PYTHON'
import sys

import h5py
import keras
import numpy as np

path = sys.argv[1]


def network(*names):
    x = inputs = keras.Input((3,))
    for name in names:
        x = keras.layers.Dense(3, use_bias=False, name=name)(x)
    return keras.Model(inputs, x)


saved, loaded = network("encoder", "decoder"), network("decoder", "encoder")
for value, name in enumerate(("encoder", "decoder"), start=1):
    saved.get_layer(name).kernel.assign(np.full((3, 3), value))
saved.save_weights(path)
with h5py.File(path) as file:
    names = {place: file[f"layers/{place}/vars"].attrs["name"] for place in ("dense", "dense_1")}
loaded.load_weights(path)
values = {name: float(loaded.get_layer(name).kernel[0, 0]) for name in ("encoder", "decoder")}
print("in the file", names, "loaded", values)
assert names == {"dense": "encoder", "dense_1": "decoder"}
assert values == {"encoder": 2.0, "decoder": 1.0}
try:
    loaded.load_weights(path, by_name=True)
except ValueError as error:
    assert "by_name" in str(error)
else:
    raise AssertionError("by_name is accepted")
PYTHON
