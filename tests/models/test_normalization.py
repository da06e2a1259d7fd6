"""Normalization layers compute with the statistics that they were adapted to, wherever their values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

import zoo
from tests.architectures import architecture_of
from zoo.models.content import from_content, to_content
from zoo.models.inputs import rebuild
from zoo.models.normalization import finalize

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.models.classifier import Classifier

PIXELS = np.random.default_rng(0).integers(50, 256, (6, 8, 8, 1)).astype(np.float32)


def normalized(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Normalization(name="norm")(inputs)
    return layers.Conv2D(2, 3, name="conv")(x)


@pytest.fixture
def fresh(build: Callable[..., Classifier]) -> Callable[[], Classifier]:
    return lambda: build(architecture_of(normalized, "normalized"))


@pytest.fixture
def adapted(fresh: Callable[[], Classifier]) -> Classifier:
    classifier = fresh()
    classifier.network.get_layer("norm").adapt(PIXELS)
    return classifier


def normal(classifier: Classifier, pixels: np.ndarray = PIXELS) -> np.ndarray:
    """The normalized pixels."""
    network = classifier.network
    layer = keras.Model(network.inputs[0], network.get_layer("norm").output)
    return np.asarray(layer.predict(pixels, verbose=0))


def is_normal(classifier: Classifier) -> bool:
    return bool(np.isclose(normal(classifier).mean(), 0, atol=1e-5))


def test_stored_and_loaded(adapted: Classifier) -> None:
    again = from_content(to_content(adapted))
    assert is_normal(again)
    before, after = (each.network.predict(PIXELS, verbose=0) for each in (adapted, again))
    assert np.array_equal(before, after)


def test_rebuilt_for_another_size(adapted: Classifier) -> None:
    larger = np.tile(PIXELS, (1, 2, 2, 1))
    expected = np.tile(normal(adapted), (1, 2, 2, 1))
    rebuilt = rebuild(adapted, image_size=16, channels=1)
    np.testing.assert_allclose(normal(rebuilt, larger), expected, rtol=1e-6)


def test_loaded_from_a_file(adapted: Classifier, fresh: Callable[[], Classifier], tmp_path: Path) -> None:
    adapted.network.save_weights(tmp_path / "some.weights.h5")
    classifier = fresh()
    assert not is_normal(classifier)
    zoo.load_weights(classifier.network, tmp_path / "some.weights.h5")
    assert is_normal(classifier)


def test_given_statistics_and_layers_inside_layers() -> None:
    outer = keras.layers.Normalization(mean=3.0, variance=4.0)
    inner = keras.layers.Normalization()
    pixels = keras.Input((2, 3))
    network = keras.Model(pixels, keras.layers.TimeDistributed(inner)(outer(pixels)))
    inner.adapt_mean.assign([1.0, 1.0, 1.0])
    finalize(network)
    outputs = network.predict(np.full((1, 2, 3), 7.0), verbose=0)
    np.testing.assert_allclose(outputs, 1.0, rtol=1e-6)
