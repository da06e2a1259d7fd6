"""A dataset for networks that train on next to nothing: 64 of scikit-learn's digits, with splits of its own."""

import numpy as np

from zoo import Dataset, LabeledImages, hookimpl

SPLIT = ["train"] * 32 + ["validation"] * 16 + ["test"] * 16


def load():
    """Return gray images (8, 8)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.rint(digits.images[: len(SPLIT)] * (255 / 16)).astype(np.uint8)
    return LabeledImages(
        list(pixels), digits.target[: len(SPLIT)].tolist(), tuple(map(str, range(10))), split=SPLIT
    )


@hookimpl
def zoo_datasets():
    return [
        Dataset(
            name="little-digits",
            load=load,
            summary="64 handwritten digits",
            reference="Alpaydin & Kaynak 1998, https://archive.ics.uci.edu/dataset/80",
        )
    ]
