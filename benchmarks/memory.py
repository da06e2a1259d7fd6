"""Measures the memory of training on more decoded images than fit into it: 3 GB compared with a few MB.

Small random arrays are enlarged and decoded into the cache, and a tiny network is trained on them for one epoch,
each in a new process, whose peak of resident memory is read from the system. The difference between the large and the
small set is the cost of its size.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.cache import DecodedDataset, decode_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Architecture, Dataset, LabeledImages, Progress
from zoo.plugins import load_plugins

SIDE = 8  # of the arrays before they are enlarged
CLASSES = ("dark", "bright")
SMALL = 500  # images
TARGET = 1.5  # GB


def main() -> None:
    """Print the peaks of decoding and training, and the differences to a small set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=3.0, help="decoded size (default 3)")
    parser.add_argument("--image-size", type=int, default=96, help="pixels a side (default 96)")
    parser.add_argument("--child", nargs=3, metavar=("WORK", "IMAGES", "CACHE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        work, images, cache = options.child
        run_child(work, int(images), options.image_size, Path(cache))
        return
    large = round(options.gigabytes * 1e9 / options.image_size**2 / 3)
    with tempfile.TemporaryDirectory() as cache:
        peaks = {
            (work, images): measure(work, images, options.image_size, cache)
            for images in (SMALL, large)
            for work in ("decode", "train")
        }
    print(
        f"{large:,} images of {options.image_size}x{options.image_size} RGB, {options.gigabytes:g} GB decoded"
    )
    for work, label in (("decode", "decoding"), ("train", "training, one epoch")):
        small_peak, large_peak = peaks[work, SMALL], peaks[work, large]
        print(f"{label:20} peak {large_peak:6.2f} GB, with {SMALL} images {small_peak:6.2f} GB")
        print(f"{'difference':20}      {large_peak - small_peak:6.2f} GB  (target: under {TARGET} GB)")


def measure(work: str, images: int, size: int, cache: str) -> float:
    """Return the peak resident memory of a process that does this work, in GB."""
    command = [sys.executable, __file__, "--image-size", str(size), "--child", work, str(images), cache]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(result.stdout.splitlines()[-1])


def run_child(work: str, images: int, size: int, cache: Path) -> None:
    """Decode, or train on decoded images, and print the peak so far."""
    decoded = decode(images, size, cache)
    if work == "train":
        train(decoded, size)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak / (1e9 if sys.platform == "darwin" else 1e9 / 1024))  # Linux counts in KiB


def decode(images: int, size: int, cache: Path) -> DecodedDataset:
    """Decode random arrays with zoo's own sources and cache."""
    rng = np.random.default_rng(0)
    arrays = rng.integers(0, 160, (images, SIDE, SIDE, 3), dtype=np.uint8)
    labels = np.arange(images) % len(CLASSES)
    arrays += (labels * 90).astype(np.uint8)[:, None, None, None]
    images_of_classes = LabeledImages(list(arrays), labels.tolist(), CLASSES)
    opened = open_dataset(
        "generated",
        {"generated": Dataset("generated", lambda: images_of_classes, "random", "none")},
        load_plugins().formats,
    )
    return decode_dataset(opened, size, 3, cache=cache, progress=Progress())


def train(decoded: DecodedDataset, size: int) -> None:
    """Train for one epoch with zoo's `fit`."""
    from zoo.interfaces import Objective
    from zoo.models.building import SpaceBuilder, build_classifier
    from zoo.models.exploration import explore
    from zoo.models.space import choose
    from zoo.training.fit import FitSettings, fit, start_fresh

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:  # noqa: ARG001  the contract
        from keras import layers

        return layers.Conv2D(4, 8, strides=8, activation="relu")(layers.Rescaling(1 / 255)(inputs))

    shape = {"image_size": size, "channels": 3}
    start_fresh(0)
    architecture = Architecture("tiny", backbone, "tiny", "none")
    hyperparameters = choose(explore(SpaceBuilder(architecture, **shape)), {"augmentation": "none"})
    classifier = build_classifier(architecture, hyperparameters, **shape, class_names=CLASSES)
    settings = FitSettings(epochs=1, seed=0, patience=1, objective=Objective("val_loss", "min"))
    fit(classifier, decoded, hyperparameters.values, settings, lambda epoch, _: bool(print(epoch)))


if __name__ == "__main__":
    main()
