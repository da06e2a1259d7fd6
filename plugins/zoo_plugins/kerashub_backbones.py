"""Builds KerasHub's image backbones from their configurations and takes features from them."""

import importlib.util
import inspect
import json
import warnings
from difflib import get_close_matches
from pathlib import Path

from zoo import ZooError
from zoo_plugins.kerashub_kinds import KINDS, fitted, step_of

UNIT = "keras_hub_backbone"

# Arguments that are not for `--set config`: zoo decides them.
NOT_SET = ("self", "args", "kwargs", "name", "dtype", "data_format", "image_shape", "input_shape")


# Keras's warnings about KerasHub's own code: Swin's attention uses no mask, and the mask token of DINO is for
# pre-training alone.
HARMLESS = (
    r"Layer 'attn' \(of type WindowAttention\) was passed an input with a mask attached to it",
    r"Gradients do not exist for variables \['[^']*/mask_token'\]",
)


def import_keras_hub():
    """Import KerasHub, and silence the warnings that its users can do nothing about.

    Raises:
        ZooError: it is not installed, or cannot be imported.
    """
    try:
        import keras_hub
    except ImportError as error:
        if error.name == "keras_hub":
            raise ZooError("KerasHub is not installed: pip install 'keras-zoo[keras-hub]'") from None
        raise ZooError(
            f"KerasHub cannot be imported: {brief(error)}; try pip install -U 'keras-zoo[keras-hub]'"
        ) from error
    for message in HARMLESS:
        warnings.filterwarnings("ignore", message, UserWarning)
    return keras_hub


def brief(error):
    """Return the first sentence of an error in one line, without the colours of Keras's messages."""
    text = " ".join(str(error).replace("\x1b[1m", "").replace("\x1b[0m", "").split())
    return text.partition(". ")[0].rstrip(".")[:300] or type(error).__name__


def installed():
    """Return the names of the backbones that the installed KerasHub has; all of them if it is not installed.

    They are known by the folders of its sources, so that KerasHub, which takes seconds, is not imported.
    """
    spec = importlib.util.find_spec("keras_hub")
    folder = Path(spec.origin).parent / "src" / "models" if spec and spec.origin else None
    if folder is None or not folder.is_dir():
        return list(KINDS)
    return [name for name, kind in KINDS.items() if (folder / kind.folder).is_dir()]


def build(name, config, shape):
    """Return a backbone of KerasHub with these arguments for images of this shape.

    Raises:
        ZooError: the size does not fit the network, or KerasHub refuses the arguments.
    """
    import keras_hub

    kind = KINDS[name]
    make = getattr(keras_hub.models, kind.class_name)
    _check_arguments(make, config)
    try:
        config = fitted(config, shape[0])
        _check_size(name, config, shape[0])
        arguments = {**config, kind.shape_argument: tuple(shape)}
        if name == "dinov2":
            arguments.setdefault("position_embedding_shape", tuple(shape))
        return make(**arguments, name=UNIT) if kind.as_unit else make(**arguments)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        raise ZooError(
            f"KerasHub cannot build the backbone {name} with {json.dumps(config)} for images of "
            f"{shape[0]}×{shape[1]}: {brief(error)}; change --set config or --image-size"
        ) from error


def _check_arguments(make, config):
    """Refuse arguments that the class does not have, which some classes of KerasHub ignore, and those that zoo sets."""
    names = [name for name in inspect.signature(make.__init__).parameters if name not in NOT_SET]
    for name in config:
        if name not in names:
            raise ZooError(f"config: {make.__name__} has no '{name}' to set{choices(name, names)}")


def choices(name, names):
    """Return the advice for a name that is none of these: the nearest one, and all."""
    nearest = get_close_matches(name, names, n=1)
    return f"{f': did you mean {nearest[0]}? A' if nearest else '; a'}vailable: {', '.join(names)}"


def _check_size(name, config, size):
    step = step_of(config)
    if size % step:
        below, above = size // step * step, (size // step + 1) * step
        sizes = f"{below} or {above}" if below else f"{above}"
        raise ZooError(
            f"the backbone {name} takes images whose side is a multiple of {step} pixels, got {size}: "
            f"--image-size {sizes}"
        )
    if "window_size" in config and config.get("embed_dim") and config["window_size"] > size // step:
        raise ZooError(
            f"the backbone {name} takes windows of at most {size // step} patches a side for images of {size} "
            f"pixels, got window_size {config['window_size']}: make it smaller, or the images larger"
        )


def rescaled(inputs, scale, offset):
    """Return pixels 0-255 as the backbone wants them."""
    from keras import layers

    return layers.Rescaling(scale, offset=offset, name="rescaling")(inputs)


def features(model, kind, x):
    """Return the features of a backbone: its last map, its class token, or its tokens as a map."""
    from keras import layers

    from zoo import flatten

    if kind.as_unit:
        x = model(dict.fromkeys(model.input, x) if isinstance(model.input, dict) else x)
    else:
        x = flatten(model, x)
    if isinstance(x, dict):
        x = x[max(x, key=_level)]
    if kind.tokens is None:
        return x
    count = x.shape[1]
    if kind.tokens == "grid":
        side = round(count**0.5)
        return layers.Reshape((side, side, x.shape[2]), name="grid")(x)
    if not getattr(model, "use_class_token", True):
        return layers.GlobalAveragePooling1D(name="mean_token")(x)
    x = layers.Cropping1D((0, count - 1), name="class_token")(x)
    return layers.Flatten(name="class_features")(x)


def _level(name):
    """Return 4 for `stage4` or `P4`, and 0 for `stem`."""
    return int("".join(filter(str.isdigit, name)) or 0)
