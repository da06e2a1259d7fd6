"""Classifiers of shipped architectures, built as a training builds them: out of the explored space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.space import check, choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import Architecture
    from zoo.models.classifier import Classifier


def build_explored(
    architecture: Architecture,
    values: Mapping[str, Any],
    *,
    image_size: int,
    channels: int,
    class_names: tuple[str, ...],
    weights: str | None = None,
) -> Classifier:
    """The classifier with these values; all other hyperparameters have their defaults."""
    space = explore(SpaceBuilder(architecture, image_size=image_size, channels=channels), values)
    return build_classifier(
        architecture,
        choose(space, check(space, values)),
        image_size=image_size,
        channels=channels,
        class_names=class_names,
        weights=weights,
    )
