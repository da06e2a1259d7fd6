"""Times `zoo data check` on 10,000 photos against decoding them once, and its search for near copies alone.

Both read the same files, which are in the system's cache after they were written; decoding writes into a new cache.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from decode import HEIGHT, WIDTH, draw_photos

from zoo.data.cache import decode_dataset
from zoo.data.checks import check_dataset
from zoo.data.checks.copies import find_copies
from zoo.data.checks.signatures import Signatures, sign_rows
from zoo.data.checks.similarity import groups_of_alike
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress
from zoo.plugins import load_plugins

SIZE = 96
MANY = 100_000
TARGET = 2


def main() -> None:
    """Print the seconds of each, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000, help="how many JPEGs to draw (default 10000)")
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZOO_CACHE"] = str(Path(folder) / "cache")
        draw_photos(Path(folder) / "photos", count)
        opened = open_dataset(str(Path(folder) / "photos"), {}, load_plugins().formats)
        started = time.perf_counter()
        decoded = decode_dataset(opened, SIZE, 3, progress=Progress())
        decoding = time.perf_counter() - started
        started = time.perf_counter()
        check_dataset(opened, Progress())
        checking = time.perf_counter() - started
        started = time.perf_counter()
        find_copies(opened, range(count), sign_rows(decoded.pixels, Progress()))
        training = time.perf_counter() - started
    searching = measure_search()
    print(f"{count} JPEGs of {WIDTH}x{HEIGHT}")
    print(f"decoding to {SIZE}x{SIZE}, once         {decoding:8.1f} s")
    print(f"zoo data check                  {checking:8.1f} s")
    print(f"the check of a first training   {training:8.1f} s  (from decoded pixels)")
    print(f"near copies among {MANY:,}       {searching:8.1f} s  (the search alone)")
    print(f"ratio  check to decoding        {checking / decoding:8.2f}  (target: less than {TARGET})")
    print(f"ratio  training's to decoding   {training / decoding:8.2f}")


def measure_search() -> float:
    """Return the seconds to find the near copies among many images, one in ten of which has a copy."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, MANY).astype(np.uint64)
    thumbnails = rng.integers(0, 256, (MANY, 16 * 16 * 3), dtype=np.uint8)
    hashes[: MANY // 10] = hashes[MANY // 10 : MANY // 5] ^ np.uint64(0b101)
    thumbnails[: MANY // 10] = thumbnails[MANY // 10 : MANY // 5]
    started = time.perf_counter()
    groups_of_alike(Signatures(hashes, thumbnails, np.zeros(MANY, np.float32)))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
