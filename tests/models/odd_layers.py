"""Custom layers, most of which the registry could not return as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import layers

from zoo.errors import ZooError

if TYPE_CHECKING:
    from collections.abc import Callable

registered = keras.saving.register_keras_serializable("round-trips")


class Custom(layers.Layer):  # type: ignore[misc]
    """A layer that multiplies its inputs by a factor."""

    factor: Any = 2.0

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs * self.factor


@registered
class Whole(Custom):
    """It has a constructor with an argument, sublayers in a list, a counter and a generator of random numbers."""

    def __init__(self, units: int, rate: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.rate = units, rate
        self.parts = [layers.Dense(units), layers.BatchNormalization(), layers.Dropout(rate)]

    def build(self, shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            self.count.assign_add(1.0)
        for part in self.parts:
            inputs = part(inputs)
        return inputs

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "rate": self.rate}


@registered
class Counting(Custom):
    """It counts its calls and draws a number in each."""

    def build(self, shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, inputs: Any, training: bool = False) -> Any:
        self.count.assign_add(1.0)
        return inputs + 0 * keras.random.uniform((), seed=self.seeds)


@registered
class Forgetful(Custom):
    """Its configuration lacks an argument that has a default."""

    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def get_config(self) -> dict[str, Any]:
        return super().get_config()


@registered
class Incomplete(Custom):
    """Its configuration lacks an argument that has no default."""

    def __init__(self, factor: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def get_config(self) -> dict[str, Any]:
        return layers.Layer.get_config(Whole(1))


@registered
class Closed(Custom):
    """Its constructor does not take Keras's own arguments."""

    def __init__(self) -> None:
        super().__init__(name="odd")


@registered
class Unserializable(Custom):
    """An argument of its constructor is no value that JSON knows."""

    def __init__(self, of: object, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of = of


@registered
class Raising(Custom):
    """Its from_config raises an error of any type."""

    @classmethod
    def from_config(cls, config: Any) -> Any:
        raise LookupError("no such thing\nand a second line")


@registered
class Refusing(Custom):
    """Its from_config raises zoo's own error."""

    @classmethod
    def from_config(cls, config: Any) -> Any:
        raise ZooError("its module has changed: restore it")


@registered
class Configured(Custom):
    """Its configuration has a function of Keras, an object without its module, and data with a `class_name`."""

    def __init__(
        self, activation: Any = "relu", start: Any = "zeros", label: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.activation, self.start = keras.activations.get(activation), keras.initializers.get(start)
        self.label = label

    def build(self, shape: Any) -> None:
        self.bias = self.add_weight(shape=(shape[-1],), initializer=self.start)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.activation(inputs + self.bias)

    def get_config(self) -> dict[str, Any]:
        start = {"class_name": "RandomNormal", "config": self.start.get_config()}
        own = {"activation": self.activation, "start": start, "label": self.label}
        return {**super().get_config(), **own}


@registered
class Surrogate(Custom):
    """Its configuration has half a character, which JSON can escape and UTF-8 cannot encode."""

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label": "\udc80"}


@registered
class Textual(Custom):
    """It has a variable of text."""

    def build(self, shape: Any) -> None:
        self.text = self.add_weight(shape=(), dtype="string", trainable=False)


class Unregistered(Custom):
    """Keras does not know its class."""


@registered
class Numbered(Custom):
    """It keeps its layers by names that count over the process."""

    def build(self, shape: Any) -> None:
        parts = [layers.Dense(2), layers.Dense(2)]
        self.parts = {part.name: part for part in parts}

    def call(self, inputs: Any, training: bool = False) -> Any:
        return sum(part(inputs) for part in self.parts.values())


@registered
class Sharing(Custom):
    """It holds a layer that another one holds too."""

    shared: Any = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = type(self).shared or layers.Dense(2)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.inner(inputs)


@registered
class Remembering(Custom):
    """Its computation depends on the number of objects that were made."""

    made = 0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        type(self).made += 1
        self.factor = float(type(self).made)


@registered
class Pooling(Custom):
    """Its configuration lacks the size, so that it returns another shape; it has no weights."""

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, inputs: Any, training: bool = False) -> Any:
        return keras.ops.max_pool(inputs, self.size)

    def get_config(self) -> dict[str, Any]:
        return super().get_config()


@registered
class Eager(Custom):
    """It can be traced, and not computed."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not isinstance(inputs, keras.KerasTensor) and hasattr(inputs, "numpy"):
            raise RuntimeError("no numbers here. Only symbols")
        return inputs * 2.0


@registered
class Quitting(Custom):
    """It can be traced, and raises what is no Exception when it is computed."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not isinstance(inputs, keras.KerasTensor) and hasattr(inputs, "numpy"):
            raise GeneratorExit("no numbers here")
        return inputs * 1.0


@registered
class Noisy(Custom):
    """It draws random numbers when it predicts."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs + keras.random.normal((1,), seed=self.seeds)

    def build(self, shape: Any) -> None:
        self.seeds = keras.random.SeedGenerator(1)


def locally_registered() -> Any:
    @registered
    class Local(Custom):
        """A class that only a function makes."""

    return Local(name="odd")


def functional(activation: Any) -> Callable[[], Any]:
    return lambda: layers.Dense(2, activation=activation, name="odd")


def attending(x: Any) -> Any:
    return layers.MultiHeadAttention(1, 2, attention_axes=(1, 2))(x, x)


def own_activation(x: Any) -> Any:
    return x * 2
