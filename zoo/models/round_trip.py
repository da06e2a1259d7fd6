"""Stores a classifier in memory and loads it as another process would, before time goes into training it."""

from __future__ import annotations

import gc
import inspect
import json
import re
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import keras
import numpy as np

from zoo.errors import LayerBuildError, RoundTripError, TimeLimitError, ZooError, text_of
from zoo.models.backbone_errors import GET_CONFIG, call_layers
from zoo.models.call_outputs import (
    Call,
    breaking_the_batch,
    equal_bits,
    first_difference,
    first_not_finite,
    is_finite,
    largest_difference,
    nearly_equal,
    outputs_of_calls,
)
from zoo.models.content import assign_tensors, build_network, objects_in, to_content
from zoo.models.custom_objects import is_importable, name_of
from zoo.models.keras_errors import reason_of
from zoo.models.keras_state import state_put_aside
from zoo.models.variables import named_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from zoo.interfaces import ModelContent
    from zoo.models.classifier import Classifier

Result = TypeVar("Result")

IMAGES = 2  # in the batch whose outputs are compared
BUILT_BEFORE = 1000  # layers of each class, in the process that loads

CONFIG = (
    "give it get_config() with every argument of its constructor and, where one of them is a layer, from_config(); "
    "register the class with keras.saving.register_keras_serializable"
)
BASE_ARGUMENT = re.compile(r"unexpected keyword argument '(trainable|name|dtype)'")  # of every Keras layer
KWARGS = (
    "hand Keras's own arguments on: def __init__(self, …, **kwargs): super().__init__(**kwargs); and give it "
    "get_config() with every other argument of its constructor"
)
RETURN_IT = "return it from Architecture.custom_layers"
ONLY_HERE = (
    "it is registered, but zoo finds it in another process only if Architecture.custom_layers returns it"
)
REGISTER_IT = f"register it with keras.saving.register_keras_serializable and {RETURN_IT}"
PLACES = (
    "create its layers and weights in __init__ or build(), in attributes whose names do not depend on how many layers "
    "were built before, and share no layer between two layers"
)
COMPUTATION = "its call() must depend only on its inputs, its weights and what get_config() returns"
BATCH = "keep the batch as the first axis, and compute over the other axes alone"
NUMBERS = "keep numbers alone in weights, and text in an attribute that get_config() returns"
FINITE = (
    "check it for a logarithm or root of negative numbers, a division by 0, and overflow: pixels are 0-255, so rescale "
    "them"
)
RANDOM = "draw random numbers only where call() gets training=True"


def check_round_trip(
    classifier: Classifier,
    whose: str,
    custom_layers: Collection[object],
    place: str = "",
    *,
    complete: bool = True,
) -> None:
    """Refuse a classifier that would not come back from the registry as it is, or predicts no numbers.

    The loaded network must have the same variables under the same names, with the same values, and return the same bits
    for a batch of images. Names of layers are counted differently meanwhile, as in another process; the random numbers
    that are drawn afterwards are the same as without the check.

    Args:
        whose: the subject of the message, such as "architecture 'tiny'".
        custom_layers: what `Architecture.custom_layers` returned.
        place: of the backbone, as ` (my-plugins/tiny.py:14)`, for a fault that is in no layer of the plugin.
        complete: whether its variables have the values with which the training begins; not before
            `Architecture.adapt`, when it may not return numbers yet.

    Raises:
        RoundTripError: in three lines: the layer, the reason, and what to write.
        ZooError: that of a layer that refuses to be built.
    """
    trip = _RoundTrip(classifier, whose, place)
    content = trip.stored()
    trip.refuse_text(content)
    trip.refuse_unknown(content.graph, custom_layers)
    with state_put_aside(names_built=BUILT_BEFORE):
        loaded = trip.loaded(content)
        trip.compare_variables(loaded)
        assign_tensors(loaded, content)
        outputs = trip.compare_outputs(loaded)
        if complete:
            trip.check_numbers(outputs[0], content)
        trip.check_batches(outputs)
        trip.restore(content)
    del loaded
    gc.collect()  # Keras's graphs are cyclic, and a large network would be kept twice


class _RoundTrip:
    """One check: the classifier and the words for what is wrong with it."""

    def __init__(self, classifier: Classifier, whose: str, place: str) -> None:
        self.classifier, self.network = classifier, classifier.network
        self.whose, self.place = whose, place

    def restore(self, content: ModelContent) -> None:
        """Undo what calling the network has changed, such as counters and the states of random generators."""
        for name, variable in named_variables(self.network).items():
            if not variable.trainable:
                variable.assign(content.tensors[name])

    def stored(self) -> ModelContent:
        """Return what the registry would store."""
        try:
            content = to_content(self.classifier)
            _encoded(content.graph)
        except (ZooError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a third-party layer may raise anything
            for layer in self.network.layers:
                try:
                    _encoded(call_layers(partial(keras.saving.serialize_keras_object, layer), GET_CONFIG))
                except KeyboardInterrupt:
                    raise
                except BaseException as cause:
                    raise self.refused("could not be stored", layer, reason_of(cause), CONFIG) from cause
            raise self.refused("could not be stored", None, reason_of(error), CONFIG) from error
        return content

    def refuse_text(self, content: ModelContent) -> None:
        """Refuse variables that hold no numbers, which neither a checkpoint nor the registry can store."""
        for name, array in content.tensors.items():
            if array.dtype.kind in "SUO":
                reason = f"its variable '{name}' holds text"
                raise self.refused("could not be stored", self.layer(name.partition("/")[0]), reason, NUMBERS)

    def refuse_unknown(self, graph: Mapping[str, object], custom_layers: Collection[object]) -> None:
        """Refuse classes and functions that another process would not find."""
        for config in objects_in(graph):
            if is_importable(config, custom_layers):
                continue
            kind = keras.saving.get_registered_object(name_of(config))
            if kind is None:
                reason, advice = "it is not registered with Keras", REGISTER_IT
            else:
                reason, advice = ONLY_HERE, RETURN_IT
            raise self.refused("could not be loaded", kind or name_of(config), reason, advice)

    def loaded(self, content: ModelContent) -> keras.Model:
        """Return the network that is built from the graph, with new weights."""
        try:
            return build_network(content.graph)
        except LayerBuildError as error:
            advice = KWARGS if BASE_ARGUMENT.search(error.reason) else CONFIG
            raise self.refused(
                "could not be loaded", self.layer(error.layer), error.reason, advice
            ) from error

    def check_numbers(self, features: np.ndarray, content: ModelContent) -> None:
        """Refuse a network whose features are NaN or infinite, for which a training would blame the learning rate.

        In a deep network with the initial statistics of BatchNormalization they may overflow in predictions alone.
        """
        if is_finite(features):
            return
        in_training = self.outputs_of(self.network, training=True)[0]
        self.restore(content)
        if is_finite(in_training):
            return
        call = first_not_finite(self.calls_of(self.network))
        layer = None if call is None else self.layer(call.operation.name)
        kind = "NaN" if np.isnan(features).any() else "infinite"
        reason = f"untrained, it returns values that are not finite for noise, and the features are {kind}"
        raise self.refused("would predict no numbers", layer, reason, FINITE)

    def check_batches(self, outputs: list[np.ndarray]) -> None:
        """Refuse a network that returns more or fewer outputs than images, or mixes the images of a batch.

        Args:
            outputs: see `outputs_of`.
        """
        if any(len(output) != IMAGES for output in outputs):
            operation, arrays = breaking_the_batch(self.calls_of(self.network), IMAGES)
            reason = f"for {IMAGES} images it returns {len(arrays[0])} rows, and the network {len(outputs[-1])} outputs"
            raise self.refused("would not predict each image", self.layer(operation.name), reason, BATCH)
        for changed in range(IMAGES):
            mixed = self.pixels
            mixed[changed] = 255 - mixed[changed]
            for before, after in zip(outputs, self.outputs_of(self.network, mixed), strict=True):
                if not nearly_equal(np.delete(before, changed, axis=0), np.delete(after, changed, axis=0)):
                    reason = "the outputs for an image depend on the other images of its batch"
                    advice = f"{BATCH}; `zoo plugins check` names the layer"
                    raise self.refused("would not predict each image", None, reason, advice)

    def compare_variables(self, loaded: keras.Model) -> None:
        """Refuse a loaded network with other variables."""
        before, after = _shapes(self.network), _shapes(loaded)
        odd = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        if not odd:
            return
        name = odd[0]
        now, then = before.get(name, "not there"), after.get(name, "gone")
        reason = f"loaded, its variable '{name}' is {then}; now it is {now}"
        raise self.refused("could not be loaded", self.layer(name.partition("/")[0]), reason, PLACES)

    def compare_outputs(self, loaded: keras.Model) -> list[np.ndarray]:
        """Refuse a loaded network that returns something else for the same images; return the outputs."""
        expected, again = self.outputs_of(self.network), self.outputs_of(self.network)
        if not all(map(equal_bits, again, expected)):
            layer = self.first_difference(self.network, self.network)
            reason, advice = "it returns something else each time for the same image", RANDOM
            raise self.refused("would not predict the same twice", layer, reason, advice)
        outputs = self.outputs_of(loaded)
        if all(map(equal_bits, outputs, expected)):
            return outputs
        layer = self.first_difference(self.network, loaded)
        reason = f"loaded, it returns something else for the same images{_distance(outputs, expected)}"
        raise self.refused("would be loaded with other outputs", layer, reason, COMPUTATION)

    def outputs_of(
        self, network: keras.Model, pixels: np.ndarray | None = None, *, training: bool = False
    ) -> list[np.ndarray]:
        """Return the features and the probabilities of a batch, by default of noise.

        Random weights often make the probabilities of pixels exactly 0 and 1, whatever the features are.
        """
        images = self.pixels if pixels is None else pixels
        features = [network.get_layer(name).input for name in self.classifier.head[:1]]

        def call() -> list[np.ndarray]:
            both = keras.Model(network.inputs, [*features, network.outputs[0]])
            outputs = both([images], training=training)
            return [np.asarray(keras.ops.convert_to_numpy(output)) for output in outputs]

        return self.predicted(call)

    def calls_of(self, network: keras.Model) -> list[Call]:
        """Return each call in the network with its outputs for noise."""
        return self.predicted(partial(outputs_of_calls, network, self.pixels))

    def predicted(self, call: Callable[[], Result]) -> Result:
        """Return what a call of the network returns; refuse the classifier if that fails."""
        try:
            return call_layers(call, "the call of a layer has been running")
        except (TimeLimitError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a third-party layer may raise anything
            calling = re.search(r"when calling (\w+)\.call\(\)", text_of(error))
            layers = (each for each in self.network.layers if calling and type(each).__name__ == calling[1])
            layer = next(layers, None)
            raise self.refused("could not predict", layer, reason_of(error), COMPUTATION) from error

    @property
    def pixels(self) -> np.ndarray:
        """Noise of the shape of the images, 0-255."""
        size, channels = self.classifier.image_size, self.classifier.channels
        noise = np.random.default_rng(0).integers(0, 256, (IMAGES, size, size, channels))
        pixels: np.ndarray = noise.astype(np.float32)
        return pixels

    def first_difference(self, left: keras.Model, right: keras.Model) -> keras.layers.Layer | str | None:
        """Return the first layer whose outputs differ between the two networks, or the name of an operation."""
        call = first_difference(self.calls_of(left), self.calls_of(right), equal_bits)
        return None if call is None else self.layer(call.operation.name)

    def layer(self, name: str | None) -> keras.layers.Layer | str | None:
        """Return the layer of this name, or the name where an operation has it."""
        layers = (layer for layer in self.network.layers if layer.name == name)
        return next(layers, name)

    def refused(self, what: str, layer: object, reason: str, advice: str) -> RoundTripError:
        """Return the error in three lines."""
        where = f": layer {_described(layer, self.place)}" if layer else self.place
        return RoundTripError(f"{self.whose}: a trained model {what}{where}", reason, advice)


def _encoded(config: object) -> bytes:
    """Return a configuration as the registry writes it."""
    return json.dumps(config, ensure_ascii=False).encode()


def _shapes(network: keras.Model) -> dict[str, str]:
    """Return the name of each variable with its type and shape in words."""
    return {
        name: f"{variable.dtype} of shape {tuple(variable.shape)}"
        for name, variable in named_variables(network).items()
    }


def _distance(outputs: list[np.ndarray], expected: list[np.ndarray]) -> str:
    """Return in words how far the outputs are from those expected, or which shapes they have."""
    for output, reference in zip(outputs, expected, strict=True):
        if output.shape != reference.shape:
            return f", of shape {output.shape[1:]} instead of {reference.shape[1:]}"
    return f", by up to {max(map(largest_difference, outputs, expected)):.2g} in the end"


def _described(layer: object, place: str) -> str:
    """Return `'block1_scale' (ChannelScale, my-plugins/scaled.py:14)`, for Keras's own layers with the place."""
    if isinstance(layer, str):
        return f"{layer}{place}"
    kind = layer if callable(layer) and hasattr(layer, "__name__") else type(layer)
    name = f"'{layer.name}' " if isinstance(layer, keras.Operation) else ""
    if kind.__module__.partition(".")[0] == "keras":
        return f"{name}({kind.__name__}){place}"
    try:
        where = f"{inspect.getsourcefile(kind)}:{inspect.getsourcelines(kind)[1]}"
    except (OSError, TypeError):  # its source is not in a file
        where = kind.__module__
    return f"{name}({kind.__name__}, {where})"
