"""Measures the disk space of 20 trials on a frozen MobileNetV2: zoo's registry against Keras Tuner's checkpoints."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIDE = 32  # pixels
FRACTION = 0.1  # of the training images, which does not change what is stored
CLASSES = 10
MEGABYTE = 1e6


def main() -> None:
    """Print megabytes and their ratio to the weights of one model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20, help="how many (default 20)")
    trials = parser.parse_args().trials
    for name, search in (("zoo", zoo_search), ("Keras Tuner", stock_search)):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            weights = search(folder, trials)
            seconds = time.perf_counter() - began
            stored = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / MEGABYTE
        print(
            f"{name:12} {trials} trials in {seconds:.0f} s keep {stored:6.1f} MB, "
            f"{stored / weights:.1f} times the {weights:.1f} MB of one model's weights"
        )


def zoo_search(folder: str, trials: int) -> float:
    """Search with zoo; return the megabytes of the best model's weights. The registry is in the folder."""
    command = [
        "search",
        "mobilenet-v2",
        "digits",
        "--freeze",
        "all",
        "--trials",
        str(trials),
        "--epochs",
        "1",
    ]
    command += ["--image-size", str(SIDE), "--fraction", str(FRACTION), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "zoo", *command], cwd=folder, check=True, capture_output=True, text=True
    )
    return float(json.loads(done.stdout)["model"]["size_bytes"]) / MEGABYTE


def stock_search(folder: str, trials: int) -> float:
    """Search with Keras Tuner's random search; return the megabytes of the best model's weights."""
    import keras
    import keras_tuner
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    few = int(len(digits.images) * FRACTION)
    pixels = np.repeat(digits.images[:few, :, :, None], 3, axis=-1) * 16
    images = np.asarray(keras.ops.image.resize(pixels.astype("float32"), (SIDE, SIDE)))
    labels = np.eye(CLASSES)[digits.target[:few]]

    def build(hp: Any) -> keras.Model:
        inputs = keras.Input((SIDE, SIDE, 3))
        backbone = keras.applications.MobileNetV2(
            input_tensor=keras.layers.Rescaling(1 / 127.5, -1)(inputs), include_top=False, weights=None
        )
        backbone.trainable = False
        features = keras.layers.GlobalAveragePooling2D()(backbone.output)
        for _ in range(hp.Int("hidden", 0, 1)):
            features = keras.layers.Dense(hp.Choice("units", [64, 128]), activation="relu")(features)
        features = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5))(features)
        network = keras.Model(inputs, keras.layers.Dense(CLASSES, activation="softmax")(features))
        rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log")
        network.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
        return network

    tuner = keras_tuner.RandomSearch(
        build,
        keras_tuner.Objective("val_accuracy", "max"),
        max_trials=trials,
        directory=folder,
        seed=1,
    )
    tuner.search(images, labels, validation_split=0.2, epochs=1, verbose=0)
    best = tuner.get_best_models()[0]
    return sum(weight.numpy().nbytes for weight in best.weights) / MEGABYTE


if __name__ == "__main__":
    main()
