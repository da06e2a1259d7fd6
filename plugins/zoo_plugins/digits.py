"""The dataset `digits`: scikit-learn's 1,797 handwritten digits of 8×8 pixels."""

import numpy as np

from zoo import Dataset, LabeledImages, hookimpl


def load() -> LabeledImages:
    """Return gray images (8, 8) of the digits 0 to 9; scikit-learn's values 0-16 become 0-255."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    return LabeledImages(
        items=list(pixels),
        labels=digits.target.tolist(),
        class_names=tuple(str(digit) for digit in range(10)),
    )


@hookimpl
def zoo_datasets() -> list[Dataset]:
    """Return the dataset of this plugin."""
    return [
        Dataset(
            name="digits",
            load=load,
            summary="1,797 handwritten digits, 8×8 gray, 10 classes; needs no network",
            reference="Alpaydin & Kaynak 1998, https://archive.ics.uci.edu/dataset/80",
        )
    ]
