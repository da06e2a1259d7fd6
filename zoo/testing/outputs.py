"""The checks of an architecture that compare outputs: from batch to batch, stored and loaded, exported."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from zoo.errors import ContractError
from zoo.export import export
from zoo.interfaces.export_formats import SUFFIXES
from zoo.models.call_outputs import (
    Call,
    breaking_the_batch,
    equal_bits,
    first_difference,
    first_not_finite,
    nearly_equal,
    outputs_of_calls,
)
from zoo.models.content import to_content
from zoo.models.custom_objects import register_layers
from zoo.models.precision import coarsest_rounding
from zoo.models.round_trip import check_round_trip
from zoo.testing.contract import some
from zoo.testing.fresh_process import load_elsewhere
from zoo.testing.layers import alike, describe, differing_in_a_graph, distance, in_words

if TYPE_CHECKING:
    from zoo.testing.loading import Inside
    from zoo.testing.networks import Networks

FORMATS = ("saved-model", "keras")
FEW = 3  # images
CLOSE = 1e-4  # largest difference of two probabilities
ROUNDING = 1e-6  # relative


def predicts(networks: Networks) -> None:
    """Check that the outputs of an image are the same each time, and whichever other images are in its batch."""
    network, pixels = networks.classifier.network, networks.pixels
    outputs = _outputs(network, pixels)
    if len(outputs) != len(pixels):
        broken = breaking_the_batch(outputs_of_calls(network, pixels), len(pixels))
        raise ContractError(
            f"for {len(pixels)} images {in_words(broken.operation)} returns a tensor of shape "
            f"{broken.outputs[0].shape}, so that the network has outputs for {len(outputs)}: keep the batch as the "
            "first axis"
        )
    if not np.all(np.isfinite(outputs)):
        odd = first_not_finite(outputs_of_calls(network, pixels))
        raise ContractError(
            f"in inference {_named(odd)} returns NaN or infinite values: check for overflow, a division by "
            "zero or a root of a negative number"
        )
    if not equal_bits(outputs, _outputs(network, pixels)):
        calls = outputs_of_calls(network, pixels), outputs_of_calls(network, pixels)
        raise ContractError(
            f"in inference {_named(first_difference(*calls, equal_bits))} returns something else each time for equal "
            "images: draw random numbers only where `training` is true, and change no state in inference"
        )
    # Probabilities of random weights are often 0 and 1, whatever the features are.
    backbone = keras.Model(network.inputs[0], networks.classifier.features)
    features = _outputs(backbone, pixels)
    reordered = np.concatenate([pixels[:1], pixels[:0:-1]])
    for row, batch in ((0, reordered), (0, pixels[:FEW]), (len(pixels) - 1, pixels[::-1])):
        image = slice(row, row + 1)
        same = nearly_equal(features[:1], _outputs(backbone, batch)[image])
        if not same or not alike(outputs[:1], _outputs(network, batch)[image]):
            calls = _of_an_image(network, pixels, 0), _of_an_image(network, batch, row)
            differs = first_difference(*calls, nearly_equal) or first_difference(*calls, alike)
            raise ContractError(
                f"in inference {_named(differs)} returns something else for an image in "
                "another batch: compute over the other axes alone, or keep statistics as BatchNormalization does"
            )


def _of_an_image(network: keras.Model, images: np.ndarray, row: int) -> list[Call]:
    """Return the outputs of calls for one image; layers may lay its windows or heads along the first axis."""
    calls = []
    for operation, outputs in outputs_of_calls(network, images):
        rows = [np.split(output, len(images)) for output in outputs if _has_rows_of(images, output)]
        calls.append(Call(operation, tuple(of_images[row] for of_images in rows)))
    return calls


def _has_rows_of(images: np.ndarray, output: np.ndarray) -> bool:
    return bool(output.ndim) and len(output) % len(images) == 0


def reloads(networks: Networks) -> None:
    """Store the trained network, load it in another process and compare the outputs bit for bit."""
    architecture, classifier, pixels = networks.architecture, networks.trained, networks.pixels
    try:
        content = to_content(classifier)
        outputs = load_elsewhere(architecture, content, pixels).outputs
    except KeyboardInterrupt:
        raise
    except BaseException:  # third-party code may raise anything
        _check_round_trip(networks)  # it names the layer
        raise
    expected = _outputs(classifier.network, pixels)
    if not equal_bits(outputs, expected):
        there = load_elsewhere(architecture, content, pixels, in_detail=True).inside
        here = describe(classifier.network, pixels)
        cause = _cause(classifier.network, here, there) if there else ""
        raise ContractError(
            f"stored and loaded in a new process, it returns other outputs, {distance(outputs, expected)}: {cause}"
        )
    _check_round_trip(networks)


def _check_round_trip(networks: Networks) -> None:
    """Check what `zoo train` checks before the first epoch."""
    whose = f"architecture '{networks.architecture.name}'"
    check_round_trip(networks.trained, whose, register_layers(networks.architecture))


def _cause(network: keras.Model, here: Inside, there: Inside) -> str:
    """Return which layer is the first to differ, and in what."""
    name = next((call.split("#")[0] for call in here.calls if here.calls[call] != there.calls.get(call)), "")
    if not name:
        return "every layer returns the same, so its layers are connected otherwise: check for two calls of one layer"
    which = in_words(next(each for each in network.operations if each.name == name))
    variables = [
        path.removeprefix(f"{name}/")
        for path, digest in here.variables.items()
        if path.startswith(f"{name}/") and there.variables.get(path) != digest
    ]
    if variables:
        return (
            f"the first to differ is {which}, whose {some(variables)} has other values there: only its constructor and "
            "build() may create variables, and nothing but the stored values may set them"
        )
    values_here, values_there = here.attributes.get(name, {}), there.attributes.get(name, {})
    changed = sorted(
        attribute for attribute in values_here if values_here[attribute] != values_there.get(attribute)
    )
    if changed:
        values = "; ".join(
            f"{attribute.split()[-1]} is {values_here[attribute]} here and "
            f"{values_there.get(attribute, 'missing')} there"
            for attribute in changed[:3]
        )
        return (
            f"the first to differ is {which}, whose variables are equal, but {values}: return it from get_config(), or "
            "keep it in a variable, add_weight(..., trainable=False)"
        )
    return (
        f"the first to differ is {which}, whose variables are equal: its call() depends on something that is not "
        "stored, such as a global, an attribute that is no number, or random numbers"
    )


def exports(networks: Networks) -> None:
    """Export the trained network as `zoo export` does, which compares the outputs of what it wrote."""
    classifier = networks.trained
    with TemporaryDirectory(prefix="zoo-check-") as folder:
        for file_format in FORMATS:
            export(classifier, Path(folder) / f"model{SUFFIXES[file_format]}", file_format)
    _refuse_another_graph(classifier.network, networks.pixels)


def _refuse_another_graph(network: keras.Model, pixels: np.ndarray) -> None:
    """Refuse a network that returns other outputs in a TensorFlow graph, as when it trains or is exported."""
    expected = _outputs(network, pixels)
    outputs = np.asarray(tf.function(lambda images: network(images, training=False))(tf.constant(pixels)))
    # A graph rounds differently from eager operations, and a deep network amplifies the difference.
    nudged = _outputs(network, pixels * (1 + max(ROUNDING, coarsest_rounding(network))))
    tolerance = CLOSE + 10 * np.max(np.abs(nudged - expected))
    if not np.allclose(outputs, expected, rtol=0, atol=tolerance, equal_nan=True):
        odd = differing_in_a_graph(network, pixels)
        raise ContractError(
            "in a TensorFlow graph, in which it trains and is exported, it returns other outputs than outside, "
            f"{distance(outputs, expected)}: {'the network' if odd is None else in_words(odd)} must not depend on "
            "Python values that are fixed when call() is traced"
        )


def _outputs(network: keras.Model, pixels: np.ndarray) -> np.ndarray:
    return np.asarray(network(pixels, training=False))


def _named(call: Call | None) -> str:
    return "the network" if call is None else in_words(call.operation)
