"""How fast an image folder is read, at first and from its second epoch on: zoo beside Keras.

Keras means tf.data over image_dataset_from_directory, which decodes in each epoch. Both read files that the system
has in memory. From the second epoch on each gives shuffled batches of tensors, out of the very datasets that `fit`
takes: Keras's are float32; zoo's are uint8, a quarter of the bytes, which the model casts. A further figure for zoo
adds that cast. In the end both train a network that does next to nothing, zoo with TensorFlow's deterministic mode as
its trainings are, and the second epoch is read in that mode, too.
In the first passes TensorFlow starts up for Keras's, and OpenCV for zoo's; "decoding, later" is without either.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from zoo.data.batches import training_batches
from zoo.data.cache import decode_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zoo.data.cache import DecodedDataset

SIZE = 96
BATCH = 32
CLASSES = 4
WIDTH, HEIGHT = 260, 200
ROUNDS = 11
FITTED = 9  # epochs of `fit` that are timed
EPOCHS = 20  # of reading from memory; one takes a hundredth of a second
TARGET_FIRST, TARGET_LATER = 1, 50


def main() -> None:
    """Print images per second of both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000, help="how many JPEGs to draw (default 2000)")
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        draw_photos(root / "photos", count)
        theirs, ours = [], []
        for number in range(ROUNDS):  # by turns, for a busy machine slows both
            theirs.append(measure_keras(root / "photos"))
            ours.append(measure_zoo(root / "photos", root / f"cache-{number}"))
        trained = measure_fit(root / "photos", root / "cache-0")
    print_speeds(count, theirs, ours)
    print_fit(trained)


def print_speeds(count: int, theirs: list[float], ours: list[Speeds]) -> None:
    """The first round, in which TensorFlow starts up, and the medians of the others."""
    keras_later = median(theirs[1:])
    decoding = median(speeds.decoding for speeds in ours[1:])
    later = median(speeds.later for speeds in ours)
    cast = median(speeds.cast for speeds in ours)
    print(f"{count} JPEGs of {WIDTH}x{HEIGHT}, read as {SIZE}x{SIZE} RGB in batches of {BATCH}, images/s")
    print(f"keras  first pass          {theirs[0]:10,.0f}  (TensorFlow starts up in it)")
    print(f"keras  later passes        {keras_later:10,.0f}")
    print(f"zoo    opening (hashing)   {median(speeds.opening for speeds in ours):10,.0f}")
    print(f"zoo    first pass          {ours[0].decoding:10,.0f}")
    print(f"zoo    decoding, later     {decoding:10,.0f}")
    print(f"zoo    second epoch        {later:10,.0f}  ({ours[0].rows} training images, shuffled)")
    print(f"zoo    the same, cast      {cast:10,.0f}")
    print(
        f"ratio  first passes        {ours[0].decoding / theirs[0]:10.2f}  (target: {TARGET_FIRST} or more)"
    )
    print(f"ratio  decoding, later     {decoding / keras_later:10.2f}")
    print(f"ratio  second epoch        {later / keras_later:10.1f}  (target: {TARGET_LATER} or more)")
    print(f"ratio  the same, cast      {cast / keras_later:10.1f}")


def print_fit(trained: Trained) -> None:
    """What a training gets of it."""
    print(f"zoo    deterministic       {trained.reading:10,.0f}")
    print(f"keras  fit, hardly a net   {trained.theirs:10,.0f}")
    print(f"zoo    fit, hardly a net   {trained.ours:10,.0f}")
    print(f"ratio  fit                 {trained.ours / trained.theirs:10.1f}")


def draw_photos(root: Path, count: int) -> None:
    """Cut JPEGs out of scikit-learn's two photos, at the quality of a camera (about 24 kB each)."""
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    photos = load_sample_images().images
    for number in range(count):
        folder = root / f"class-{number % CLASSES}"
        folder.mkdir(parents=True, exist_ok=True)
        photo = photos[number % len(photos)]
        top, left = rng.integers(0, photo.shape[0] - HEIGHT), rng.integers(0, photo.shape[1] - WIDTH)
        part = Image.fromarray(photo[top : top + HEIGHT, left : left + WIDTH])
        part.save(folder / f"{number:05}.jpg", quality=95)


@dataclass(frozen=True)
class Speeds:
    """Images per second of zoo's steps, and the images of an epoch."""

    opening: float
    decoding: float
    later: float
    cast: float
    rows: int


def measure_keras(photos: Path) -> float:
    """Images per second of one pass over a new tf.data pipeline."""
    batches = keras.utils.image_dataset_from_directory(
        photos, image_size=(SIZE, SIZE), batch_size=BATCH, seed=0, verbose=False
    )
    return one_pass(batches)


def measure_zoo(photos: Path, cache: Path) -> Speeds:
    """Opening, decoding into the cache, and later epochs with and without a cast."""
    started = time.perf_counter()
    opened = open_dataset(str(photos), {})
    opened_at = time.perf_counter()
    decoded = decode_dataset(opened, SIZE, 3, cache=cache, progress=Progress())
    decoded_at = time.perf_counter()
    count = len(decoded.labels)
    return Speeds(
        opening=count / (opened_at - started),
        decoding=count / (decoded_at - opened_at),
        later=later_epochs(decoded, "uint8"),
        cast=later_epochs(decoded, "float32"),
        rows=len(decoded.rows["train"]),
    )


def later_epochs(decoded: DecodedDataset, dtype: str) -> float:
    """Images per second of the epochs after the first, with pixels of this type."""
    dataset, steps = training_batches(decoded, BATCH, epochs=range(1 + EPOCHS), seed=0)
    batches = iter(dataset)
    for _ in range(steps):
        next(batches)
    return one_pass((tf.cast(pixels, dtype), targets) for pixels, targets in batches)


@dataclass(frozen=True)
class Trained:
    """Images per second of `fit` with Keras's batches and with zoo's, and of zoo's reading as in that `fit`."""

    theirs: float
    ours: float
    reading: float


def measure_fit(photos: Path, cache: Path) -> Trained:
    """After all else, since the deterministic mode stays on."""
    peers = keras.utils.image_dataset_from_directory(
        photos, image_size=(SIZE, SIZE), batch_size=BATCH, seed=0, label_mode="categorical", verbose=False
    )
    decoded = decode_dataset(open_dataset(str(photos), {}), SIZE, 3, cache=cache, progress=Progress())
    theirs = fit_speed(peers, len(peers), len(decoded.labels))
    start_fresh(0)
    dataset, steps = training_batches(decoded, BATCH, epochs=range(1 + FITTED), seed=0)
    ours = fit_speed(dataset, steps, len(decoded.rows["train"]))
    return Trained(theirs, ours, later_epochs(decoded, "uint8"))


def fit_speed(dataset: Any, steps: int, images: int) -> float:
    """Images per second of a network with one dense layer on each image's mean colour: the median epoch but the first.

    Args:
        images: in an epoch.
    """
    layers = [keras.Input((SIZE, SIZE, 3)), keras.layers.AveragePooling2D(SIZE), keras.layers.Flatten()]
    network = keras.Sequential([*layers, keras.layers.Dense(CLASSES, activation="softmax")])
    network.compile("sgd", "categorical_crossentropy")
    ended = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ended.append(time.perf_counter()))
    network.fit(
        dataset.repeat(),
        steps_per_epoch=steps,
        epochs=1 + FITTED,
        verbose=0,
        shuffle=False,
        callbacks=[watch],
    )
    return images / median(np.diff(ended))


def one_pass(batches: Iterable[tuple[Any, Any]]) -> float:
    """How many images came a second. What is in a tensor is untyped."""
    started = time.perf_counter()
    count = sum(len(pixels) for pixels, _ in batches)
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
