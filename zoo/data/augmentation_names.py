"""The names of the augmentations, readable without Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import HyperparameterError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

AUGMENTATIONS: Mapping[str, str] = {
    "none": "images as they are",
    "flip": "mirrored left to right, or not",
    "light": "rotated, shifted and zoomed a little; never mirrored",
    "classic": "rotated, shifted, sheared, zoomed, brightened and mirrored, as ImageDataGenerator does",
    "randaugment": "two changes drawn for each image, of position, colour or sharpness (Cubuk et al. 2020)",
    "mixup": "blended with another image, the label too (Zhang et al. 2018)",
    "cutmix": "a rectangle taken from another image, the label by its area (Yun et al. 2019)",
}
"""Name -> what it does to a training image, in one line. Several may be joined: `classic+mixup`."""

AUGMENTATION_NAMES = tuple(AUGMENTATIONS)

MIXING = ("mixup", "cutmix")
"""The augmentations that mix two images, and so their labels."""


def parts_of(augmentation: str) -> tuple[str, ...]:
    """Return the augmentations that `classic+mixup` joins, in the order of use: those that mix two images come last.

    Returns:
        Names out of `AUGMENTATION_NAMES`; nothing for "none".

    Raises:
        UnknownNameError: there is no augmentation of that name.
        HyperparameterError: an augmentation is joined with itself, or with "none".
    """
    names = augmentation.split("+")
    for name in names:
        if name not in AUGMENTATIONS:
            raise UnknownNameError("augmentation", name, AUGMENTATION_NAMES)
    for name in names:
        if names.count(name) > 1:
            raise HyperparameterError(f"augmentation '{augmentation}' has {name} twice: name each once")
    if names == ["none"]:
        return ()
    if "none" in names:
        raise HyperparameterError(f"augmentation '{augmentation}' combines none with others: leave none out")
    return tuple(sorted(names, key=MIXING.__contains__))
