"""Three hypermodels of Keras Tuner, and one as people write them, with augmentation, a loop and conditional scopes."""

from zoo import from_hypermodel, hookimpl

SHAPE = (32, 32, 3)


def resnet():
    from keras_tuner.applications import HyperResNet

    return HyperResNet(input_shape=SHAPE, classes=10)


def xception():
    from keras_tuner.applications import HyperXception

    return HyperXception(input_shape=SHAPE, classes=10)


def efficientnet():
    from keras_tuner.applications import HyperEfficientNet, HyperImageAugment

    augmentation = HyperImageAugment(input_shape=SHAPE)
    return HyperEfficientNet(input_shape=SHAPE, classes=10, augmentation_model=augmentation)


def blocks(hp):
    import keras
    from keras import layers

    kind = hp.Choice("kind", ["plain", "separable"])
    model = keras.Sequential([keras.Input((16, 16, 3)), layers.RandomFlip(), layers.Rescaling(1 / 255)])
    for number in range(hp.Int("blocks", 1, 3, default=2)):
        block = keras.Sequential(name=f"block{number + 1}")
        with hp.conditional_scope("kind", ["plain"]):
            if kind == "plain":
                filters = hp.Int(f"filters_{number}", 4, 16)
                block.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        with hp.conditional_scope("kind", ["separable"]):
            if kind == "separable":
                filters = hp.Int(f"separable_{number}", 4, 16)
                block.add(layers.SeparableConv2D(filters, 3, padding="same", activation="relu"))
        block.add(layers.MaxPooling2D())
        model.add(block)
    model.add(layers.Flatten())
    model.add(layers.Dense(hp.Int("units", 8, 64), activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(hp.Choice("optimizer", ["adam", "sgd"]), loss="categorical_crossentropy")
    return model


@hookimpl
def zoo_architectures():
    points = {
        resnet: ("conv2", "conv3", "conv4", "conv5"),
        xception: (),
        efficientnet: ("block1", "block2", "block3", "block4", "block5", "block6", "block7"),
        blocks: ("block1", "block2"),
    }
    return [
        from_hypermodel(
            hypermodel,
            name=f"hyper-{hypermodel.__name__}",
            summary="a hypermodel",
            reference="Keras Tuner",
            min_size=8 if hypermodel is blocks else 32,
            channels=3,
            freeze_points=stages,
        )
        for hypermodel, stages in points.items()
    ]
