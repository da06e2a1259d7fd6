"""Pre-trained networks of TensorFlow Hub, or any SavedModel from images to features.

The reusable SavedModel of https://www.tensorflow.org/hub/reusable_saved_models is what most modules are: it takes
images (batch, height, width, 3) with values from 0 to 1 and returns features (batch, d). Modules contain their weights.
"""

from zoo import Architecture, ZooError, hookimpl

# Range of a module's inputs -> scale and offset for pixels 0-255.
RANGES = {"0,1": (1 / 255, 0.0), "-1,1": (1 / 127.5, -1.0), "0,255": (1.0, 0.0)}


def backbone(hp, inputs, *, weights=None):
    """Scaled pixels, then the module as one layer, whose variables train like any others."""
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
    """Return the layer classes that a stored model needs."""
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
            min_size=8,  # the module's own size is known only when it is loaded, and then checked
            default_size=224,
            channels=3,
            freeze_points=("module",),
            custom_layers=custom_layers,
            online=True,
        )
    ]
