"""A recurrent network that reads an image row by row, both ways; its cells are a custom one and Keras's."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable(package="row_rnn")
    class MinimalGatedCell(keras.layers.Layer):
        """A gated unit with one gate."""

        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units, self.state_size = units, units

        def build(self, input_shape):
            self.gate = keras.layers.Dense(self.units, "sigmoid")
            self.new = keras.layers.Dense(self.units, "tanh")
            for dense in (self.gate, self.new):
                dense.build((None, input_shape[-1] + self.units))

        def call(self, row, states):
            (state,) = states
            share = self.gate(ops.concatenate([row, state], axis=-1))
            new = self.new(ops.concatenate([row, share * state], axis=-1))
            state = (1 - share) * state + share * new
            return state, [state]

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return [MinimalGatedCell]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (MinimalGatedCell,) = custom_layers()
    units = hp.Choice("units", [16, 32], default=32)
    x = layers.Rescaling(1 / 255, name="rows_scale")(inputs)
    _, height, width, channels = x.shape
    x = layers.Reshape((height, width * channels), name="rows")(x)
    x = layers.Bidirectional(layers.GRU(units, return_sequences=True, reset_after=True), name="gru")(x)
    return layers.RNN(MinimalGatedCell(units), name="mgu")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="row-rnn",
            backbone=backbone,
            summary="recurrent layers over the rows",
            reference="Zhou et al. 2016, Minimal gated unit for recurrent neural networks",
            min_size=8,
            default_size=16,
            freeze_points=("rows", "gru", "mgu"),
            custom_layers=custom_layers,
        )
    ]
