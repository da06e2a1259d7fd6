"""The activations of the frozen layers for many images, several batches of which are computed at a time."""

from __future__ import annotations

import threading
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.architectures import BRANCHING
from tests.training.small_parts import built
from zoo.data.cache import DecodedDataset
from zoo.models.freezing import freeze
from zoo.models.frontier import Frontier, find_frontier
from zoo.training.features import BATCH, Copies, FeatureMaker

COUNT = 5 * BATCH + 3  # images: more batches than are computed at a time, the last one smaller


@pytest.fixture
def many() -> DecodedDataset:
    """Images that all differ, the rows of the training split in no order."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (COUNT + 2, 8, 8, 1), np.uint8)
    rows = {"train": rng.permutation(COUNT), "validation": np.arange(COUNT, COUNT + 2), "test": np.arange(0)}
    return DecodedDataset(pixels, np.arange(COUNT + 2) % 2, ("class0", "class1"), rows, (), ())


@pytest.fixture(scope="module")
def frontier() -> Frontier:
    """One that two tensors cross."""
    classifier = built(BRANCHING)
    freeze(classifier, "block1")
    frontier = find_frontier(classifier)
    assert frontier is not None
    return frontier


def features_of(maker: FeatureMaker, split: str) -> list[np.ndarray]:
    return [np.concatenate(parts) for parts in zip(*maker.batches(split), strict=True)]


def test_features_come_in_the_order_of_the_rows(frontier: Frontier, many: DecodedDataset) -> None:
    expected = frontier.prefix.predict(many.pixels[many.rows["train"]], batch_size=BATCH, verbose=0)
    features = features_of(FeatureMaker(frontier, many, "float32", Copies()), "train")
    for tensor, other in zip(features, expected, strict=True):
        np.testing.assert_allclose(tensor, other, rtol=1e-5, atol=1e-4)


def test_a_split_smaller_than_a_batch_has_its_own_images_only(
    frontier: Frontier, many: DecodedDataset
) -> None:
    features = features_of(FeatureMaker(frontier, many, "float32", Copies()), "validation")
    assert [len(tensor) for tensor in features] == [2, 2]


def test_copies_are_drawn_alike_each_time(frontier: Frontier, many: DecodedDataset) -> None:
    first, second = (
        features_of(FeatureMaker(frontier, many, "float32", Copies("flip", 2, seed=4)), "train")
        for _ in range(2)
    )
    assert [len(tensor) for tensor in first] == [2 * COUNT, 2 * COUNT]
    assert [tensor.tobytes() for tensor in first] == [tensor.tobytes() for tensor in second]
    assert not np.array_equal(first[0][:COUNT], first[0][COUNT:])


def test_computing_stops_when_the_consumer_stops(frontier: Frontier, many: DecodedDataset) -> None:
    before = pool_threads()
    batches = FeatureMaker(frontier, many, "float32", Copies()).batches("train")
    next(batches)
    assert pool_threads() > before
    batches.close()
    assert pool_threads() == before


def pool_threads() -> int:
    return sum(thread.name.startswith("ThreadPoolExecutor") for thread in threading.enumerate())


class Refusing(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Fails when it is given a pixel that is not black."""

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.assert_less(pixels, 1.0, "too bright")]):
            return tf.identity(pixels)


def test_an_exception_of_a_thread_is_raised_to_the_consumer(frontier: Frontier, many: DecodedDataset) -> None:
    pixels = keras.Input((8, 8, 1))
    refusing = replace(frontier, prefix=keras.Model(pixels, Refusing()(pixels)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="too bright"):
        next(FeatureMaker(refusing, many, "float32", Copies()).batches("train"))
