"""Locates and loads modules of TensorFlow Hub and other SavedModels, and checks that they take images."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tensorflow as tf  # noqa: TID253  only the layer of `tfhub` imports this module

from zoo import ZooError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIGNATURE = "serving_default"
IMAGES_IN_PROBE = 2


@dataclass(frozen=True, eq=False)
class HubFunction:
    """The function of a module that is applied to images.

    Args:
        apply: images and whether to run in training mode -> the module's outputs.
        takes: the tensor of images for each traced form of the function.
        variables: those that the function reads or writes, in the order in which they were saved.
        module: the loaded module; without a reference to it TensorFlow would delete the variables.
    """

    apply: Callable[[Any, bool], Any]
    takes: tuple[tf.TensorSpec, ...]
    variables: tuple[tf.Variable, ...]
    module: Any  # of tf.saved_model.load, which returns an untyped object


def is_url(handle: str) -> bool:
    """Whether the handle is a URL, such as https://… or gs://…, not a folder."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", handle) is not None


def locate(handle: str) -> str:
    """Return the folder of the module's SavedModel; a URL is fetched, or read from tensorflow_hub's cache.

    Raises:
        ZooError: it cannot be fetched, or is not a folder with a SavedModel of TensorFlow 2.
    """
    folder = fetch(handle) if is_url(handle) else handle
    if not tf.io.gfile.isdir(folder):
        raise ZooError(f"tfhub finds no folder {folder}: give the folder of a SavedModel, or a URL")
    if tf.io.gfile.exists(f"{folder}/tfhub_module.pb"):
        raise ZooError(_first_generation(handle))
    if not tf.io.gfile.exists(f"{folder}/saved_model.pb"):
        raise ZooError(
            f"tfhub finds no SavedModel in {folder}: give the folder that contains saved_model.pb, or a URL"
        )
    return folder


def fetch(handle: str) -> str:
    """Fetch the module with tensorflow_hub and return its folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources, which is deprecated
        import tensorflow_hub  # noqa: PLC0415,RUF100  only a URL needs it
    try:
        return str(tensorflow_hub.resolve(handle))
    except Exception as error:  # from the network, the archive or the disk
        raise ZooError(
            f"tfhub cannot fetch {handle}: {_brief(error)}; check the address and the network, or give a folder"
        ) from error


def digest_of(folder: str) -> str:
    """Return the SHA-256 of the SavedModel's graphs; its variables are stored with each model."""
    with tf.io.gfile.GFile(f"{folder}/saved_model.pb", "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def load_module(handle: str, folder: str) -> Any:
    """Load the SavedModel with TensorFlow.

    Raises:
        ZooError: it is damaged, or was saved by TensorFlow 1, whose graphs have no functions to train.
    """
    try:
        with tf.name_scope(""):  # otherwise the variables' names would have the layer's as prefix
            module = tf.saved_model.load(folder)
    except Exception as error:  # a damaged file may raise anything
        raise ZooError(
            f"tfhub module {handle} cannot be loaded by TensorFlow {tf.__version__}: {_brief(error)}; "
            "use another version of it"
        ) from error
    if hasattr(module, "prune"):  # documented by tf.saved_model.load for a SavedModel of TensorFlow 1
        raise ZooError(_first_generation(handle))
    return module


def find_function(handle: str, module: Any) -> HubFunction:
    """Return the module's `__call__`, or else its serving signature.

    Raises:
        ZooError: it has neither, or it cannot be used with one tensor of images.
    """
    if callable(module) and module.__call__.concrete_functions:
        return _call_of(handle, module)
    if SIGNATURE in module.signatures:
        return _signature_of(handle, module)
    raise ZooError(
        f"tfhub module {handle} has no function to call: save it with a traced __call__ or with the signature "
        f"{SIGNATURE}"
    )


def _call_of(handle: str, module: Any) -> HubFunction:
    traced = module.__call__.concrete_functions
    arguments = [_arguments_of(function) for function in traced]
    modes = [values["training"] for values in arguments if "training" in values]
    if modes and all(mode is True for mode in modes):
        raise ZooError(
            f"tfhub module {handle} was saved for training only: save it with training=False as well"
        )
    has_training_mode = any(mode not in (False, None) for mode in modes)

    def apply(images: Any, training: bool) -> Any:
        if not modes:
            return module(images)
        return module(images, training=training if has_training_mode else modes[0])

    return _hub_function(module, apply, traced, [next(iter(values.values()), None) for values in arguments])


def _signature_of(handle: str, module: Any) -> HubFunction:
    signature = module.signatures[SIGNATURE]
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        raise ZooError(
            f"tfhub module {handle} takes {len(inputs)} inputs ({', '.join(sorted(inputs))}), not one tensor of "
            "images: choose another module"
        )
    ((name, spec),) = inputs.items()
    return _hub_function(module, lambda images, training: signature(**{name: images}), [signature], [spec])  # noqa: ARG005


def _arguments_of(function: Any) -> dict[str, Any]:
    """Return argument -> the TensorSpec, or the Python value, for which the function was traced."""
    positional, named = function.structured_input_signature
    return {**dict(zip(function.function_type.parameters, positional, strict=False)), **named}


def _hub_function(
    module: Any, apply: Callable[[Any, bool], Any], traced: Sequence[Any], takes: Sequence[Any]
) -> HubFunction:
    images = tuple(spec for spec in takes if isinstance(spec, tf.TensorSpec))
    variables = {id(variable): variable for function in traced for variable in function.variables}
    is_number = bool(images) and (images[0].dtype.is_floating or images[0].dtype.is_integer)
    dtype = images[0].dtype if is_number else tf.float32
    return HubFunction(
        apply=lambda pixels, training: apply(tf.cast(pixels, dtype), training),
        takes=images,
        variables=tuple(variables.values()),
        module=module,
    )


# Images in, features out -----------------------------------------------------------------------------------


def check_images(handle: str, takes: Sequence[tf.TensorSpec], image: tuple[int, int, int]) -> None:
    """Refuse images (height, width, channels) that the module was not saved for.

    Raises:
        ZooError: none of the tensors in `takes` can be a batch of such images.
    """
    of_images = [spec.shape for spec in takes if spec.shape.rank in (None, 4)]
    if not of_images:
        taken = "; ".join(f"{spec.dtype.name} {spec.shape}" for spec in takes[:1]) or "other things"
        raise ZooError(f"tfhub module {handle} does not take images but {taken}: choose another module")
    if any(shape.is_compatible_with((None, *image)) for shape in of_images):
        _refuse_fixed_batch(handle, [s for s in of_images if s.is_compatible_with((None, *image))])
        return
    _, height, width, channels = of_images[0]
    if channels not in (None, image[2]):
        raise ZooError(
            f"tfhub module {handle} takes {channels}-channel images, not {image[2]}-channel ones: choose another module"
        )
    if height is not None and width is not None and height != width:
        raise ZooError(
            f"tfhub module {handle} takes images of {height}×{width}, but zoo's are square: choose another module"
        )
    side = height or width
    raise ZooError(
        f"tfhub module {handle} takes images of {side}×{side}, not {image[0]}×{image[1]}: "
        f"give --image-size {side}"
    )


def _refuse_fixed_batch(handle: str, shapes: Sequence[tf.TensorShape]) -> None:
    batches = [shape[0] if shape.rank else None for shape in shapes]
    if None not in batches:
        raise ZooError(
            f"tfhub module {handle} takes batches of {batches[0]} only, but zoo needs any size: choose another module"
        )


def probe(handle: str, function: HubFunction, image: tuple[int, int, int]) -> tuple[int, ...]:
    """Apply the module to black images (height, width, channels); return the shape of one image's features.

    Raises:
        ZooError: it fails, or does not return features (batch, d) or (batch, h, w, c).
    """
    try:
        outputs = function.apply(tf.zeros((IMAGES_IN_PROBE, *image)), False)
    except Exception as error:  # a third-party graph may raise anything
        size = "×".join(map(str, image))
        raise ZooError(
            f"tfhub module {handle} cannot be applied to images of {size}: {_brief(error)}; "
            "try another --image-size or module"
        ) from error
    features = single_tensor(handle, outputs)
    if (
        len(features.shape) not in (2, 4)
        or features.shape[0] != IMAGES_IN_PROBE
        or not features.dtype.is_floating
    ):
        raise ZooError(
            f"tfhub module {handle} returns {features.dtype.name} {tuple(features.shape)} "
            f"for {IMAGES_IN_PROBE} images, not features (batch, d) or (batch, h, w, c): choose another module"
        )
    return tuple(int(size) for size in features.shape[1:])


def single_tensor(handle: str, outputs: Any) -> Any:
    """Return the single tensor of the module's outputs, which may be in a dict or a list.

    Raises:
        ZooError: there are several tensors, or none.
    """
    if not isinstance(outputs, Mapping | list | tuple):
        return outputs
    if len(outputs) == 1:
        return single_tensor(
            handle, next(iter(outputs.values() if isinstance(outputs, Mapping) else outputs))
        )
    names = f" ({', '.join(sorted(outputs))})" if isinstance(outputs, Mapping) else ""
    raise ZooError(
        f"tfhub module {handle} returns {len(outputs)} outputs{names}, not one tensor: choose another module"
    )


def trainable_in(function: HubFunction) -> list[bool]:
    """Return for each variable whether it trains: from the module's list, or else from the variable itself."""
    listed = getattr(function.module, "trainable_variables", None)
    if listed is None:
        return [bool(variable.trainable) for variable in function.variables]
    chosen = {id(variable) for variable in listed}
    return [id(variable) in chosen for variable in function.variables]


def _first_generation(handle: str) -> str:
    return (
        f"tfhub module {handle} is in the format of TensorFlow 1, which cannot be trained here: "
        "use its TensorFlow 2 version"
    )


def _brief(error: Exception) -> str:
    """Return the error in one line of at most 200 characters."""
    words = " ".join(str(error).split()).strip("<>") or type(error).__name__
    return words if len(words) <= 200 else f"{words[:199]}…"
