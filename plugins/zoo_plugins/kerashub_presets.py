"""KerasHub's presets: downloading, loading, and the scaling of pixels that their weights were trained with."""

import json
import logging
import sys
from contextlib import contextmanager, redirect_stdout, suppress
from difflib import get_close_matches
from pathlib import Path

from zoo import ZooError
from zoo_plugins.kerashub_backbones import UNIT, brief, import_keras_hub
from zoo_plugins.kerashub_kinds import KINDS

CONFIG, CONVERTER = "config.json", "image_converter.json"

# What KerasHub itself reads from the preset of a classifier and zoo does not. It is downloaded too, so that a program
# that needs it does not change the folder, whose digest zoo has recorded.
FURTHER_FILES = ("metadata.json", "preprocessor.json", "task.json", "task.weights.h5")

PAGES = {"kaggle": "https://www.kaggle.com/models/", "hf": "https://huggingface.co/"}
# Errors of requests, httpx and huggingface_hub; the last one is also a missing file for KerasHub.
OFFLINE = {"ConnectionError", "Timeout", "TransportError", "LocalEntryNotFoundError"}
FORMS = "kaggle://OWNER/MODEL/keras/VARIATION, hf://OWNER/MODEL, or the folder of a preset"


def fetch_preset(name):
    """Download a preset with KerasHub, unless it is in the cache of its hub, and return its folder.

    Raises:
        ZooError: there is no such preset, it has no image backbone, or it cannot be downloaded.
    """
    hub = import_keras_hub()
    from keras_hub.src.utils.preset_utils import get_file  # KerasHub has no public name for a preset's files

    try:
        with _quiet():
            folder = Path(get_file(name, CONFIG)).parent
            _kind_of(name)
            hub.models.Backbone.from_preset(name)
            _converter_of(name)
            for file in FURTHER_FILES:
                with suppress(Exception):  # the preset has no such file, or it is cached without it
                    get_file(name, file)
    except ZooError:
        raise
    except Exception as error:  # from the network, the hub or the files
        raise ZooError(_not_fetched(name, error)) from error
    return folder


def load_preset(folder, shape):
    """Return the name and the model of a preset's backbone, with its weights.

    The model takes images of this shape (height, width, 3), or any, or only its own if that is part of its weights.

    Raises:
        ZooError: the folder is no preset of an image backbone, or it is damaged.
    """
    hub = import_keras_hub()
    if not is_preset(folder):
        raise ZooError(
            f"the folder {folder} is no preset of KerasHub: it has no {CONFIG}; give a folder that save_to_preset "
            "wrote, or the name of a preset"
        )
    try:
        with _quiet():
            name = _kind_of(folder)
            kind = KINDS[name]
            shaped = {kind.shape_argument: tuple(shape)} if kind.interpolates else {}
            # The name of a backbone is a prefix of its layers' names in some classes.
            unit = UNIT if kind.as_unit else None
            model = hub.models.Backbone.from_preset(folder, name=unit, **shaped)
            return name, _for_shape(model, kind, shape)
    except ZooError:
        raise
    except Exception as error:  # a damaged file may raise anything
        raise ZooError(
            f"the preset {folder} cannot be loaded: {brief(error)}; write it again with save_to_preset"
        ) from error


def is_preset(folder):
    """Whether the folder may be one that save_to_preset wrote."""
    return (Path(folder) / CONFIG).is_file()


def scaling_of(folder):
    """Return the scale and offset for pixels 0-255 of the preset's image converter: each a number, or one a channel.

    Raises:
        ZooError: the preset has no image converter.
    """
    converter = _converter_of(folder)
    if converter is None:
        raise ZooError(
            f"the preset {folder} has no {CONVERTER}, so the range of its inputs is not known: give it with "
            "--set input_range=-1,1, or 0,1, or 0,255"
        )
    return (1.0 if converter.scale is None else converter.scale), (
        0.0 if converter.offset is None else converter.offset
    )


def interpolation_of(folder):
    """Return how the preset's image converter resizes."""
    converter = _converter_of(folder)
    return "bilinear" if converter is None else converter.interpolation


def shape_of(model):
    """Return the shape of the images that a model takes, (height, width, 3), where None is any."""
    import keras

    return tuple(keras.tree.flatten(model.input)[0].shape[1:])


def _kind_of(preset):
    """Return the name of a preset's backbone, known before its weights are loaded."""
    from keras_hub.src.utils.preset_utils import get_preset_loader  # no public name returns the class

    class_name = get_preset_loader(preset).check_backbone_class().__name__
    names = [name for name, kind in KINDS.items() if kind.class_name == class_name]
    if not names:
        raise ZooError(
            f"the preset {preset} is a {class_name}, which is no backbone for classifying images: give a preset "
            f"of {', '.join(KINDS)}"
        )
    return names[0]


def _for_shape(model, kind, shape):
    """Return the model built for images of this shape, if its weights do not depend on the shape."""
    if not kind.as_unit or shape_of(model) == tuple(shape):
        return model
    try:
        resized = type(model).from_config({**model.get_config(), kind.shape_argument: tuple(shape)})
    except ValueError:  # the patches do not fit
        return model
    if [weight.shape for weight in resized.weights] != [weight.shape for weight in model.weights]:
        return model
    resized.set_weights(model.get_weights())
    return resized


def _converter_of(preset):
    """Return the preset's image converter; None if it has none."""
    import keras
    import keras_hub

    file = Path(preset) / CONVERTER
    try:
        if file.is_file():  # KerasHub would refuse it if the backbone has no class of converters, as ViTDet
            return keras.saving.deserialize_keras_object(json.loads(file.read_text(encoding="utf-8")))
        return keras_hub.layers.ImageConverter.from_preset(str(preset))
    except FileNotFoundError:
        return None
    except Exception as error:  # a damaged file may raise anything
        if "Unable to find a subclass" in str(error):
            return None
        raise ZooError(
            f"the {CONVERTER} of the preset {preset} cannot be read: {brief(error)}; restore it, or delete it and "
            "give the range of the inputs with --set input_range=-1,1, or 0,1, or 0,255"
        ) from error


@contextmanager
def _quiet():
    """Show downloads on standard error, as other progress, and leave failures to the one line that reports them."""
    with suppress(ImportError):
        import huggingface_hub.file_download  # noqa: F401  its import resets the level
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        logger.setLevel(level)


def _not_fetched(name, error):
    """Return in one line why a preset is missing, and what to do."""
    import keras_hub

    scheme = name.partition("://")[0] if "://" in name else ""
    builtin = keras_hub.models.Backbone.presets
    if not scheme and name not in builtin:
        nearest = get_close_matches(name, builtin, n=3, cutoff=0.5)
        among = f"nearest: {', '.join(nearest)}; " if nearest else ""
        return f"KerasHub has no preset '{name}'; {among}or give {FORMS}"
    kinds = {
        kind.__name__ for cause in (error, error.__cause__, error.__context__) for kind in type(cause).__mro__
    }
    reason = "there is no connection to its hub" if kinds & OFFLINE else brief(error)
    return (
        f"the preset {name} cannot be downloaded: {reason}; get all files of {_page_of(name, builtin)} on another "
        "computer, put them into a folder, and give that with --weights FOLDER"
    )


def _page_of(name, builtin):
    """Return the page of a preset on its hub."""
    address = builtin[name]["kaggle_handle"] if name in builtin else name
    scheme, _, path = address.partition("://")
    return f"{PAGES.get(scheme, address)}{path}"
