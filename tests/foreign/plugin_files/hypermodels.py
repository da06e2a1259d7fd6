"""Hypermodels of Keras Tuner: its three networks, and one in the style of its tutorials."""

from zoo import from_hypermodel, hookimpl


def hyper_resnet():
    from keras_tuner.applications import HyperResNet

    return HyperResNet(input_shape=(32, 32, 3), classes=10)


def hyper_xception():
    from keras_tuner.applications import HyperXception

    return HyperXception(input_shape=(32, 32, 3), classes=10)


def hyper_efficientnet():
    from keras_tuner.applications import HyperEfficientNet

    return HyperEfficientNet(input_shape=(32, 32, 3), classes=10)


def build(hp):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((16, 16, 1)), layers.Rescaling(1 / 255)])
    for number in range(hp.Int("conv_layers", 1, 3, default=2)):
        filters = hp.Int(f"filters_{number}", 8, 32, step=8)
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{number}"))
        model.add(layers.MaxPooling2D(name=f"conv{number}_pool"))
    model.add(layers.Flatten())
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(0.25))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")),
        "categorical_crossentropy",
    )
    return model


@hookimpl
def zoo_architectures():
    keras_tuner = [
        ("hyper-resnet", hyper_resnet, (), "He et al. 2016, Deep residual learning for image recognition"),
        (
            "hyper-xception",
            hyper_xception,
            (),
            "Chollet 2017, Xception: deep learning with depthwise separable convolutions",
        ),
        (  # always B0, as the larger versions take minutes to train
            "hyper-efficientnet",
            hyper_efficientnet,
            ("version",),
            "Tan & Le 2019, EfficientNet: rethinking model scaling",
        ),
    ]
    return [
        from_hypermodel(
            build,
            name="tutorial",
            summary="a loop of convolutions",
            reference="O'Malley et al. 2019, Keras Tuner",
            min_size=8,
            default_size=16,
            freeze_points=("conv0", "conv1"),
        ),
        *(
            from_hypermodel(
                hypermodel,
                name=name,
                summary=f"{name} of Keras Tuner",
                reference=reference,
                ignore=ignore,
                channels=3,
            )
            for name, hypermodel, ignore, reference in keras_tuner
        ),
    ]
