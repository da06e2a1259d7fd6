#!/usr/bin/env bash
# Keras 3.15.1: a Resizing layer in front puts BatchNormalization behind it into training mode, in calls and in exports.
#
# Image preprocessing layers, Resizing and CenterCrop included, declare call(data, training=True). Where nobody says
# `training`, that default becomes the mode of all layers after them in the same call (layer.py,
# _resolve_and_populate_arg stores it in the call context), and a functional model records it as an argument of the layer
# in its graph, so it is saved as well. So model(x) and the SavedModel of model.export() normalise by the statistics of the
# batch, and an image's result depends on the others beside it; RandomFlip flips at random. model.predict(x) and
# evaluate are right, since they pass training=False, so nothing is noticed before the model is served.
# zoo/models/graph.py writes training=False into the graph at these layers; fit passes training=True all the same.
#
# Seen with Python 3.11, keras 3.15.1 and tensorflow 2.21.0, and with keras 3.10.0. The script fails if this changes.
set -euo pipefail

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0

TF_CPP_MIN_LOG_LEVEL=3 "$folder/environment/bin/python" - "$folder/exported" 2> "$folder/errors" <<'PYTHON'
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers

pixels = keras.Input((8, 8, 1))
x = layers.Resizing(8, 8)(pixels)
model = keras.Model(pixels, layers.BatchNormalization()(x))
images = np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 1)).astype("float32")

predicted = model.predict(images, verbose=0)
model.export(sys.argv[1], format="tf_saved_model", verbose=False)
exported = tf.saved_model.load(sys.argv[1])
served, alone = np.asarray(exported.serve(images)), np.asarray(exported.serve(images[:1]))
called = np.asarray(model(images))
print(f"predict: up to {predicted.max():.1f}, a call: {called.max():.1f}, exported: {served.max():.1f}")
print(f"exported, the first image beside others and alone: {abs(served[:1] - alone).max():.3f} apart")
assert predicted.max() > 200 > 10 > max(called.max(), served.max())
assert abs(served[:1] - alone).max() > 0.01
PYTHON
