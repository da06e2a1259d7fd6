"""Network in network, each block a Sequential model that is called on a tensor: a model inside the model."""

from zoo import Architecture, hookimpl


def block(filters, kernel, name):
    import keras
    from keras import layers

    convs = [layers.Conv2D(filters, size, padding="same", activation="relu") for size in (kernel, 1, 1)]
    return keras.Sequential(convs, name=name)


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.MaxPooling2D(2, name="pool1")(block(16, 5, "block1")(x))
    return block(16, 3, "block2")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="network-in-network",
            backbone=backbone,
            summary="convolutions with small networks inside",
            reference="Lin et al. 2014, Network in network",
            min_size=8,
            default_size=16,
            freeze_points=("block1", "block2"),
        )
    ]
