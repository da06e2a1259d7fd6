"""Convolutions of bounded spectral norm: Keras's wrapper, whose power iteration is state that does not train."""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    steps = hp.Int("power_iterations", 1, 2)
    x = layers.Rescaling(1 / 127.5, -1, name="rescaling")(inputs)
    for number, filters in enumerate((16, 32), 1):
        conv = layers.Conv2D(
            filters, 4, 2, padding="same"
        )  # Keras names it by a count over the whole process
        x = layers.SpectralNormalization(conv, steps, name=f"layer{number}_norm")(x)
        x = layers.LeakyReLU(0.1, name=f"layer{number}_relu")(x)
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="spectral",
            backbone=backbone,
            summary="convolutions with spectral normalisation",
            reference="Miyato et al. 2018, Spectral normalization for generative adversarial networks",
            min_size=8,
            default_size=16,
            freeze_points=("layer1", "layer2"),
        )
    ]
