"""The names of the augmentation policies, readable without Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICIES: Mapping[str, str] = {
    "none": "images as they are",
    "flip": "mirrored left to right, or not",
    "light": "rotated, shifted and zoomed a little; never mirrored",
    "classic": "rotated, shifted, sheared, zoomed, brightened and mirrored, as ImageDataGenerator does",
}
"""Name -> what it does to a training image, in one line."""

POLICY_NAMES = tuple(POLICIES)
