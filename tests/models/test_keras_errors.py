"""The cause of an error of Keras in one sentence."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

from zoo.models.keras_errors import reason_of


class Strange(layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A layer with an argument that cannot be stored."""

    def __init__(self, of: object, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: Any) -> Any:
        raise ValueError("the inputs are odd. Make them even.\n\nMore about it")


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        (lambda: Strange(object())(keras.Input((3,))), "the inputs are odd"),
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
        (lambda: (_ for _ in ()).throw(KeyError), "KeyError"),
        (lambda: (_ for _ in ()).throw(ValueError("x" * 400)), "x" * 300),
    ],
)
def test_the_cause_is_one_sentence(fail: Any, reason: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011  the errors are Keras's
        fail()
    assert reason_of(caught.value).endswith(reason)
    assert "\n" not in reason_of(caught.value)
