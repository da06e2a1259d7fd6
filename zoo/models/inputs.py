"""Rebuilds a classifier for images of another size or number of channels, with the same weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from zoo.errors import ZooError
from zoo.models.keras_errors import reason_of
from zoo.models.normalization import finalize

if TYPE_CHECKING:
    from zoo.models.classifier import Classifier

# Layers that treat every channel alike, as a Rescaling by one number also does.
_ALIKE = (
    layers.ZeroPadding2D,
    layers.Cropping2D,
    layers.Resizing,
    layers.MaxPooling2D,
    layers.AveragePooling2D,
)


def rebuild(classifier: Classifier, *, image_size: int, channels: int, keep_head: bool = True) -> Classifier:
    """Return the same graph for images of another shape: new layers with the same names, weights and trainable flags.

    From 3 channels to 1, the kernels of the first convolutions are summed over their channels; from 1 to 3 they are
    repeated and divided by 3, as timm's `adapt_input_conv` does. For a gray image the outputs are the same
    in either number of channels.

    Values that a backbone computed from the size of its images when it was built do not change: MobileNetV2 and V3 pad
    differently where their maps have an even number of pixels a side.

    Args:
        image_size: pixels a side.
        channels: 1 or 3.
        keep_head: whether to keep the head; otherwise the network ends with the features, and
            `zoo.models.heads.new_head` adds one. A head that flattens fits one image size only.

    Raises:
        ZooError: the network cannot take such images with these weights; the message names the layer.
    """
    network, head = classifier.network, classifier.head
    if not keep_head:
        network, head = keras.Model(network.inputs[0], classifier.features, name=network.name), ()
    if (image_size, channels) != (classifier.image_size, classifier.channels):
        # A stored network has a list of inputs in Keras 3.10, which then refuses to clone it for a single one.
        single = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
        network = _Rebuilding(classifier, single, image_size, channels).network()
    return replace(classifier, network=network, head=head)


@dataclass(frozen=True, eq=False)
class _Rebuilding:
    """Rebuilds one network for another input shape."""

    classifier: Classifier
    before: keras.Model
    image_size: int
    channels: int

    def network(self) -> keras.Model:
        """Return the new network with the weights of the old one."""
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
        finalize(after)
        return after

    def call(self, layer: keras.Operation, *inputs: Any, **arguments: Any) -> Any:  # whatever a layer takes
        """Call a layer of the new network; refuse inputs that its weights or its computation do not allow."""
        if inputs and layer.name not in self.mixing:
            self.refuse_other_features(layer, inputs[0])
        try:
            outputs = layer(*inputs, **arguments)
        except (ZooError, KeyboardInterrupt):
            raise
        except BaseException as error:  # a third-party layer may raise anything
            raise self.refused(layer, f"says: {reason_of(error)}") from error
        shape = getattr(outputs, "shape", ())
        if any(size is not None and size < 1 for size in shape):  # Keras 3.10 lets pooling return those
            raise self.refused(layer, f"would return maps of {'×'.join(map(str, shape[1:]))}")
        self.refuse_other_weights(layer)
        return outputs

    def refuse_other_features(self, layer: keras.Operation, inputs: Any) -> None:
        """Refuse features for which the layer would create other weights, perhaps more than fit into memory."""
        spec = getattr(self.operations[layer.name], "input_spec", None)
        if not isinstance(spec, keras.InputSpec):
            return
        for axis, size in (spec.axes or {}).items():
            if inputs.shape[axis] != size:
                raise self.refused(
                    layer, f"has weights for {size:,} features and would get {inputs.shape[axis]:,}"
                )

    def refuse_other_weights(self, layer: keras.Operation) -> None:
        """Refuse a layer that has created other weights than it has in the old network."""
        if not isinstance(layer, keras.Layer):
            return
        shapes = [tuple(weight.shape) for weight in layer.weights]
        before = [tuple(weight.shape) for weight in self.operations[layer.name].weights]
        if layer.name in self.mixing:
            before[0] = (*before[0][:2], self.channels, before[0][3])
        if shapes != before:
            raise self.refused(layer, "would need weights of other shapes")

    def move_weights(self, after: keras.Model) -> None:
        """Copy weights and trainable flags to the new network."""
        for layer in self.before.layers:
            copy, tensors = after.get_layer(layer.name), layer.get_weights()
            if layer.name in self.mixing:
                tensors[0] = _for_channels(tensors[0], self.channels)
            copy.set_weights(tensors)
            copy.trainable = layer.trainable
            for weight, copied in zip(layer.weights, copy.weights, strict=True):
                copied.trainable = weight.trainable

    @cached_property
    def operations(self) -> dict[str, keras.Operation]:
        """Name -> layer, or operation such as `keras.ops.flip`, of the old network."""
        return {operation.name: operation for operation in self.before.operations}

    @cached_property
    def mixing(self) -> frozenset[str]:
        """Names of the convolutions that mix the channels of the image, where their number changes.

        Every operation before them must treat all channels alike: otherwise no kernels could return the same outputs.
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
        """Return the error that names the layer which cannot take the images."""
        before = self.classifier
        advice = f"leave --image-size out: images then become {before.image_size}×{before.image_size}"
        if layer.name in before.head:
            flattens = isinstance(before.network.get_layer(before.head[0]), layers.Flatten)
            reason, advice = f"{reason}{' (its head flattens)' * flattens}", f"give --head new, or {advice}"
        return self.error(layer, reason, advice)

    def refused_channels(self, layer: keras.Operation) -> ZooError:
        """Return the error that names the layer which cannot take another number of channels."""
        made_for, become = ("3 channels", "RGB") if self.classifier.channels == 3 else ("1 channel", "gray")
        return self.error(
            layer, f"is made for {made_for}", f"stay with {made_for}: images of other kinds become {become}"
        )

    def error(self, layer: keras.Operation, reason: str, advice: str) -> ZooError:
        """Return the error in one line."""
        return ZooError(
            f"the network cannot take images of {self.image_size}×{self.image_size}×{self.channels}: "
            f"layer '{layer.name}' ({type(layer).__name__}) {reason}; {advice}"
        )


def _copy_of(operation: keras.Operation) -> keras.Operation:
    copy = type(operation).from_config(operation.get_config())
    if copy.name != operation.name:
        copy.name = operation.name  # Keras 3.10 renames operations such as `keras.ops.flip`
    return copy


def _treats_channels_alike(operation: keras.Operation) -> bool:
    if isinstance(operation, layers.Rescaling):
        return np.ndim(operation.scale) == 0 and np.ndim(operation.offset) == 0
    return isinstance(operation, _ALIKE)


def _for_channels(kernel: np.ndarray, channels: int) -> np.ndarray:
    """Return the kernel (h, w, in, out) for so many input channels, which share the sum of the old ones equally."""
    shared: np.ndarray = kernel.sum(axis=2, keepdims=True) / channels
    return np.repeat(shared, channels, axis=2)
