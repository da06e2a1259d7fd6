"""The plugin of the command-line and workflow tests: networks and images that train in no time."""

from functools import partial

import numpy as np

from zoo import Architecture, Dataset, LabeledImages, hookimpl


def tiny(hp, inputs, *, weights=None):
    """Two convolutions."""
    from keras import layers

    filters = hp.Int("filters", 1, 4, default=2)
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu", name="front_conv")(x)
    return layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="back_conv")(x)


def moody(hp, inputs, *, weights=None):
    """Cannot be built in a bad mood."""
    if hp.Choice("mood", ["good", "bad", "fine"]) == "bad":
        raise ValueError("a bad mood")
    return tiny(hp, inputs, weights=weights)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="tiny",
            backbone=tiny,
            summary="two convolutions",
            reference="none",
            min_size=4,
            freeze_points=("front", "back"),
            presets={"wide": {"filters": 4, "dropout": 0.5}},
        ),
        Architecture(name="moody", backbone=moody, summary="fails at times", reference="none", min_size=4),
        Architecture(
            name="large", backbone=tiny, summary="colour only", reference="none", min_size=16, channels=3
        ),
    ]


def noise(class_names, shape):
    """60 noisy images of each class, as bright as its name says."""
    rng = np.random.default_rng(0)
    pixels = [
        (rng.integers(0, 60, shape) + BRIGHTNESS[name]).astype(np.uint8)
        for name in class_names
        for _ in range(60)
    ]
    labels = [label for label in range(len(class_names)) for _ in range(60)]
    return LabeledImages(pixels, labels, tuple(class_names))


BRIGHTNESS = {"dark": 0, "middle": 90, "light": 190, "cat": 0, "dog": 190}
DATASETS = {
    "blobs": (("dark", "light"), (8, 8)),
    "blobs-reversed": (("light", "dark"), (8, 8)),
    "three": (("dark", "light", "middle"), (8, 8)),
    "pets": (("cat", "dog"), (12, 12, 3)),
}


@hookimpl
def zoo_datasets():
    return [
        Dataset(name=name, load=partial(noise, *of), summary=f"noise of {len(of[0])} kinds", reference="none")
        for name, of in DATASETS.items()
    ]
