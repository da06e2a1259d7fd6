"""The cause of an error of Keras in one sentence."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from zoo.models.keras_errors import reason_of

CREATED = (
    "self.add_weight(shape=…, initializer=…), and call the build() of sublayers in the build() of their layer"
)


class Strange(layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A layer with an argument that cannot be stored."""

    def __init__(self, of: object, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: Any) -> Any:
        raise ValueError("the inputs are odd. Make them even.\n\nMore about it")


class Unbuilt(layers.Layer):  # type: ignore[misc]
    """A layer whose sublayer creates a variable from an array when it is first called."""

    class Inner(layers.Layer):  # type: ignore[misc]
        """It is built in the call of the outer layer."""

        def build(self, shape: Any) -> None:
            self.index = keras.Variable(np.arange(3), dtype="int32", trainable=False)

        def call(self, inputs: Any) -> Any:
            return inputs + keras.ops.cast(self.index, "float32")

    def __init__(self) -> None:
        super().__init__()
        self.inner = self.Inner()

    def build(self, shape: Any) -> None:
        self.scale = self.add_weight(())

    def call(self, inputs: Any) -> Any:
        return self.scale * self.inner(inputs)


def raises(message: str) -> None:
    raise ValueError(message)


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        (lambda: Strange(object())(keras.Input((3,))), "the inputs are odd"),
        (lambda: Unbuilt()(keras.Input((3,))), "in a stateless scope; create it in build() with " + CREATED),
        (
            lambda: Strange(object()).get_config(),
            "the object must override `get_config()` in order to be serializable",
        ),
        (
            lambda: keras.saving.deserialize_keras_object(
                {
                    "module": "keras.layers",
                    "class_name": "Dense",
                    "config": {"unit": 3},
                    "registered_name": None,
                }
            ),
            "missing 1 required positional argument: 'units'",
        ),
        (lambda: raises("filters, e.g. Use 3 vs. Two. Then go on"), "filters, e.g. Use 3 vs. Two"),
        (lambda: raises("at most 0.5. Use less"), "at most 0.5"),
        (lambda: (_ for _ in ()).throw(KeyError), "KeyError"),
        (lambda: raises("x" * 400), "x" * 300 + " …"),
    ],
)
def test_the_cause_is_one_sentence(fail: Any, reason: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011  the errors are Keras's
        fail()
    assert reason_of(caught.value).endswith(reason)
    assert "\n" not in reason_of(caught.value)
