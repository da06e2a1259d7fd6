"""Compares how long two checkouts of zoo take to store a model in a new registry and to load it.

    python benchmarks/storing.py OTHER_CHECKOUT

Each measurement is a process of its own; this checkout and the other one take turns. It measures processor time, which
other work on the machine hardly changes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NETWORKS = ("VGG16", "MobileNetV2")
HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure both checkouts and print the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="a checkout of zoo, such as a worktree of an earlier commit")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for network in NETWORKS:
        seconds: dict[Path, list[dict[str, float]]] = {HERE: [], arguments.other.resolve(): []}
        for _ in range(arguments.rounds):
            for checkout, measured in seconds.items():
                measured.append(_measure_in_process(checkout, network))
        for work in ("store", "load"):
            new, old = (statistics.median(each[work] for each in rounds) for rounds in seconds.values())
            print(f"{network:12} {work:6} {new:6.2f} s here, {old:6.2f} s there: {new / old:.2f} times")


def _measure_in_process(checkout: Path, network: str) -> dict[str, float]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{checkout}:{checkout / 'plugins'}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, __file__, "--measure", network]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure(name: str) -> dict[str, float]:
    """Store and load one network of Keras Applications in the working directory; return processor seconds."""
    import keras

    from zoo.models.classifier import Classifier
    from zoo.models.content import from_content, to_content
    from zoo.registry.artifacts import ArtifactStore
    from zoo.registry.manifest import load_content, save_content

    keras.utils.set_random_seed(0)
    pixels = keras.Input((96, 96, 3), name="pixels")
    backbone = getattr(keras.applications, name)(include_top=False, weights=None, input_tensor=pixels)
    pooled = keras.layers.GlobalAveragePooling2D(name="head_pooling")(backbone.output)
    outputs = keras.layers.Dense(10, activation="softmax", name="head_output")(pooled)
    classifier = Classifier(
        keras.Model(pixels, outputs), tuple(map(str, range(10))), ("head_pooling", "head_output")
    )
    store = ArtifactStore(Path("artifacts"))
    start = time.process_time()
    stored = save_content(store, to_content(classifier))
    between = time.process_time()
    from_content(load_content(store, stored.manifest))
    return {"store": between - start, "load": time.process_time() - between}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        main()
