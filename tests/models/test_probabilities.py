"""A backbone that ends in a softmax over classes is found; a softmax inside a network is not."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

from tests.architectures import architecture_of
from zoo.models.probabilities import describe_softmax


class Pooling(layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Attention over tokens, whose `activation` is not its last step."""

    activation = staticmethod(keras.activations.softmax)

    def call(self, tokens: Any) -> Any:
        return keras.ops.sum(tokens * self.activation(tokens, axis=1), axis=1)


def vector(inputs: Any) -> Any:
    return layers.Dense(10)(layers.Flatten()(inputs))


def attended(inputs: Any) -> Any:
    tokens = layers.Reshape((-1, 4))(layers.Conv2D(4, 3)(inputs))
    weights = layers.Dense(1, activation="softmax")(tokens)
    return layers.Flatten()(layers.Dot(axes=1)([weights, tokens]))


SOFTMAXES = {
    "dense": lambda inputs: layers.Dense(10, activation="softmax", name="top")(layers.Flatten()(inputs)),
    "activation": lambda inputs: layers.Activation("softmax", name="top", dtype="float32")(vector(inputs)),
    "layer": lambda inputs: layers.Softmax(name="top")(vector(inputs)),
    "activation of ops": lambda inputs: layers.Activation(keras.ops.softmax, name="top")(vector(inputs)),
}
OTHERS = {
    "features": vector,
    "attention": attended,
    "own layer": lambda inputs: Pooling()(layers.Reshape((-1, 1))(inputs)),
    "maps": lambda inputs: layers.Conv2D(4, 3, activation="softmax")(inputs),
    "sigmoid": lambda inputs: layers.Activation("sigmoid")(vector(inputs)),
    "gate": lambda inputs: layers.Multiply()([vector(inputs), layers.Softmax()(vector(inputs))]),
}


def description(network: Any) -> str:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return network(inputs)

    return describe_softmax(architecture_of(backbone), network(keras.Input((8, 8, 1))))


@pytest.mark.parametrize("network", SOFTMAXES.values(), ids=SOFTMAXES)
def test_a_softmax_at_the_end_is_described(network: Any) -> None:
    text = description(network)
    assert text.startswith("the backbone of small ends in a softmax, 'top' (")
    assert text.endswith(
        "): its 10 probabilities are the features of the head; return the features before it"
    )


@pytest.mark.parametrize("softmax", [keras.ops.softmax, keras.activations.softmax])
def test_a_bare_function_is_described(softmax: Any) -> None:
    assert "ends in a softmax, 'softmax" in description(lambda inputs: softmax(vector(inputs)))


@pytest.mark.parametrize("network", OTHERS.values(), ids=OTHERS)
def test_nothing_is_said_of_other_ends(network: Any) -> None:
    assert description(network) == ""
