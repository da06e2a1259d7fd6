"""Names of variables come from a network's structure: unique, and the same however often it was built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers

from zoo.models.variables import keras_paths, named_variables, statistics_of

if TYPE_CHECKING:
    from collections.abc import Callable

Layer = Any  # Keras is untyped


class Twins(layers.Layer):  # type: ignore[misc]
    """Two layers of the same name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first, self.second = layers.Dense(3, name="dense"), layers.Dense(3, name="dense")

    def call(self, inputs: Any) -> Any:
        return self.first(inputs) + self.second(inputs)


class Blocks(layers.Layer):  # type: ignore[misc]
    """Layers in a list, in a dict and in a list within a list, none of which has a name."""

    def build(self, shape: Any) -> None:
        self.blocks = [layers.Dense(3), [layers.Dense(3), layers.LayerNormalization()]]
        self.gates = {"open": layers.Dense(3, use_bias=False), "shut": layers.Dense(3, use_bias=False)}

    def call(self, inputs: Any) -> Any:
        first, (second, norm) = self.blocks
        return norm(second(first(inputs))) * self.gates["open"](inputs) - self.gates["shut"](inputs)


class Plain(layers.Layer):  # type: ignore[misc]
    """Variables without a name, in a list, in a private dict, and one that no attribute holds."""

    def build(self, shape: Any) -> None:
        self.scales = [self.add_weight(shape=(3,)) for _ in range(2)]
        self._by_name = {"a/b": self.add_weight(shape=(1,)), "c": self.add_weight(shape=(2,))}
        self.add_weight(shape=(4,))
        self.count = self.add_weight(shape=(), trainable=False, dtype="int64", initializer="zeros")
        self.dropping = keras.random.SeedGenerator(1)

    def call(self, inputs: Any) -> Any:
        return inputs * self.scales[0]


class Sharing(layers.Layer):  # type: ignore[misc]
    """A layer that two attributes hold, and a network made of layers without names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.b = layers.Dense(3)
        self.a = self.b
        inputs = keras.Input((3,))
        self.net = keras.Model(
            inputs, layers.Dense(3)(layers.Dense(3, name="named")(layers.Dense(3)(inputs)))
        )
        self.chain = keras.Sequential([layers.Dense(3), layers.BatchNormalization()])

    def call(self, inputs: Any) -> Any:
        return self.chain(self.net(self.a(self.b(inputs))))


def network_of(*chain: Layer) -> keras.Model:
    inputs = outputs = keras.Input((3,))
    for layer in chain:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


NAMES = [
    (lambda: layers.Dense(3, name="fc"), ["fc/kernel", "fc/bias"]),
    (
        lambda: Twins(name="twins"),
        ["twins/first/kernel", "twins/first/bias", "twins/second/kernel", "twins/second/bias"],
    ),
    (
        lambda: Blocks(name="mix"),
        [
            "mix/blocks/0/kernel",
            "mix/blocks/0/bias",
            "mix/blocks/1/0/kernel",
            "mix/blocks/1/0/bias",
            "mix/blocks/1/1/gamma",
            "mix/blocks/1/1/beta",
            "mix/gates/open/kernel",
            "mix/gates/shut/kernel",
        ],
    ),
    (
        lambda: Plain(name="odd"),
        ["odd/scales/0", "odd/scales/1", "odd/a/b", "odd/c", "odd/variable_4", "odd/count"],
    ),
    (
        lambda: Sharing(name="one"),
        [
            "one/a/kernel",
            "one/a/bias",
            "one/net/dense_1/kernel",
            "one/net/dense_1/bias",
            "one/net/named/kernel",
            "one/net/named/bias",
            "one/net/dense_2/kernel",
            "one/net/dense_2/bias",
            "one/chain/dense_1/kernel",
            "one/chain/dense_1/bias",
            "one/chain/batch_normalization_1/gamma",
            "one/chain/batch_normalization_1/beta",
            "one/chain/batch_normalization_1/moving_mean",
            "one/chain/batch_normalization_1/moving_variance",
        ],
    ),
    (
        lambda: layers.SpectralNormalization(layers.Dense(3), name="sn"),
        ["sn/kernel", "sn/vector_u", "sn/layer/bias"],
    ),
]


@pytest.mark.parametrize(("make", "names"), NAMES)
def test_a_name_is_the_layer_and_the_place_within_it(make: Callable[[], Layer], names: list[str]) -> None:
    assert list(named_variables(network_of(make()))) == names


@pytest.mark.parametrize("make", [make for make, _ in NAMES])
def test_every_weight_has_one_name_that_is_the_same_in_each_build(make: Callable[[], Layer]) -> None:
    first, second = network_of(make()), network_of(make())
    for network in (first, second):
        assert {*map(id, named_variables(network).values())} == {*map(id, network.weights)}
        assert len(named_variables(network)) == len(network.weights)
    shapes = [
        {name: variable.shape for name, variable in named_variables(network).items()}
        for network in (first, second)
    ]
    assert shapes[0] == shapes[1]


def test_names_that_would_be_equal_get_a_number() -> None:
    class Colliding(layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(1,))
            self._scale = self.add_weight(shape=(2,))
            self.part, self._part = layers.Dense(1), layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.part(inputs) * self._part(inputs) * self.scale

    named = named_variables(network_of(Colliding(name="x")))
    assert [(name, tuple(variable.shape)) for name, variable in named.items()] == [
        ("x/scale", (1,)),
        ("x/scale_2", (2,)),
        ("x/part/kernel", (3, 1)),
        ("x/part/bias", (1,)),
        ("x/part_2/kernel", (3, 2)),
        ("x/part_2/bias", (2,)),
    ]


def test_a_layer_that_two_layers_share_is_named_once() -> None:
    shared = layers.Dense(3)

    class User(layers.Layer):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.inner = shared

        def call(self, inputs: Any) -> Any:
            return self.inner(inputs)

    assert list(named_variables(network_of(User(name="u"), User(name="v")))) == [
        "u/inner/kernel",
        "u/inner/bias",
    ]


def test_statistics_never_train_frozen_or_not() -> None:
    network = network_of(layers.BatchNormalization(name="bn"), Plain(name="odd"))
    network.get_layer("bn").trainable = False
    statistics = statistics_of(network)
    names = [name for name, variable in named_variables(network).items() if id(variable) in statistics]
    assert names == ["bn/moving_mean", "bn/moving_variance", "odd/count"]


def test_names_of_format_1_are_the_paths_of_keras_with_numbers_for_variables_without_a_name() -> None:
    network = network_of(layers.Dense(3, name="fc"), Plain(name="odd"))
    assert list(keras_paths(network))[:4] == ["fc/kernel", "fc/bias", "odd/variable_0", "odd/variable_1"]


def test_a_value_assigned_by_name_is_the_one_that_the_layer_computes_with() -> None:
    network = network_of(Twins(name="twins"))
    named = named_variables(network)
    for name, variable in named.items():
        variable.assign(np.full(variable.shape, 1.0 if "second" in name else 0.0))
    assert np.allclose(network(np.ones((1, 3))), 4.0)  # 3 inputs and a bias
