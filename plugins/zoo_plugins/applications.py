"""Networks of Keras Applications, flat on the classifier's own inputs, with pre-trained weights if asked."""

import sys
import warnings
from contextlib import contextmanager, redirect_stdout
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from zoo import ZooError
from zoo_plugins.weights import load_weights

# How networks were trained to see pixels; each is `keras.applications.imagenet_utils.preprocess_input` of that mode.
CAFFE_MEANS = (103.939, 116.779, 123.68)  # blue, green, red
TORCH_MEANS = (0.485, 0.456, 0.406)  # red, green, blue, of pixels 0-1
TORCH_DEVIATIONS = (0.229, 0.224, 0.225)


def application(network, scaling):
    """A backbone without hyperparameters of its own: this function of `keras.applications`, and how it scales."""

    def backbone(hp, inputs, *, weights=None):
        return build(network, scaled(inputs, scaling), weights).output

    return backbone


def scaled(inputs, mode):
    """Pixels 0-255 as the network was trained to see them: "tf" -1 to 1, "torch" standardised, "caffe" BGR."""
    import keras
    from keras import layers

    if mode == "tf":
        return layers.Rescaling(1 / 127.5, offset=-1, name="scaling")(inputs)
    if mode == "torch":
        scale = [1 / (255 * deviation) for deviation in TORCH_DEVIATIONS]
        offset = [-mean / deviation for mean, deviation in zip(TORCH_MEANS, TORCH_DEVIATIONS, strict=True)]
        return layers.Rescaling(scale, offset=offset, name="scaling")(inputs)
    if mode == "caffe":
        flipped = keras.ops.flip(inputs, axis=-1)
        return layers.Rescaling(1.0, offset=[-mean for mean in CAFFE_MEANS], name="scaling")(flipped)
    raise ValueError(f"no scaling '{mode}'")


def build(network, inputs, weights, *, include_top=False, **arguments):
    """The network of `keras.applications` on these inputs, a flat model with its weights loaded.

    Args:
        weights: None for random ones, "imagenet", or the path of a weights file.
        include_top: keep the network's own dense layers, the last one, over ImageNet's classes, too.

    Raises:
        ZooError: the weights cannot be had, or do not fit the network.
    """
    import keras

    make = getattr(keras.applications, network)
    from_keras = "imagenet" if weights == "imagenet" else None
    try:
        with _chatter_on_stderr():
            model = make(
                include_top=include_top,
                weights=from_keras,
                input_tensor=inputs,
                input_shape=inputs.shape[1:],  # by which MobileNets choose among the weights that they have
                **arguments,
            )
    except Exception as error:  # Keras raises Exception itself when a download fails
        if from_keras is None:
            raise
        raise ZooError(_cannot_be_had(network, error)) from error
    if weights not in (None, "imagenet"):
        load_weights(model, weights, whose=network)
    return model


@contextmanager
def _chatter_on_stderr():
    """Downloads are shown on standard error, where progress goes."""
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        # MobileNets warn that weights for 224 pixels serve an image size that has none of its own.
        warnings.filterwarnings("ignore", message="`input_shape` is undefined")
        yield


def _cannot_be_had(network, error):
    """Why there are no ImageNet weights, in one line, and what to do."""
    if not str(error).startswith("URL fetch failure on"):
        reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        return (
            f"the ImageNet weights of {network} cannot be loaded: {reason}; try again, or name a weights file "
            "with --weights PATH"
        )
    url = str(error).split()[4].rstrip(":")
    folder = Path(environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"
    return (
        f"the ImageNet weights of {network} cannot be downloaded: get {Path(urlsplit(url).path).name} from {url} "
        f"and put it into {folder}, or name another weights file with --weights PATH"
    )
