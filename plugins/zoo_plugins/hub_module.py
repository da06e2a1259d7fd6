"""The layer of `tfhub`: a SavedModel whose variables are the layer's own, so that Keras trains and keeps them.

`hub.KerasLayer` is a layer of Keras 2. In Keras 3 a function around a module runs, but no variable of it trains.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras  # noqa: TID253  only backbones and stored models import this module
import tensorflow as tf  # noqa: TID253

from zoo import ZooError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SIGNATURE = "serving_default"
IMAGES_IN_PROBE = 2


@dataclass(frozen=True, eq=False)
class HubFunction:
    """The function of a module that is applied to images.

    Args:
        apply: images and whether to run in training mode -> whatever the module gives.
        takes: for each form in which the function was saved, the tensor of images that it takes.
        variables: those that the function reads or writes, in the order in which it was saved with them.
        module: the whole, without which TensorFlow would drop the variables.
    """

    apply: Callable[[Any, bool], Any]
    takes: tuple[tf.TensorSpec, ...]
    variables: tuple[tf.Variable, ...]
    module: Any  # what tf.saved_model.load makes up


@keras.saving.register_keras_serializable(package="zoo")
class HubModule(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A module of TensorFlow Hub, or any SavedModel, from images to features (batch, d) or (batch, h, w, c).

    Every variable that the module's function uses is a Keras variable of this layer, which shares its memory, so
    that what Keras trains, freezes, saves and loads is what the module reads. A variable that the module calls
    `conv1/weights` has the path `module/conv1/weights` in a layer `module`; a name that comes again gets a number.

    The module runs in training mode only in training, and only while the layer and every one of its variables that
    can train do train: the moving statistics of a module that is frozen, even in part, stay as they are. Dropout
    inside it rests then, too.

    Args:
        handle: a URL, fetched by tensorflow_hub into its own cache, or a folder, made absolute.
        digest: SHA-256 of the module's saved_model.pb; None: taken when the layer is built. A stored model has it,
            so that it never runs with another module.

    Raises:
        ZooError: when it is built: the module cannot be had, has changed, or is no function of images.
    """

    def __init__(self, handle: str, digest: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.handle = handle if is_url(handle) else str(Path(handle).expanduser().resolve())
        self.digest = digest
        self.supports_jit = False  # a module may hold operations that XLA cannot compile

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Load the module and make its variables this layer's."""
        height, width, channels = (int(size or 0) for size in input_shape[1:])
        folder = self._locate()
        digest = digest_of(folder)
        if self.digest not in (None, digest):
            raise ZooError(
                f"tfhub module {self.handle} has changed since this model was trained: put back the one whose "
                f"saved_model.pb has SHA-256 {self.digest}"
            )
        self.digest = digest
        function = find_function(self.handle, load_module(self.handle, folder))
        check_images(self.handle, function.takes, (height, width, channels))
        self._function = function
        self._features = probe(self.handle, function, (height, width, channels))
        paths = unique_paths(variable.name for variable in function.variables)
        learns = trainable_in(function)
        made = [
            own(variable, path, trainable=one_learns)
            for variable, path, one_learns in zip(function.variables, paths, learns, strict=True)
        ]
        self.learned = [variable for variable in made if variable.trainable]
        self.statistics = [variable for variable in made if not variable.trainable]
        for variable in self.learned:
            variable.trainable = bool(self.trainable)  # a stored layer may come frozen

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        """Images in the module's range -> features."""
        whole = self.trainable and all(variable.trainable for variable in self.learned)
        outputs = self._function.apply(inputs, bool(training) and whole)
        return single_tensor(self.handle, outputs)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """As the module was seen to give: a SavedModel may have forgotten sizes that the head must know."""
        return (input_shape[0], *self._features)

    def get_config(self) -> dict[str, Any]:
        """The handle and the digest: the module itself stays where it is."""
        return {**super().get_config(), "handle": self.handle, "digest": self.digest}

    def _locate(self) -> str:
        try:
            return locate(self.handle)
        except ZooError as error:
            if self.digest is None or is_url(self.handle):
                raise
            raise ZooError(
                f"this model needs its tfhub module {self.handle}, which is gone: put it back there"
            ) from error


# Finding and loading ---------------------------------------------------------------------------------------


def is_url(handle: str) -> bool:
    """Whether the handle is an address, such as https://… or gs://…, and no folder."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", handle) is not None


def locate(handle: str) -> str:
    """The folder of the module's SavedModel; a URL is fetched, or taken from tensorflow_hub's cache.

    Raises:
        ZooError: it cannot be fetched, or is no folder with a SavedModel of TensorFlow 2.
    """
    folder = fetch(handle) if is_url(handle) else handle
    if not tf.io.gfile.isdir(folder):
        raise ZooError(f"tfhub finds no folder {folder}: give the folder of a SavedModel, or a URL")
    if tf.io.gfile.exists(f"{folder}/tfhub_module.pb"):
        raise ZooError(_first_generation(handle))
    if not tf.io.gfile.exists(f"{folder}/saved_model.pb"):
        raise ZooError(
            f"tfhub finds no SavedModel in {folder}: give the folder that holds saved_model.pb, or a URL"
        )
    return folder


def fetch(handle: str) -> str:
    """Where tensorflow_hub has put the module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources, which warns of its own end
        import tensorflow_hub  # noqa: PLC0415,RUF100  only a URL needs it
    try:
        return str(tensorflow_hub.resolve(handle))
    except Exception as error:  # whatever can go wrong with a network, an archive and a disk
        raise ZooError(
            f"tfhub cannot fetch {handle}: {_brief(error)}; check the address and the network, or give a folder"
        ) from error


def digest_of(folder: str) -> str:
    """SHA-256 of the SavedModel's graphs; its variables are stored with each model."""
    with tf.io.gfile.GFile(f"{folder}/saved_model.pb", "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def load_module(handle: str, folder: str) -> Any:
    """The SavedModel as TensorFlow loads it, with variables of its own.

    Raises:
        ZooError: it is damaged, or was saved by TensorFlow 1, whose graphs have no functions to train.
    """
    try:
        with tf.name_scope(""):  # or else the variables' names would begin with that of the layer
            module = tf.saved_model.load(folder)
    except Exception as error:  # a damaged file may raise anything
        raise ZooError(
            f"tfhub module {handle} cannot be loaded by TensorFlow {tf.__version__}: {_brief(error)}; "
            "take another version of it"
        ) from error
    if hasattr(module, "prune"):  # what tf.saved_model.load documents for a SavedModel of TensorFlow 1
        raise ZooError(_first_generation(handle))
    return module


def find_function(handle: str, module: Any) -> HubFunction:
    """The module itself where it can be called, or else its serving signature.

    Raises:
        ZooError: there is neither, or it cannot be used with one tensor of images.
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
    modes = [given["training"] for given in arguments if "training" in given]
    if modes and all(mode is True for mode in modes):
        raise ZooError(f"tfhub module {handle} was saved for training only: save it with training=False, too")
    has_training_mode = any(mode not in (False, None) for mode in modes)

    def apply(images: Any, training: bool) -> Any:
        if not modes:
            return module(images)
        return module(images, training=training if has_training_mode else modes[0])

    return _hub_function(module, apply, traced, [next(iter(given.values()), None) for given in arguments])


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
    """Argument -> its tensor's description, or the Python value for which the function was traced."""
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
        raise ZooError(f"tfhub module {handle} takes no images but {taken}: choose another module")
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
            f"tfhub module {handle} takes images of {height}×{width}, zoo gives square ones: choose another module"
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
            f"tfhub module {handle} takes batches of {batches[0]} only, zoo gives any number: choose another module"
        )


def probe(handle: str, function: HubFunction, image: tuple[int, int, int]) -> tuple[int, ...]:
    """Apply the module to black images (height, width, channels); gives the shape of one image's features.

    Raises:
        ZooError: it fails, or gives something else than features (batch, d) or (batch, h, w, c).
    """
    try:
        outputs = function.apply(tf.zeros((IMAGES_IN_PROBE, *image)), False)
    except Exception as error:  # a stranger's graph may raise anything
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
            f"tfhub module {handle} gives {features.dtype.name} {tuple(features.shape)} for {IMAGES_IN_PROBE} images, "
            "not features (batch, d) or (batch, h, w, c): choose another module"
        )
    return tuple(int(size) for size in features.shape[1:])


def single_tensor(handle: str, outputs: Any) -> Any:
    """The one tensor that the module gives, bare or alone in a dict or a list.

    Raises:
        ZooError: there are several, or none.
    """
    if not isinstance(outputs, Mapping | list | tuple):
        return outputs
    if len(outputs) == 1:
        return single_tensor(
            handle, next(iter(outputs.values() if isinstance(outputs, Mapping) else outputs))
        )
    names = f" ({', '.join(sorted(outputs))})" if isinstance(outputs, Mapping) else ""
    raise ZooError(
        f"tfhub module {handle} gives {len(outputs)} outputs{names}, not one tensor: choose another module"
    )


# Variables -------------------------------------------------------------------------------------------------


def trainable_in(function: HubFunction) -> list[bool]:
    """For each variable, whether it trains: as the module lists, or else as the variable itself says."""
    listed = getattr(function.module, "trainable_variables", None)
    if listed is None:
        return [bool(variable.trainable) for variable in function.variables]
    chosen = {id(variable) for variable in listed}
    return [id(variable) in chosen for variable in function.variables]


def unique_paths(names: Iterable[str]) -> list[str]:
    """`conv/weights:0` -> `conv/weights`; a path that comes again becomes `conv/weights_1` and so on."""
    paths: list[str] = []
    for name in names:
        path = "/".join(part for part in name.removesuffix(":0").split("/") if part) or "variable"
        number, candidate = 0, path
        while candidate in paths:
            number += 1
            candidate = f"{path}_{number}"
        paths.append(candidate)
    return paths


def own(variable: tf.Variable, path: str, *, trainable: bool) -> keras.Variable:
    """A Keras variable that shares the memory of the module's: Keras keeps a tf.Variable that it is given."""
    *scopes, name = path.split("/")
    with ExitStack() as stack:
        for scope in scopes:
            stack.enter_context(keras.name_scope(scope))
        return keras.Variable(variable, name=name, trainable=trainable)


# Words -----------------------------------------------------------------------------------------------------


def _first_generation(handle: str) -> str:
    return (
        f"tfhub module {handle} is in the format of TensorFlow 1, which cannot be trained here: "
        "take its TensorFlow 2 version"
    )


def _brief(error: Exception) -> str:
    """The error in one line of at most 200 characters."""
    words = " ".join(str(error).split()).strip("<>") or type(error).__name__
    return words if len(words) <= 200 else f"{words[:199]}…"
