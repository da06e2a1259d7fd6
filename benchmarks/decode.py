"""How fast an image folder is read from its second epoch on: zoo beside Keras's image_dataset_from_directory.

Each gives shuffled batches of tensors as `fit` takes them: Keras's are float32; zoo's are uint8, a quarter of
the bytes, which the model casts. A second figure for zoo adds that cast.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from PIL import Image, ImageFilter

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
TARGET = 20


def main() -> None:
    """Print images per second of both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000, help="how many JPEGs to draw (default 2000)")
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        draw_photos(root / "photos", count)
        theirs = measure_keras(root / "photos")
        first, ours, cast, rows = measure_zoo(root / "photos", root / "cache")
    print(f"{count} JPEGs of {WIDTH}x{HEIGHT}, read as {SIZE}x{SIZE} RGB in batches of {BATCH}")
    print(f"keras  second epoch        {theirs:10,.0f} images/s")
    print(f"zoo    decoding, once      {first:10,.0f} images/s")
    print(f"zoo    second epoch        {ours:10,.0f} images/s  ({rows} training images, shuffled)")
    print(f"zoo    the same, cast      {cast:10,.0f} images/s")
    print(f"ratio  second epoch        {ours / theirs:10.1f}  (target: {TARGET} or more)")
    print(f"ratio  the same, cast      {cast / theirs:10.1f}")


def draw_photos(root: Path, count: int) -> None:
    """JPEGs with broad shapes, texture and grain, so that they take as long to decode as photos."""
    rng = np.random.default_rng(0)
    for number in range(count):
        folder = root / f"class-{number % CLASSES}"
        folder.mkdir(parents=True, exist_ok=True)
        blobs = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((WIDTH, HEIGHT))
        grain = Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
        texture = grain.filter(ImageFilter.GaussianBlur(1))
        Image.blend(blobs, texture, 0.4).save(folder / f"{number:05}.jpg", quality=88)


def measure_keras(photos: Path) -> float:
    """Images per second of the second pass."""
    batches = keras.utils.image_dataset_from_directory(
        photos, image_size=(SIZE, SIZE), batch_size=BATCH, seed=0, verbose=False
    )
    one_pass(batches)
    return one_pass(batches)[1]


def measure_zoo(photos: Path, cache: Path) -> tuple[float, float, float, int]:
    """Images per second: decoding into the cache, a later pass, one with cast. And the images of a pass.

    A pass over the cache takes a fraction of a second, so the median of five counts.
    """
    opened = open_dataset(str(photos), {})
    started = time.perf_counter()
    decoded = decode_dataset(opened, SIZE, 3, cache=cache, progress=Progress())
    first = len(decoded.labels) / (time.perf_counter() - started)
    batches = Batches(decoded, "train", BATCH, shuffle_seed=0, augment=None)
    rows, _ = one_pass(tensors(batches, "float32"))  # the first epoch
    speeds: dict[str, list[float]] = {"uint8": [], "float32": []}
    for _ in range(5):
        for dtype, measured in speeds.items():
            batches.on_epoch_end()
            measured.append(one_pass(tensors(batches, dtype))[1])
    return first, median(speeds["uint8"]), median(speeds["float32"]), rows


def tensors(batches: Batches, dtype: str) -> Iterator[tuple[Any, Any]]:
    """One epoch of batches with pixels of this type."""
    for number in range(len(batches)):
        pixels, targets = batches[number]
        yield keras.ops.cast(keras.ops.convert_to_tensor(pixels), dtype), keras.ops.convert_to_tensor(targets)


def one_pass(batches: Iterable[tuple[Any, Any]]) -> tuple[int, float]:
    """How many images there are, and how many came a second. What is in a tensor is untyped."""
    started = time.perf_counter()
    count = sum(len(pixels) for pixels, _ in batches)
    return count, count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
