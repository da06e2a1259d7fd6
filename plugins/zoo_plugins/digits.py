"""The dataset `digits`: scikit-learn's 1,797 handwritten digits of 8×8 pixels, real and small."""

import numpy as np

from zoo import Dataset, LabeledImages, hookimpl


def load() -> LabeledImages:
    """Gray images (8, 8) of the digits 0 to 9; scikit-learn gives ink as 0-16, which becomes 0-255."""
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
    """The one dataset of this plugin."""
    return [
        Dataset(
            name="digits",
            load=load,
            summary="1,797 handwritten digits, 8×8 gray, 10 classes; needs no network",
            reference="Alpaydin & Kaynak 1998, https://archive.ics.uci.edu/dataset/80",
        )
    ]
