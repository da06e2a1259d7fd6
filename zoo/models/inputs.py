"""A classifier rebuilt for images of another size or number of channels, with the weights that it has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from zoo.errors import ZooError

if TYPE_CHECKING:
    from zoo.models.classifier import Classifier

# Layers that do the same to every channel, as a Rescaling by one number does.
_ALIKE = (
    layers.ZeroPadding2D,
    layers.Cropping2D,
    layers.Resizing,
    layers.MaxPooling2D,
    layers.AveragePooling2D,
)


def rebuilt(classifier: Classifier, *, image_size: int, channels: int, keep_head: bool = True) -> Classifier:
    """The same graph on images of another shape, new layers with the same names, weights and trainable flags.

    From 3 channels to 1, the kernels of the first convolutions are summed over their channels; from 1 to 3 they are
    repeated and divided by 3, as timm's `adapt_input_conv` does. For a gray image the outputs stay what they were
    for the same image in the other number of channels.

    What a backbone computed once from the size of its images stays as it is: MobileNetV2 and V3 pad by whether their
    maps have an even number of pixels a side.

    Args:
        image_size: pixels a side.
        channels: 1 or 3.
        keep_head: whether the head must come along; else the network ends with the features, has no head, and waits
            for `zoo.models.heads.new_head`. A head that flattens fits one image size only.

    Raises:
        ZooError: the network cannot take such images with these weights; says which layer cannot, and what to do.
    """
    network, head = classifier.network, classifier.head
    if not keep_head:
        network, head = keras.Model(network.inputs[0], classifier.features, name=network.name), ()
    if (image_size, channels) != (classifier.image_size, classifier.channels):
        # Keras 3.10 has a list of inputs in a network that was stored, and would not clone it for a single one.
        single = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
        network = _Rebuilding(classifier, single, image_size, channels).network()
    return replace(classifier, network=network, head=head)


@dataclass(frozen=True, eq=False)
class _Rebuilding:
    """One network on its way to another input shape."""

    classifier: Classifier
    before: keras.Model
    image_size: int
    channels: int

    def network(self) -> keras.Model:
        """The network built anew, with the weights of the one before."""
        pixels = self.before.inputs[0]
        after = keras.models.clone_model(
            self.before,
            input_tensors=keras.Input(
                (self.image_size, self.image_size, self.channels), name=pixels.name, dtype=pixels.dtype
            ),
            clone_function=_copy_of,
            call_function=self.call,
        )
        self.move_weights(after)
        return after

    def call(self, layer: keras.Operation, *inputs: Any, **arguments: Any) -> Any:  # whatever a layer takes
        """Call a layer of the new network; refuses where its weights or its arithmetic do not allow it."""
        if inputs and layer.name not in self.mixing:
            self.refuse_other_features(layer, inputs[0])
        try:
            outputs = layer(*inputs, **arguments)
        except ZooError:
            raise
        except Exception as error:  # a stranger's layer may raise anything
            raise self.refused(layer, _reason_of(error)) from error
        shape = getattr(outputs, "shape", ())
        if any(size is not None and size < 1 for size in shape):  # Keras 3.10 lets pooling go that far
            raise self.refused(layer, f"would give maps of {'×'.join(map(str, shape[1:]))}")
        return outputs

    def refuse_other_features(self, layer: keras.Operation, inputs: Any) -> None:
        """Before the layer makes weights for them, of which there may be more than fit into memory."""
        wanted = getattr(self.operations[layer.name], "input_spec", None)
        if not isinstance(wanted, keras.InputSpec):
            return
        for axis, size in (wanted.axes or {}).items():
            if inputs.shape[axis] != size:
                raise self.refused(
                    layer, f"has weights for {size:,} features and would get {inputs.shape[axis]:,}"
                )

    def move_weights(self, after: keras.Model) -> None:
        """Give the new network the weights and trainable flags of the one before."""
        for layer in self.before.layers:
            copy, tensors = after.get_layer(layer.name), layer.get_weights()
            if layer.name in self.mixing:
                tensors[0] = _for_channels(tensors[0], self.channels)
            if [tensor.shape for tensor in tensors] != [tuple(weight.shape) for weight in copy.weights]:
                raise self.refused(layer, "would need weights of other shapes")
            copy.set_weights(tensors)
            copy.trainable = layer.trainable
            for weight, made in zip(layer.weights, copy.weights, strict=True):
                made.trainable = weight.trainable

    @cached_property
    def operations(self) -> dict[str, keras.Operation]:
        """Layers, and operations such as `keras.ops.flip`, of the network before, by name."""
        return {operation.name: operation for operation in self.before.operations}

    @cached_property
    def mixing(self) -> frozenset[str]:
        """Names of the convolutions that mix the channels of the image, where their number changes.

        Up to them, all must be done to every channel alike: else no kernels give what was given before.
        """
        if self.channels == self.classifier.channels:
            return frozenset()
        alike, mixing = {self.before.inputs[0].name}, set()
        for operation in self.before.operations:
            # Keras has no public name for the edges of a graph.
            calls = operation._inbound_nodes
            if not alike & {node.operation.name for call in calls for node in call.parent_nodes}:
                continue
            if type(operation) is layers.Conv2D and operation.groups == 1:
                mixing.add(operation.name)
            elif _treats_channels_alike(operation):
                alike.add(operation.name)
            else:
                raise self.refused_channels(operation)
        return frozenset(mixing)

    def refused(self, layer: keras.Operation, reason: str) -> ZooError:
        """The error that says which layer cannot take the images, and what to do."""
        before = self.classifier
        advice = f"leave --image-size out: images then become {before.image_size}×{before.image_size}"
        if layer.name in before.head:
            flattens = isinstance(before.network.get_layer(before.head[0]), layers.Flatten)
            reason, advice = f"{reason}{' (its head flattens)' * flattens}", f"give --head new, or {advice}"
        return self.error(layer, reason, advice)

    def refused_channels(self, layer: keras.Operation) -> ZooError:
        """The error that says which layer cannot do with another number of channels."""
        made_for, become = ("3 channels", "RGB") if self.classifier.channels == 3 else ("1 channel", "gray")
        return self.error(
            layer, f"is made for {made_for}", f"stay with {made_for}: images of other kinds become {become}"
        )

    def error(self, layer: keras.Operation, reason: str, advice: str) -> ZooError:
        """One line."""
        return ZooError(
            f"the network cannot take images of {self.image_size}×{self.image_size}×{self.channels}: "
            f"layer '{layer.name}' ({type(layer).__name__}) {reason}; {advice}"
        )


def _copy_of(operation: keras.Operation) -> keras.Operation:
    copy = type(operation).from_config(operation.get_config())
    if copy.name != operation.name:
        copy.name = operation.name  # Keras 3.10 gives operations such as `keras.ops.flip` a new one
    return copy


def _treats_channels_alike(operation: keras.Operation) -> bool:
    if isinstance(operation, layers.Rescaling):
        return np.ndim(operation.scale) == 0 and np.ndim(operation.offset) == 0
    return isinstance(operation, _ALIKE)


def _for_channels(kernel: np.ndarray, channels: int) -> np.ndarray:
    """The kernel (h, w, in, out) with so many channels in, each with the same share of what all had together."""
    shared: np.ndarray = kernel.sum(axis=2, keepdims=True) / channels
    return np.repeat(shared, channels, axis=2)


def _reason_of(error: Exception) -> str:
    """The first sentence of what Keras says, which may stand in bold between what it adds."""
    text = str(error).partition("\x1b[1m")[2].partition("\x1b[0m")[0] or str(error)
    sentence = text.strip().partition("\n")[0].partition(" Received")[0].rstrip(".:")
    return f"says: {sentence or type(error).__name__}"
