"""Networks of Keras Applications as backbones, with or without pre-trained weights."""

import sys
import warnings
from contextlib import contextmanager, redirect_stdout
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from zoo import ZooError, load_weights

# How pixels were scaled in training; each is `keras.applications.imagenet_utils.preprocess_input` of that mode.
CAFFE_MEANS = (103.939, 116.779, 123.68)  # blue, green, red
TORCH_MEANS = (0.485, 0.456, 0.406)  # red, green, blue, of pixels 0-1
TORCH_DEVIATIONS = (0.229, 0.224, 0.225)


def application(network, scaling):
    """Return a backbone without hyperparameters: a function of `keras.applications` with this scaling of pixels."""

    def backbone(hp, inputs, *, weights=None):
        return build(network, scaled(inputs, scaling), weights).output

    return backbone


def scaled(inputs, mode):
    """Return pixels 0-255 scaled as in training: "tf" to -1 to 1, "torch" standardised, "caffe" BGR minus the means."""
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
    """Return the network of `keras.applications` on these inputs, a flat model with its weights loaded.

    Args:
        weights: None for random ones, "imagenet", or the path of a weights file.
        include_top: keep the network's own dense layers, including the last one, over ImageNet's classes.

    Raises:
        ZooError: the weights cannot be downloaded or read, or do not fit the network.
    """
    import keras

    make = getattr(keras.applications, network)
    from_keras = "imagenet" if weights == "imagenet" else None
    try:
        with _downloads_on_stderr():
            model = make(
                include_top=include_top,
                weights=from_keras,
                input_tensor=inputs,
                input_shape=inputs.shape[1:],  # by which MobileNets choose their weights
                **arguments,
            )
    except Exception as error:  # Keras raises Exception itself when a download fails
        if from_keras is None:
            raise
        raise ZooError(_download_failure(network, error)) from error
    if weights not in (None, "imagenet"):
        load_weights(model, weights)
    return model


@contextmanager
def _downloads_on_stderr():
    """Show downloads on standard error, as other progress."""
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        # MobileNets warn where they use the weights for 224 pixels at another image size.
        warnings.filterwarnings("ignore", message="`input_shape` is undefined")
        yield


def _download_failure(network, error):
    """Return in one line why the ImageNet weights are missing, and what to do."""
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
