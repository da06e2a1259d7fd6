"""Measures how fast an image folder is read, in the first epoch and in later ones: zoo against Keras.

Keras means tf.data over image_dataset_from_directory, which decodes in each epoch. Both read files that are in the
system's cache, and take turns, since a busy machine slows both.

The first passes run in new processes, including all start-up except imports. Then, in one process, the datasets for
`fit` are read in a TensorFlow function, as `fit` does: Keras's, and zoo's from the second epoch on. Keras's pixels are
float32; zoo's are uint8, a quarter of the bytes, which the model casts; a further figure includes that cast. Finally
both train a minimal network, compared with training on the same batch in memory, which is the upper bound. zoo's
training, and a further reading, use TensorFlow's deterministic mode, as all its trainings do; the last reading is that
of a file above 1 GB, which is not mapped.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from zoo.data import rows
from zoo.data.batches import training_batches
from zoo.data.cache import DecodedDataset, decode_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress
from zoo.plugins import load_plugins
from zoo.training.fit import start_fresh

SIZE = 96
BATCH = 32
CLASSES = 4
WIDTH, HEIGHT = 260, 200
ROUNDS = 9
EPOCHS = 20  # of reading from memory; one takes a hundredth of a second
FITS = 3
TARGET_FIRST, TARGET_LATER = 1, 50


def main() -> None:
    """Print images per second of both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000, help="how many JPEGs to draw (default 2000)")
    parser.add_argument("--child", nargs=2, metavar=("WHO", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        who, folder = options.child
        print(read_keras(Path(folder)) if who == "keras" else decode(Path(folder))[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        draw_photos(root / "photos", options.images)
        os.sync()  # otherwise they would be written to disk during the first passes
        print(
            f"{options.images} JPEGs of {WIDTH}x{HEIGHT}, read as {SIZE}x{SIZE} RGB in batches of {BATCH}, images/s"
        )
        compare_first_passes(root)
        compare_later_passes(root)
        compare_training(root)


def compare_first_passes(root: Path) -> None:
    """Compare both, each pass in a new process."""
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(in_process("keras", root))
        ours.append(in_process("zoo", root))
    print_speed("keras  first pass", median(theirs))
    print_speed("zoo    first pass", median(ours))
    print_ratio("ratio  first passes", ours, theirs, TARGET_FIRST)


def compare_later_passes(root: Path) -> None:
    """Compare both in this process; the first round is discarded, since it includes all start-up."""
    rounds = [later_round(root) for _ in range(1 + ROUNDS)][1:]
    theirs, opening, decoding, second, cast = zip(*rounds, strict=True)
    print_speed("keras  later passes", median(theirs))
    print_speed("zoo    opening (hashing)", median(opening))
    print_speed("zoo    decoding again", median(decoding))
    print_speed("zoo    second epoch", median(second))
    print_speed("zoo    the same, cast", median(cast))
    print_ratio("ratio  decoding again", decoding, theirs)
    print_ratio("ratio  second epoch", second, theirs, TARGET_LATER)
    print_ratio("ratio  the same, cast", cast, theirs)


def later_round(root: Path) -> tuple[float, ...]:
    """Return images/s of Keras's pass and of zoo's opening, decoding, second epoch, and the same with a cast."""
    theirs = read_keras(root)
    opening, decoding, decoded = decode(root)
    return theirs, opening, decoding, read_later(decoded, "uint8"), read_later(decoded, "float32")


def compare_training(root: Path) -> None:
    """Compare trainings, last of all, since the deterministic mode cannot be switched off."""
    *_, decoded = decode(root)
    images = len(decoded.rows["train"])
    peers = keras_batches(root)
    theirs = median(fit_speed(peers.repeat(), len(peers), len(decoded.labels)) for _ in range(FITS))
    start_fresh(0)
    dataset, steps = training_batches(decoded, BATCH, epochs=range(1 + ROUNDS), seed=0)
    same = dataset.take(1).cache().repeat()
    ours, bound = [], []
    for _ in range(FITS):
        ours.append(fit_speed(dataset, steps, images))
        bound.append(fit_speed(same, steps, steps * BATCH))
    print_speed("zoo    deterministic", read_later(decoded, "uint8"))
    rows.LENT_LIMIT = 0
    print_speed("zoo    as a large file", read_later(decoded, "uint8"))
    print_speed("keras  fit, tiny network", theirs)
    print_speed("zoo    fit, tiny network", median(ours))
    print_speed("zoo    the same batch", median(bound))
    print_ratio("ratio  fit", [median(ours)], [theirs])


def print_speed(what: str, speed: float) -> None:
    """Print one line of the table."""
    print(f"{what:26}{speed:10,.0f}")


def print_ratio(what: str, ours: Any, theirs: Any, target: int | None = None) -> None:
    """Print the median of the rounds' ratios."""
    ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
    print(f"{what:26}{ratio:10.2f}" + (f"  (target: {target} or more)" if target else ""))


def draw_photos(folder: Path, count: int) -> None:
    """Cut JPEGs out of scikit-learn's two photos, at the quality of a camera (about 24 kB each)."""
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    photos = load_sample_images().images
    for number in range(count):
        place = folder / f"class-{number % CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        photo = photos[number % len(photos)]
        top, left = rng.integers(0, photo.shape[0] - HEIGHT), rng.integers(0, photo.shape[1] - WIDTH)
        part = Image.fromarray(photo[top : top + HEIGHT, left : left + WIDTH])
        part.save(place / f"{number:05}.jpg", quality=95)


def in_process(who: str, root: Path) -> float:
    """Return images per second of the first pass in a new process."""
    command = [sys.executable, __file__, "--child", who, str(root)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(output.splitlines()[-1])


def keras_batches(root: Path) -> Any:
    """Return a shuffled tf.data.Dataset over the folder."""
    return keras.utils.image_dataset_from_directory(
        root / "photos",
        image_size=(SIZE, SIZE),
        batch_size=BATCH,
        seed=0,
        label_mode="categorical",
        verbose=False,
    )


def read_keras(root: Path) -> float:
    """Return images per second of one pass over a new tf.data pipeline."""
    batches = keras_batches(root)
    return read_speed(iter(batches), len(batches))


def decode(root: Path) -> tuple[float, float, DecodedDataset]:
    """Return images per second of opening and of decoding into an empty cache, and the decoded dataset."""
    shutil.rmtree(root / "cache", ignore_errors=True)
    started = time.perf_counter()
    opened = open_dataset(str(root / "photos"), {}, load_plugins().formats)
    opened_at = time.perf_counter()
    decoded = decode_dataset(opened, SIZE, 3, cache=root / "cache", progress=Progress())
    decoded_at = time.perf_counter()
    count = len(decoded.labels)
    return count / (opened_at - started), count / (decoded_at - opened_at), decoded


def read_later(decoded: DecodedDataset, dtype: str) -> float:
    """Return images per second of the epochs after the first, with pixels of this type."""
    dataset, steps = training_batches(decoded, BATCH, epochs=range(1 + EPOCHS), seed=0)
    if dtype != "uint8":
        dataset = dataset.map(lambda pixels, targets: (tf.cast(pixels, dtype), targets))
    batches = iter(dataset)
    read_speed(batches, steps)
    return read_speed(batches, steps * EPOCHS)


def read_speed(batches: Any, steps: int) -> float:
    """Return images per second of this many batches."""
    started = time.perf_counter()
    count = int(_read(batches, tf.constant(steps)))
    return count / (time.perf_counter() - started)


@tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
def _read(batches: Any, steps: Any) -> Any:
    count = 0
    for _ in tf.range(steps):
        pixels, _ = next(batches)
        count += tf.shape(pixels)[0]
    return count


def fit_speed(dataset: Any, steps: int, images: int) -> float:
    """Return images per second of one dense layer on each image's mean colour: the median epoch except the first.

    Args:
        images: in an epoch.
    """
    layers = [keras.Input((SIZE, SIZE, 3)), keras.layers.AveragePooling2D(SIZE), keras.layers.Flatten()]
    network = keras.Sequential([*layers, keras.layers.Dense(CLASSES, activation="softmax")])
    network.compile("sgd", "categorical_crossentropy")
    ended: list[float] = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ended.append(time.perf_counter()))
    network.fit(
        dataset, steps_per_epoch=steps, epochs=1 + ROUNDS, verbose=0, shuffle=False, callbacks=[watch]
    )
    return float(images / median(np.diff(ended)))


if __name__ == "__main__":
    main()
