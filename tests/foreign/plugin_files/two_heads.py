"""A trunk with an auxiliary output half-way, as deep networks were once trained: two tensors instead of one."""

from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(16, 3, 2, padding="same", activation="relu", name="trunk")(x)
    deep = layers.Conv2D(32, 3, 2, padding="same", activation="relu", name="deep")(x)
    return {"deep": deep, "auxiliary": layers.GlobalAveragePooling2D(name="auxiliary")(x)}


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="two-heads",
            backbone=backbone,
            summary="a trunk with an auxiliary output",
            reference="Lee et al. 2015, Deeply-supervised nets",
            min_size=8,
            default_size=16,
            freeze_points=("trunk", "deep"),
        )
    ]
