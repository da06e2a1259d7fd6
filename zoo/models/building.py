"""Builds a classifier out of an architecture: its backbone, checked, with a new head on it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import keras

from zoo.errors import ContractError, ZooError
from zoo.interfaces.stages import in_stage
from zoo.models import hyperparameters
from zoo.models.bases import Bases
from zoo.models.classifier import Classifier
from zoo.models.heads import new_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keras_tuner import HyperParameters

    from zoo.interfaces import Architecture


def build_classifier(
    architecture: Architecture,
    hp: HyperParameters,
    *,
    image_size: int,
    channels: int,
    class_names: tuple[str, ...],
    weights: str | None = None,
    bases: Bases | None = None,
) -> Classifier:
    """The architecture's backbone with a new head on it.

    Args:
        weights: a name out of `Architecture.weights`, or the path of a file.
        bases: of the architecture, such images and these weights: where the backbone is kept for the next classifier,
            after which this one is not to be used any more.

    Raises:
        ContractError: the backbone declares one of zoo's own hyperparameters, or gives no feature tensor.
        HyperparameterError: a sigmoid output for other than two classes.
    """

    def build() -> Classifier:
        return _build_backbone(architecture, hp, (image_size, image_size, channels), weights)

    own = hyperparameters.backbone_values(hp)
    backbone = build() if weights is None else (bases or Bases()).get(own, build)
    hyperparameters.declare(hp, maps=len(backbone.features.shape) == 4)
    return new_head(backbone, hp, class_names)


def _build_backbone(
    architecture: Architecture, hp: HyperParameters, shape: tuple[int, int, int], weights: str | None
) -> Classifier:
    """A classifier that waits for a head."""
    pixels = keras.Input(shape, name="pixels")
    known = {one.name for one in hp.space}
    features = architecture.backbone(hp, pixels, weights=weights)
    _check_backbone(architecture, known, hp, features)
    network = _network_between(architecture, pixels, features)
    stages = tuple(
        point
        for point in architecture.freeze_points
        if any(in_stage(layer.name, point) for layer in network.layers)
    )
    return Classifier(network, (), (), stages)


def space_builder(
    architecture: Architecture, *, image_size: int, channels: int, class_names: tuple[str, ...]
) -> Callable[[HyperParameters], None]:
    """What to hand to `space.explore`: declares what a build declares, and makes no weights where it goes without."""

    def build(hp: HyperParameters) -> None:
        build_classifier(architecture, hp, image_size=image_size, channels=channels, class_names=class_names)

    def declare(hp: HyperParameters) -> None:
        try:
            with _no_weights():
                build(hp)
        except ZooError:
            raise
        except Exception:  # a backbone that looks at its weights finds none
            build(hp)

    return declare


@contextmanager
def _no_weights() -> Iterator[None]:
    """Networks are built with variables that have no values, which takes a quarter of the time."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        keras.utils.clear_session(free_memory=False)  # Keras would give them values with the next network


def _network_between(
    architecture: Architecture, pixels: keras.KerasTensor, features: keras.KerasTensor
) -> keras.Model:
    """The backbone; refuses a network within the network, whose layers could not be frozen one by one."""
    whose = f"architecture '{architecture.name}'"
    try:
        backbone = keras.Model(pixels, features)
    except ValueError as error:
        raise ContractError(f"{whose}: its features do not come from its inputs: {error}") from error
    for layer in backbone.layers:
        if isinstance(layer, keras.Model):
            raise ContractError(
                f"{whose}: '{layer.name}' is a model inside the model: build its layers on `inputs` instead "
                "(Keras Applications take input_tensor=inputs)"
            )
    return backbone


def _check_backbone(
    architecture: Architecture, known: set[str], hp: HyperParameters, features: object
) -> None:
    whose = f"architecture '{architecture.name}'"
    taken = ({one.name for one in hp.space} - known) & set(hyperparameters.OWN)
    if taken:
        raise ContractError(
            f"{whose} declares {', '.join(sorted(taken))}, which zoo itself declares: rename it"
        )
    if not isinstance(features, keras.KerasTensor) or len(features.shape) not in (2, 4):
        raise ContractError(
            f"{whose}: backbone must return a tensor (batch, h, w, c) or (batch, d), got {features!r}"
        )
