"""Writes the files beside it with Keras 2: `TF_USE_LEGACY_KERAS=1 python write.py`, with tf-keras 2.21 installed."""

from pathlib import Path

import numpy as np
import tf_keras as keras
from tf_keras import layers

HERE = Path(__file__).parent

inputs = keras.Input((8, 8, 3))
x = layers.Conv2D(2, 3, name="first")(inputs)
x = layers.BatchNormalization(name="first_bn")(x)
x = layers.Dropout(0.1)(layers.GlobalAveragePooling2D()(x))
model = keras.Model(inputs, layers.Dense(2, name="top")(x))
model.compile("adam", "mse")
model.fit(np.ones((1, 8, 8, 3)), np.ones((1, 2)), verbose=0)
rng = np.random.default_rng(0)
model.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in model.get_weights()])
np.savez(HERE / "weights.npz", *model.get_weights())
for name in ("whole.h5", "whole.keras"):
    model.save(HERE / name)
for name in ("alone.h5", "alone.weights.h5"):
    model.save_weights(HERE / name)
