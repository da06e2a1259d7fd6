"""Times the check that a network can be stored and loaded, against building it and against its first training step."""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.custom_objects import register_layers
from zoo.models.exploration import explore
from zoo.models.round_trip import check_round_trip
from zoo.models.space import choose
from zoo.plugins import load_plugins
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from zoo.interfaces import Architecture

ARCHITECTURES = ("convnet", "vgg16", "mobilenet-v2", "resnet50")
ROUNDS = 3
SIZE, CHANNELS, BATCH = 96, 3, 32
CLASSES = ("a", "b", "c")


def main() -> None:
    """Print the medians of all three for each architecture, and the share of the check in the first step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("architectures", nargs="*", default=ARCHITECTURES, help="by default: %(default)s")
    parser.add_argument("--plugins-dir", type=Path, help="a folder of further plugins")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    architectures = load_plugins(chosen.plugins_dir).architectures
    for name in chosen.architectures:
        rounds = [measure(architectures[name]) for _ in range(chosen.rounds)]
        build, check, step = map(statistics.median, zip(*rounds, strict=True))
        print(
            f"{name}: build {build:.1f} s, round trip {check:.1f} s, first step {step:.1f} s: "
            f"{check / step:.0%} of it, {check / build:.1f} builds"
        )


def measure(architecture: Architecture) -> tuple[float, float, float]:
    """Return the seconds of building the default network, of its round trip, and of its first training step."""
    keras.backend.clear_session()
    hp = choose(explore(SpaceBuilder(architecture, image_size=SIZE, channels=CHANNELS), {}), {})
    start_fresh(0)
    times = [time.perf_counter()]
    classifier = build_classifier(architecture, hp, image_size=SIZE, channels=CHANNELS, class_names=CLASSES)
    times.append(time.perf_counter())
    check_round_trip(classifier, architecture.name, register_layers(architecture))
    times.append(time.perf_counter())
    first_step(classifier.network)
    times.append(time.perf_counter())
    build, check, step = (later - earlier for earlier, later in itertools.pairwise(times))
    return build, check, step


def first_step(network: keras.Model) -> None:
    """Trace the graph of a training step, and take it."""
    network.compile("adam", "categorical_crossentropy")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH, SIZE, SIZE, CHANNELS)).astype(np.float32)
    labels = keras.utils.to_categorical(rng.integers(0, len(CLASSES), BATCH), len(CLASSES))
    network.fit(images, labels, batch_size=BATCH, epochs=1, verbose=0)


if __name__ == "__main__":
    main()
