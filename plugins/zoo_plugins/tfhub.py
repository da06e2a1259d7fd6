"""Pre-trained networks of TensorFlow Hub, or any SavedModel that turns images into features.

The reusable SavedModel of https://www.tensorflow.org/hub/reusable_saved_models is what most modules are: it takes
images (batch, height, width, 3) with values from 0 to 1 and gives features (batch, d). Modules bring their weights.
"""

from zoo import Architecture, ZooError, hookimpl

# What a module takes -> scale and offset that turn pixels 0-255 into it.
RANGES = {"0,1": (1 / 255, 0.0), "-1,1": (1 / 127.5, -1.0), "0,255": (1.0, 0.0)}


def backbone(hp, inputs, *, weights=None):
    """Scaled pixels, then the module as one layer, whose variables train as any layer's."""
    from keras import layers

    from zoo_plugins.hub_module import HubModule

    handle = hp.Fixed("handle", "")
    input_range = hp.Fixed("input_range", "0,1")
    if not handle:
        raise ZooError(
            "tfhub needs a module: --set handle=URL-or-folder, and --set input_range=-1,1 or 0,255 for one that "
            "does not take pixels from 0 to 1"
        )
    if input_range not in RANGES:
        raise ZooError(f"input_range must be one of {'; '.join(RANGES)}, got '{input_range}'")
    scale, offset = RANGES[input_range]
    x = layers.Rescaling(scale, offset=offset, name="rescaling")(inputs)
    return HubModule(handle, name="module")(x)


def custom_layers():
    """The layer that a stored model needs."""
    from zoo_plugins.hub_module import HubModule

    return [HubModule]


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="tfhub",
            backbone=backbone,
            summary="a module of TensorFlow Hub or any SavedModel: --set handle=URL-or-folder",
            reference="https://www.tensorflow.org/hub/reusable_saved_models",
            min_size=8,  # what the module takes is known only when it is there, and then said
            default_size=224,
            channels=3,
            freeze_points=("module",),
            custom_layers=custom_layers,
        )
    ]
