"""A maxout network whose maximum is a Lambda layer: a function, which is code."""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    import keras
    from keras import layers

    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(32, 3, 2, padding="same", name="conv1")(x)
    x = layers.Reshape((*x.shape[1:3], 16, 2), name="pieces")(x)
    return layers.Lambda(lambda pieces: keras.ops.max(pieces, axis=-1), name="maximum")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="maxout",
            backbone=backbone,
            summary="the maximum of linear pieces",
            reference="Goodfellow et al. 2013, Maxout networks",
            min_size=8,
            default_size=16,
            freeze_points=("conv1",),
        )
    ]
