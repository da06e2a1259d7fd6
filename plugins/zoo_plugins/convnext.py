"""ConvNeXt: a convolutional network with the choices of a vision transformer.

Liu et al. 2022, "A ConvNet for the 2020s". The network scales its pixels itself.
"""

from zoo import Architecture, hookimpl
from zoo_plugins.applications import build

PREFIX = "convnext_tiny_"


def backbone(hp, inputs, *, weights=None):
    """Keras's network contains a nested network for each downsampling, which is flattened here."""
    import keras

    nested = build("ConvNeXtTiny", inputs, weights, name="convnext_tiny")
    flat = keras.models.clone_model(
        nested, input_tensors=inputs, clone_function=copy_of, call_function=call_layer_by_layer
    )
    originals = {layer.name.removeprefix(PREFIX): layer for layer in nested._flatten_layers()}
    for layer in flat.layers:
        layer.set_weights(originals[layer.name].get_weights())
    return flat.output


def copy_of(layer):
    """Return a new layer, named without `convnext_tiny_`, or the list of new layers of a nested network."""
    import keras

    if isinstance(layer, keras.Sequential):
        return [copy_of(inner) for inner in layer.layers]
    config = layer.get_config()
    return type(layer).from_config({**config, "name": layer.name.removeprefix(PREFIX)})


def call_layer_by_layer(layer, *inputs, **arguments):
    """Call a layer, or the layers of a nested network in sequence."""
    if not isinstance(layer, list):
        return layer(*inputs, **arguments)
    (x,) = inputs
    for inner in layer:
        x = inner(x)
    return x


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="convnext-tiny",
            backbone=backbone,
            summary="convolutional network with a vision transformer's choices",
            reference="Liu et al. 2022, A ConvNet for the 2020s",
            default_size=224,
            channels=3,
            weights=("imagenet",),
            freeze_points=("stem", "stage_0", "stage_1", "stage_2", "stage_3"),
        )
    ]
