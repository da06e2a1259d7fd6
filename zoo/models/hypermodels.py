"""Architectures made from hypermodels of Keras Tuner. It imports Keras only when a network is built."""

from __future__ import annotations

import functools
import inspect
import math
import sys
from numbers import Real
from typing import TYPE_CHECKING, Any

from zoo.errors import ContractError
from zoo.interfaces import Architecture
from zoo.interfaces.requirements import is_names, require

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras_tuner
    from keras import KerasTensor, Model

    Build = Callable[[keras_tuner.HyperParameters], Model]
    Maker = Callable[[], keras_tuner.HyperModel]


def from_hypermodel(
    hypermodel: keras_tuner.HyperModel | Build | Maker,
    *,
    name: str,
    summary: str,
    reference: str,
    features: str | None = None,
    scaling: float = 1.0,
    ignore: tuple[str, ...] = (),
    **fields: Any,
) -> Architecture:
    """Return the architecture of a hypermodel: its network without its head, its optimizer and its loss.

    Its hyperparameters are named `net/…`, so none of them can clash with zoo's own. Those that it reads only after it
    has called the first layer of its head, for further layers or `compile`, are not searched. The network is built for
    the shape of the images where the hypermodel has an attribute `input_shape` or `input_tensor`, and laid flat
    (`zoo.flatten`). Random augmentation before the first layer that trains is left out: zoo augments the images itself.

    Where the head begins is found from the end on: it is all layers with a single input from the last feature maps
    (batch, h, w, c) on; after tokens (batch, n, d) or merged vectors all later ones; in a network without feature maps
    the last Dense layer.

    Args:
        hypermodel: a `keras_tuner.HyperModel`; or a function `build(hp)` that returns a Keras model; or a function
            without parameters that imports and returns a HyperModel, so that the plugin need not import Keras Tuner.
        name, summary, reference: see `Architecture`.
        features: the name of the last layer to keep, if the head is not found.
        scaling: the pixels 0-255 are multiplied by it before the first layer; 1/255 for a hypermodel of pixels 0-1.
        ignore: patterns of the names, without `net/`, of hyperparameters that keep their defaults.
        fields: further fields of `Architecture`, such as min_size, channels, freeze_points, presets and custom_layers.
            `weights=("imagenet",)` is possible for HyperEfficientNet alone.

    Raises:
        ContractError: an argument has the wrong type, or see `Architecture`.
    """
    subject = f"architecture '{name}'"
    require(
        features is None or (isinstance(features, str) and bool(features)),
        f"{subject}: features must be the name of a layer, got {features!r}",
    )
    require(
        isinstance(scaling, Real) and math.isfinite(scaling) and scaling != 0,
        f"{subject}: scaling must be a number other than 0, got {scaling!r}",
    )
    require(
        is_names(ignore),
        f"{subject}: ignore must be a tuple of patterns, such as ('dense_*',), got {ignore!r}",
    )
    make = _maker(subject, hypermodel)

    def backbone(
        hp: keras_tuner.HyperParameters, inputs: KerasTensor, *, weights: str | None = None
    ) -> KerasTensor:
        from zoo.models.hypermodel_backbones import HypermodelBackbone

        return HypermodelBackbone(subject, make(), features, scaling, ignore).build(hp, inputs, weights)

    # So that the plugin and the hypermodel are found: their source files are part of the architecture's digest. The
    # hypermodel may be Keras Tuner's own, and the plugin only its arguments.
    source = hypermodel if callable(hypermodel) else type(hypermodel)
    functools.update_wrapper(backbone, source, assigned=("__doc__",), updated=())
    caller = sys._getframe(1)
    backbone.__module__ = caller.f_globals["__name__"]
    vars(backbone)["defined_at"] = (caller.f_code.co_filename, caller.f_lineno)
    return Architecture(name=name, backbone=backbone, summary=summary, reference=reference, **fields)


def _maker(subject: str, hypermodel: Any) -> Callable[[], Any]:  # whatever a plugin gives
    """Return the function that returns the hypermodel, or the function `build(hp)`, the same in each call."""
    if not inspect.isclass(hypermodel) and callable(getattr(hypermodel, "build", None)):
        return lambda: hypermodel
    if inspect.isclass(hypermodel) or not callable(hypermodel):
        raise ContractError(
            f"{subject}: hypermodel must be a keras_tuner.HyperModel, a function build(hp) that returns a Keras model, "
            f"or a function without parameters that returns a HyperModel, got {hypermodel!r}"
        )
    if inspect.signature(hypermodel).parameters:
        return lambda: hypermodel
    return functools.cache(hypermodel)
