"""Builds the network of a hypermodel of Keras Tuner on the inputs of a backbone, and cuts off its head."""

from __future__ import annotations

import math
import re
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
from keras_tuner import HyperModel
from keras_tuner.applications import HyperEfficientNet, HyperResNet, HyperXception

from zoo.errors import ContractError, ZooError
from zoo.models.exploration import ExploringHyperparameters, withdraw
from zoo.models.flattening import is_open, lay_flat
from zoo.models.graph import tensors_before
from zoo.models.head_cutting import features_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from keras_tuner import HyperParameters

    from zoo.models.flattening import LaidFlat

    Tensor = Any  # a keras.KerasTensor, which is untyped

SCOPE = "net"
DEFAULT_VERSION = "B0"  # of HyperEfficientNet

_READING = ("Boolean", "Choice", "Fixed", "Float", "Int", "get")
_MIXING = ("AugMix", "CutMix", "MixUp", "RandAugment")  # augmentation whose class is not named Random…


@dataclass(frozen=True)
class HypermodelBackbone:
    """The backbone of a hypermodel.

    Args:
        whose: the subject of errors.
        hypermodel: a `keras_tuner.HyperModel` or a function `build(hp)`.
        features, scaling, ignore: see `zoo.from_hypermodel`.
    """

    whose: str
    hypermodel: Any
    features: str | None
    scaling: float
    ignore: tuple[str, ...]

    def build(self, hp: HyperParameters, inputs: Tensor, weights: str | None) -> Tensor:
        """Return the features; see `zoo.interfaces.Backbone`.

        Raises:
            ContractError: the hypermodel returns no model of one output, or see `zoo.models.flatten.flatten` and
                `zoo.models.head_cutting.features_of`.
        """
        earlier = {declaration.name for declaration in hp.space}
        reading = _Reading(hp)
        model = self._model(reading, inputs, weights)
        finished = _tensor_number()
        body, cut = self._without_head(model, tuple(inputs.shape[1:]))
        withdraw(hp, self._ignored(reading) | _read_later(reading.first, cut, finished), earlier)
        if self.scaling != 1:
            inputs = keras.layers.Rescaling(self.scaling, name="scaling")(inputs)
        try:
            return lay_flat(body, inputs, leave_out=_StartingAugmentation()).outputs
        except ContractError as error:
            raise ContractError(
                self._takes_other_images(body.inputs[0].shape[1:], inputs.shape[1:])
                or f"{self.whose}: {error}"
            ) from error

    def _takes_other_images(self, own: tuple[int | None, ...], shape: tuple[int, ...]) -> str | None:
        """Return the refusal of a network for images of its own shape alone; None where its shape is not the cause."""
        fixed = [size not in (None, other) for size, other in zip(own, shape, strict=False)]
        if len(own) != len(shape) or not any(fixed):
            return None
        square = fixed[0] and own[0] == own[1]
        sizes = f"sizes=zoo.Sizes.only({own[0]})" if square else "sizes="
        fields = f"channels={own[-1]}" if fixed[-1] else sizes
        more = f", and {sizes} unless it takes other sizes too" if fixed[-1] and any(fixed[:-1]) else ""
        return (
            f"{self.whose}: its network is built for images of {_words(own)} and cannot take {_words(shape)}: pass "
            f"{fields} to from_hypermodel{more}"
        )

    def _without_head(self, model: keras.Model, shape: tuple[int, ...]) -> tuple[keras.Model, float]:
        """Return the flat model up to the features, and when the hypermodel had decided on it: see `_moment_of`.

        It takes images of the shape for which the hypermodel built it: its head may take no others.

        Args:
            shape: of the images if the hypermodel built it for none.
        """
        built_for = getattr(model, "inputs", None)
        if built_for and len(built_for) != 1:
            raise ContractError(
                f"{self.whose}: its network takes {len(built_for)} inputs, and zoo has images alone: return a model of "
                "one input"
            )
        pixels = (
            keras.Input(built_for[0].shape[1:], dtype=built_for[0].dtype) if built_for else keras.Input(shape)
        )
        flat = lay_flat(model, pixels)
        outputs = keras.tree.flatten(flat.outputs)
        if len(outputs) != 1:
            raise ContractError(
                f"{self.whose}: its network returns {len(outputs)} tensors, and zoo trains one output: return a model "
                "of a single one"
            )
        features = features_of(outputs[0], self.whose, self.features)
        return keras.Model(pixels, features, name=model.name), _moment_of(flat, features)

    def _ignored(self, reading: _Reading) -> set[str]:
        names = {name: name.removeprefix(f"{SCOPE}/") for name in reading.first}
        patterns = self.ignore
        if isinstance(self.hypermodel, (HyperEfficientNet, HyperResNet, HyperXception)):
            patterns += ("pooling",)  # which they read just before their heads
        return {name for name, own in names.items() if any(fnmatchcase(own, pattern) for pattern in patterns)}

    def _model(self, hp: _Reading, inputs: Tensor, weights: str | None) -> keras.Model:
        build = getattr(self.hypermodel, "build", self.hypermodel)
        if weights is not None and not isinstance(self.hypermodel, HyperEfficientNet):
            raise ContractError(
                f"{self.whose}: only HyperEfficientNet can load weights: leave weights= out of from_hypermodel"
            )
        with ExitStack() as settings:
            settings.enter_context(hp.name_scope(SCOPE))
            if isinstance(self.hypermodel, HyperModel):
                settings.enter_context(_for_shape(self.hypermodel, tuple(inputs.shape[1:])))
            if isinstance(self.hypermodel, HyperEfficientNet):
                exploring = hp.exploring and type(self.hypermodel) is HyperEfficientNet
                settings.enter_context(_with_networks(weights, only_default=exploring))
            try:
                model = build(hp)
            except Exception as error:
                # Keras raises Exception itself for downloads.
                if not str(error).startswith("URL fetch failure"):
                    raise
                raise ZooError(
                    f"{self.whose}: its hypermodel downloads weights when it is built, which failed: "
                    f"{str(error).strip().partition(chr(10))[0]}; put the file into the folder models of ~/.keras"
                ) from error
        if not is_open(model):
            raise ContractError(
                f"{self.whose}: its hypermodel must build a functional or Sequential keras.Model, whose layers zoo can "
                f"see, got {model!r}"
            )
        return model


class _Reading:
    """Hyperparameters that note when the value of each was first read, as a number of a tensor."""

    def __init__(self, hp: HyperParameters) -> None:
        self._hp = hp
        self.first: dict[str, float] = {}
        self.exploring = isinstance(hp, ExploringHyperparameters)

    def __getattr__(self, name: str) -> Any:  # whatever keras_tuner.HyperParameters has
        attribute = getattr(self._hp, name)
        return partial(self._read, attribute) if name in _READING else attribute

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self._hp

    def _read(self, method: Callable[..., Any], name: str, *arguments: Any, **keywords: Any) -> Any:
        # Keras Tuner has no public name for a name with its scopes.
        self.first.setdefault(self._hp._get_name(name), _tensor_number())
        return method(name, *arguments, **keywords)


class _StartingAugmentation:
    """Whether a layer is random augmentation, before all layers that train; called for each in their order."""

    def __init__(self) -> None:
        self._over = False

    def __call__(self, operation: keras.Operation) -> bool:
        self._over = self._over or bool(getattr(operation, "trainable_weights", ()))
        kind, package = type(operation).__name__, type(operation).__module__.partition(".")[0]
        is_random = kind in _MIXING or (kind.startswith("Random") and kind != "RandomCrop")
        return not self._over and is_random and package in ("keras", "keras_tuner", "keras_hub")


@contextmanager
def _for_shape(hypermodel: Any, shape: tuple[int, ...]) -> Iterator[None]:
    """Let a hypermodel and those in its attributes build for images of this shape.

    A copy of one would not do: its `build` is that of the original.
    """
    with ExitStack() as settings:
        for inner in vars(hypermodel).values():
            if isinstance(inner, HyperModel):
                settings.enter_context(_for_shape(inner, shape))
        values: dict[str, Any] = {}
        if "input_tensor" in vars(hypermodel):
            values["input_tensor"] = None if "input_shape" in vars(hypermodel) else keras.Input(shape)
        if "input_shape" in vars(hypermodel):
            values["input_shape"] = shape
        if isinstance(hypermodel, HyperEfficientNet):
            values["augmentation_model"] = None
        before = {name: getattr(hypermodel, name) for name in values}
        vars(hypermodel).update(values)
        try:
            yield
        finally:
            vars(hypermodel).update(before)


@contextmanager
def _with_networks(weights: str | None, *, only_default: bool) -> Iterator[None]:
    """Let HyperEfficientNet load these weights, and not always those of ImageNet.

    Args:
        only_default: it builds small networks in place of all versions but its default one. They take most of the time
            of an exploration, and its hyperparameters do not depend on them.
    """
    networks = sys.modules[HyperEfficientNet.__module__].EFFICIENTNET_MODELS
    before = dict(networks)
    networks.update({version: partial(network, weights=weights) for version, network in before.items()})
    if only_default:
        networks.update(dict.fromkeys(before.keys() - {DEFAULT_VERSION}, _small_network))
    try:
        yield
    finally:
        networks.update(before)


def _small_network(*, include_top: bool, input_tensor: Tensor) -> keras.Model:  # noqa: ARG001  as Keras's networks
    """Return a network of a single layer that returns feature maps."""
    maps = keras.layers.Conv2D(1, 3, strides=32)(input_tensor)
    return keras.Model(keras.utils.get_source_inputs(input_tensor), maps)


def _words(shape: tuple[int | None, ...]) -> str:
    return "×".join("any" if size is None else str(size) for size in shape)


def _tensor_number() -> float:
    """Return a number that counts up with each tensor of a graph."""
    return _number_of(keras.KerasTensor(()))


def _number_of(tensor: Tensor | None) -> float:
    """Return when the tensor was computed, see `_tensor_number`; infinity if that is unknown."""
    # Keras counts the tensors in their names.
    named = re.fullmatch(r"keras_tensor(?:_(\d+))?", tensor.name) if tensor is not None else None
    return int(named[1] or 0) if named else math.inf


def _moment_of(flat: LaidFlat, features: Tensor) -> float:
    """Return when the hypermodel had called the layers up to the features, and the first one of the head on them.

    Until then it may choose the layer on which it puts the head. Infinity if that is unknown, or if there is no head.
    """
    body = {id(tensor) for tensor in tensors_before(features)}
    moments = {
        id(tensor): max(map(_number_of, flat.origins[id(tensor)]))
        for tensor in tensors_before(flat.outputs)
        if id(tensor) in flat.origins
    }
    called = max((moment for tensor, moment in moments.items() if tensor in body), default=-1)
    return max(
        called, min((moment for tensor, moment in moments.items() if tensor not in body), default=math.inf)
    )


def _read_later(first: Mapping[str, float], cut: float, finished: float) -> set[str]:
    """Return the hyperparameters that were first read after a moment, so that they had no effect until then.

    Args:
        first: name -> when it was first read.
        cut: the moment.
        finished: the end of the build. If the numbers do not count up to it, because the hypermodel resets Keras's
            counters, nothing is known.
    """
    moments = [*first.values(), finished]
    if moments != sorted(moments) or cut > finished:
        return set()
    return {name for name, moment in first.items() if moment > cut}
