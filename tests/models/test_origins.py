"""Which variables a backbone loads by its own code, without a report."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.architectures import architecture_of
from zoo.errors import ContractError
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.origins import Origins, require_loaded
from zoo.models.pretrained.loading import load_weights
from zoo.models.space import choose
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

    Load = Callable[[dict[str, Any]], None]

SHAPE = {"image_size": 8, "channels": 1}
KERNEL = np.arange(18.0).reshape(3, 3, 1, 2)


def build(load: Load, *, watched: bool = True, **arguments: Any) -> tuple[Classifier, list[Origins]]:
    """Build two convolutions and a normalization, whose backbone passes its layers to `load` where it has weights."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        own = {
            "conv": layers.Conv2D(2, 3, use_bias=False, name="conv", **arguments),
            "bn": layers.BatchNormalization(name="bn"),
            "last": layers.Conv2D(2, 3, use_bias=False, name="last", **arguments),
        }
        x = inputs
        for layer in own.values():
            x = layer(x)
        if weights is not None:
            load({**own, "features": x})
        return layers.Dropout(0.5)(x)

    return classifier_of(backbone, watched=watched)


def classifier_of(backbone: Any, *, watched: bool = True) -> tuple[Classifier, list[Origins]]:
    architecture, origins = architecture_of(backbone, weights=("own",)), list[Origins]()
    space = explore(SpaceBuilder(architecture, **SHAPE))
    start_fresh(5)
    classifier = build_classifier(
        architecture,
        choose(space, {"head_units": "8"}),
        **SHAPE,
        class_names=("a", "b"),
        weights="own",
        on_origins=origins.append if watched else None,
    )
    return classifier, origins


def first_kernel(own: dict[str, Any]) -> None:
    own["conv"].kernel.assign(KERNEL)


def donor(own: dict[str, Any]) -> None:
    """Draws random numbers, and loads nothing."""
    layers.Conv2D(2, 3).build((None, 8, 8, 1))


def unread(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return layers.Conv2D(2, 3)(inputs)


def nothing(own: dict[str, Any]) -> None:
    pass


BN = ("bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance")


def test_loaded_random_and_initial_values_are_told_apart() -> None:
    _, (origins,) = build(first_kernel)
    assert origins == Origins(("conv/kernel",), ("last/kernel",), BN)
    assert origins.summary("net.npz") == (
        "weights of net.npz: 1 of 6 variables loaded by the backbone itself, 1 with random values (last/kernel), "
        "4 as without weights (bn/gamma, bn/beta, …)"
    )


def test_zeros_and_ones_that_were_loaded_count_where_they_differ_without_weights() -> None:
    _, (origins,) = build(lambda own: own["bn"].beta.assign([1.0, 1.0]))
    assert origins.loaded == ("bn/beta",)


@pytest.mark.parametrize("load", [nothing, donor])
def test_nothing_is_loaded(load: Load) -> None:
    _, (origins,) = build(load)
    assert origins == Origins((), ("conv/kernel", "last/kernel"), BN)
    with pytest.raises(
        ContractError,
        match=r"^architecture 'small': its backbone loads nothing of the weights own \(.*test_origins\.py:\d+\): load",
    ):
        require_loaded(origins, architecture_of(unread), "own")


def test_random_numbers_before_the_layers_do_not_look_like_weights() -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        if weights is not None:
            donor({})
        return layers.Conv2D(2, 3, name="conv")(inputs)

    _, (origins,) = classifier_of(backbone)
    assert origins == Origins((), ("conv/kernel",), ("conv/bias",))


@pytest.mark.parametrize(
    "initializer", ["zeros", lambda *args, **kwargs: keras.initializers.GlorotUniform(7)(*args, **kwargs)]
)
@pytest.mark.parametrize(("load", "loaded"), [(nothing, ()), (first_kernel, ("conv/kernel",))])
def test_a_network_without_random_values(load: Load, loaded: tuple[str, ...], initializer: Any) -> None:
    _, (origins,) = build(load, kernel_initializer=initializer)
    assert origins.loaded == loaded
    assert origins.random == ()


def test_a_variable_that_only_the_network_with_weights_has() -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        if weights is None:
            return layers.Conv2D(2, 3, name="conv")(inputs)
        layer = layers.Conv2D(2, 3, name="other")
        features = layer(inputs)
        layer.kernel.assign(KERNEL)
        return features

    _, (origins,) = classifier_of(backbone)
    assert origins == Origins(("other/kernel",), (), ("other/bias",))


@pytest.mark.parametrize("raised", [ValueError, GeneratorExit])
def test_nothing_is_said_of_a_backbone_that_cannot_be_built_without_weights(
    raised: type[BaseException],
) -> None:
    builds: list[str | None] = []

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        builds.append(weights)
        if weights is None and len(builds) > 2:
            raise raised("it needs weights")
        return layers.Conv2D(2, 3, name="conv")(inputs)

    _, origins = classifier_of(backbone)
    assert builds[-3:] == ["own", "own", None]
    assert origins == []


def test_reported_weights_need_no_further_build() -> None:
    builds: list[str] = []

    def load(own: dict[str, Any]) -> None:
        builds.append("with weights")
        load_weights(own["features"], {"conv/kernel": KERNEL}, strict=False)

    _, origins = build(load)
    assert (builds, origins) == (["with weights"], [])


def test_the_classifier_and_later_random_numbers_are_the_same() -> None:
    results = []
    for watched in (False, True):
        classifier, _ = build(first_kernel, watched=watched)
        network = classifier.network
        named = {f"{v.path}": v.numpy().tolist() for layer in network.layers for v in layer.variables}
        later = random.random(), np.random.rand(), layers.Dense(1).name
        noise = keras.random.uniform((2,)).numpy().tolist()
        results.append((list(named), named, later, noise, [layer.name for layer in network.layers]))
    assert results[0] == results[1]
