"""How fast an image folder is read, at first and from its second epoch on: zoo beside Keras.

Keras means tf.data over image_dataset_from_directory, which decodes in each epoch. Both read files that the system
has in memory. From the second epoch on each gives shuffled batches of tensors: Keras's are float32; zoo's are uint8,
a quarter of the bytes, which the model casts. A further figure for zoo adds that cast. That is reading alone; training
gets zoo's batches through the Python generator that Keras wraps around them, so `fit` of a network that does next to
nothing is timed with both as well.
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

from zoo.data.batches import Batches
from zoo.data.cache import decode_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIZE = 96
BATCH = 32
CLASSES = 4
WIDTH, HEIGHT = 260, 200
ROUNDS = 11
ALIGNED = 64  # bytes; TensorFlow copies what begins elsewhere
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
    print_fit(*trained)


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


def print_fit(theirs: float, ours: float) -> None:
    """What training gets of it."""
    print(f"keras  fit, hardly a network{theirs:8,.0f}")
    print(f"zoo    fit, hardly a network{ours:8,.0f}")
    print(f"ratio  fit                 {ours / theirs:10.1f}")


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
    return one_pass(batches)[1]


def measure_zoo(photos: Path, cache: Path) -> Speeds:
    """Opening, decoding into the cache, and later passes with and without a cast.

    A pass over the cache takes a fraction of a second, so the median of seven counts.
    """
    started = time.perf_counter()
    opened = open_dataset(str(photos), {})
    opened_at = time.perf_counter()
    decoded = decode_dataset(opened, SIZE, 3, cache=cache, progress=Progress())
    decoded_at = time.perf_counter()
    batches = Batches(decoded, "train", BATCH, shuffle_seed=0, augment=None)
    rows, _ = one_pass(tensors(batches, "float32"))  # the first epoch
    speeds: dict[str, list[float]] = {"uint8": [], "float32": []}
    for _ in range(7):
        for dtype, measured in speeds.items():
            batches.on_epoch_end()
            measured.append(one_pass(tensors(batches, dtype))[1])
    count = len(decoded.labels)
    return Speeds(
        opening=count / (opened_at - started),
        decoding=count / (decoded_at - opened_at),
        later=median(speeds["uint8"]),
        cast=median(speeds["float32"]),
        rows=rows,
    )


def measure_fit(photos: Path, cache: Path) -> tuple[float, float]:
    """Training images per second of `fit` with Keras's batches and with zoo's, after a first epoch."""
    decoded = decode_dataset(open_dataset(str(photos), {}), SIZE, 3, cache=cache, progress=Progress())
    rows = len(decoded.rows["train"])
    batches = Batches(decoded, "train", BATCH, shuffle_seed=0, augment=None)
    peers = keras.utils.image_dataset_from_directory(
        photos, image_size=(SIZE, SIZE), batch_size=BATCH, seed=0, label_mode="categorical", verbose=False
    )
    total = len(decoded.labels)
    return epoch_speed(peers, total), epoch_speed(batches, rows)


def epoch_speed(batches: Any, images: int) -> float:
    """Images per second, the median of five epochs, of a network with one dense layer on each image's mean colour."""
    layers = [keras.Input((SIZE, SIZE, 3)), keras.layers.AveragePooling2D(SIZE), keras.layers.Flatten()]
    network = keras.Sequential([*layers, keras.layers.Dense(CLASSES, activation="softmax")])
    network.compile("sgd", "categorical_crossentropy")
    network.fit(batches, verbose=0, shuffle=False)
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        network.fit(batches, verbose=0, shuffle=False)
        seconds.append(time.perf_counter() - started)
    return images / median(seconds)


def tensors(batches: Batches, dtype: str) -> Iterator[tuple[Any, Any]]:
    """One epoch of batches with pixels of this type."""
    for number in range(len(batches)):
        pixels, targets = batches[number]
        yield tf.cast(as_tensor(pixels), dtype), tf.convert_to_tensor(targets)


def as_tensor(pixels: np.ndarray) -> Any:
    """A tensor that shares the batch's memory. Small batches are not aligned for that."""
    if pixels.ctypes.data % ALIGNED:
        return tf.convert_to_tensor(pixels)
    return tf.experimental.dlpack.from_dlpack(pixels.__dlpack__())


def one_pass(batches: Iterable[tuple[Any, Any]]) -> tuple[int, float]:
    """How many images there are, and how many came a second. What is in a tensor is untyped."""
    started = time.perf_counter()
    count = sum(len(pixels) for pixels, _ in batches)
    return count, count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
