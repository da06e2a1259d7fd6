"""The search space and the size of an architecture, determined by building it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from zoo.models.backbone_errors import reported
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.freezing import count_parameters, freeze
from zoo.models.layer_comparison import require_built_again
from zoo.models.space import choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import Architecture

CLASSES = ("one", "two")


def describe(architecture: Architecture) -> Mapping[str, object]:
    """Return its hyperparameters, in Keras Tuner's configuration, and the size of its default backbone.

    Returns:
        `image_size`, the pixels a side that it was built for; `parameters`, the number of the backbone's weights;
        `space`, the configuration of each hyperparameter, including zoo's own.

    Raises:
        ZooError: it cannot be built with its defaults, or changes from build to build.
    """
    image_size = architecture.default_size or architecture.min_size
    channels = architecture.channels or 3
    build = SpaceBuilder(architecture, image_size=image_size, channels=channels)
    with reported(architecture):
        space = explore(build)
        hp = choose(space, {})
        classifier = build_classifier(
            architecture, hp, image_size=image_size, channels=channels, class_names=CLASSES
        )
    require_built_again(architecture, build.layers(hp), classifier, partial(build.layers_again, hp))
    total = count_parameters(classifier.network).total
    freeze(classifier, "all")
    return {
        "image_size": image_size,
        "parameters": total - count_parameters(classifier.network).trainable,
        "space": space.get_config()["space"],
    }
