"""The layer of `tfhub`: a SavedModel whose variables belong to the layer, so that Keras trains and saves them.

`hub.KerasLayer` is a layer of Keras 2. In Keras 3, a module in a Lambda layer runs, but its variables do not train.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras  # noqa: TID253  only backbones and stored models import this module

from zoo import ZooError
from zoo_plugins.saved_models import (
    check_images,
    digest_of,
    find_function,
    is_url,
    load_module,
    locate,
    probe,
    single_tensor,
    trainable_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import tensorflow as tf


@keras.saving.register_keras_serializable(package="zoo")
class HubModule(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A module of TensorFlow Hub, or any SavedModel, from images to features (batch, d) or (batch, h, w, c).

    Every variable that the module's function uses becomes a Keras variable of this layer with the same memory, so that
    Keras trains, freezes, saves and loads the values that the module reads. The module's variable `conv1/weights` has
    the name `module/conv1/weights` in a layer `module`; repeated names get a number.

    The module runs in training mode only in training, and only if the layer and all its trainable variables train: the
    moving statistics of a module that is frozen, even in part, do not change, and its dropout is inactive.

    Args:
        handle: a URL, fetched by tensorflow_hub into its own cache, or a folder, made absolute.
        digest: SHA-256 of the module's saved_model.pb; None: computed when the layer is built. A stored model has it,
            so that it never runs with another module.

    Raises:
        ZooError: when it is built: the module cannot be loaded, has changed, or is not a function of images.
    """

    def __init__(self, handle: str, digest: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.handle = handle if is_url(handle) else str(Path(handle).expanduser().resolve())
        self.digest = digest
        self.supports_jit = False  # a module may contain operations that XLA cannot compile

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Load the module and make its variables this layer's variables."""
        height, width, channels = (int(size or 0) for size in input_shape[1:])
        folder = self._locate()
        digest = digest_of(folder)
        if self.digest not in (None, digest):
            raise ZooError(
                f"tfhub module {self.handle} has changed since this model was trained: restore the one whose "
                f"saved_model.pb has SHA-256 {self.digest}"
            )
        self.digest = digest
        function = find_function(self.handle, load_module(self.handle, folder))
        check_images(self.handle, function.takes, (height, width, channels))
        self._function = function
        self._features = probe(self.handle, function, (height, width, channels))
        paths = unique_paths(variable.name for variable in function.variables)
        variables = [
            keras_variable(variable, path, trainable=trainable)
            for variable, path, trainable in zip(
                function.variables, paths, trainable_in(function), strict=True
            )
        ]
        self._by_path = dict(zip(paths, variables, strict=True))  # by which zoo names them in a stored model
        self.learned = [variable for variable in variables if variable.trainable]
        for variable in self.learned:
            variable.trainable = bool(self.trainable)  # a stored layer may be frozen

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        """Return the features of images in the module's range."""
        whole = self.trainable and all(variable.trainable for variable in self.learned)
        outputs = self._function.apply(inputs, bool(training) and whole)
        return single_tensor(self.handle, outputs)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return the shape that the module returned when it was built: a SavedModel may not declare it."""
        return (input_shape[0], *self._features)

    def get_config(self) -> dict[str, Any]:
        """Return the handle and the digest; the module itself is not stored."""
        return {**super().get_config(), "handle": self.handle, "digest": self.digest}

    def _locate(self) -> str:
        try:
            return locate(self.handle)
        except ZooError as error:
            if self.digest is None or is_url(self.handle):
                raise
            raise ZooError(
                f"this model needs its tfhub module {self.handle}, which is missing: restore it there"
            ) from error


def unique_paths(names: Iterable[str]) -> list[str]:
    """Return `conv/weights` for `conv/weights:0`, and `conv/weights_1` and so on where it is repeated."""
    paths: list[str] = []
    for name in names:
        path = "/".join(part for part in name.removesuffix(":0").split("/") if part) or "variable"
        number, candidate = 0, path
        while candidate in paths:
            number += 1
            candidate = f"{path}_{number}"
        paths.append(candidate)
    return paths


def keras_variable(variable: tf.Variable, path: str, *, trainable: bool) -> keras.Variable:
    """Return a Keras variable that shares the memory of the module's: Keras uses a tf.Variable passed to it."""
    *scopes, name = path.split("/")
    with ExitStack() as stack:
        for scope in scopes:
            stack.enter_context(keras.name_scope(scope))
        return keras.Variable(variable, name=name, trainable=trainable)
