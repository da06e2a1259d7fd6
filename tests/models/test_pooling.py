"""Tokens as features: the head pools them as the architecture says, wherever the network is rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from tests.architectures import architecture_of, explored
from zoo.errors import ContractError, ZooError
from zoo.models.content import from_content, to_content
from zoo.models.freezing import freeze
from zoo.models.frontier import find_frontier
from zoo.models.heads import new_head
from zoo.models.inputs import rebuild
from zoo.models.pooling import pooling_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

    Build = Callable[..., Classifier]

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype(np.float32)
OTHER_HEAD = {"pooling": "flatten", "head_units": "4", "dropout": 0.0, "output": "softmax"}
POOLED = {"avg": np.mean, "max": np.max, "first": lambda tokens, axis: tokens[:, 0]}
EACH_POOL = pytest.mark.parametrize("pool", POOLED)


def tokens(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    """Patches of 4×4 pixels, so 4 tokens of images of 8×8."""
    from keras import layers

    x = layers.Conv2D(3, 4, strides=4, name="patch_conv")(inputs)
    return layers.Reshape((-1, 3), name="patch_tokens")(x)


@pytest.fixture
def tokened(build: Build) -> Callable[..., Classifier]:
    return lambda pool, **options: build(architecture_of(tokens, "tokens", pool=pool), **options)


def features_of(classifier: Classifier) -> np.ndarray:
    features = keras.Model(classifier.network.inputs[0], classifier.features)
    return np.asarray(features.predict(PIXELS, verbose=0))


@EACH_POOL
def test_the_head_pools_tokens(tokened: Callable, pool: str) -> None:
    classifier = tokened(pool)
    output = classifier.network.get_layer("head_output")
    pooled = keras.Model(classifier.network.inputs[0], output.input).predict(PIXELS, verbose=0)
    assert classifier.head[0] == "head_pooling"
    assert classifier.features.shape == (None, 4, 3)
    np.testing.assert_allclose(pooled, POOLED[pool](features_of(classifier), axis=1), rtol=1e-6)


@EACH_POOL
def test_stored_and_loaded_it_gets_a_new_head_of_the_same_pool(tokened: Callable, pool: str) -> None:
    """Without its plugin."""
    classifier = tokened(pool)
    again = from_content(to_content(classifier))
    before, after = (each.network.predict(PIXELS, verbose=0) for each in (classifier, again))
    assert np.array_equal(before, after)
    renewed = new_head(rebuild(again, image_size=8, channels=1, keep_head=False), OTHER_HEAD, ("a", "b", "c"))
    kinds = [
        [type(each.network.get_layer(name)).__name__ for name in each.head] for each in (classifier, renewed)
    ]
    assert kinds[1] == [kind for kind in kinds[0] if kind not in ("Dropout", "Dense")] + ["Dense", "Dense"]


@pytest.mark.parametrize("pool", ["avg", "max"])
def test_a_kept_head_fits_other_numbers_of_tokens(tokened: Callable, pool: str) -> None:
    rebuilt = rebuild(tokened(pool), image_size=12, channels=1)
    assert rebuilt.features.shape == (None, 9, 3)


def test_a_kept_head_that_cuts_out_the_first_token_fits_one_size(tokened: Callable) -> None:
    classifier = tokened("first")
    with pytest.raises(ZooError, match="give --head new, or leave --image-size out"):
        rebuild(classifier, image_size=12, channels=1)
    rebuilt = rebuild(classifier, image_size=12, channels=1, keep_head=False)
    assert new_head(rebuilt, OTHER_HEAD, ("a", "b")).network.output_shape == (None, 2)


@EACH_POOL
def test_where_the_backbone_is_frozen_its_pooled_tokens_cross_the_frontier(
    tokened: Callable, pool: str
) -> None:
    classifier = tokened(pool)
    freeze(classifier, "all")
    frontier = find_frontier(classifier)
    assert frontier is not None
    assert frontier.shapes == ((3,),)


def test_tokens_without_a_pool_are_refused(tokened: Callable) -> None:
    with pytest.raises(ContractError) as caught:
        tokened(None)
    assert str(caught.value).startswith(
        "architecture 'tokens': its features are tokens, (None, 4, 3): write pool='avg', 'max' or 'first' (the class "
        f"token) into its Architecture, or pool them in the backbone ({__file__}:"
    )


def test_the_first_of_an_unknown_number_of_tokens_is_refused() -> None:
    with pytest.raises(ContractError, match="return tokens of a fixed number"):
        pooling_layers(keras.Input((None, 3)), "avg", "first")


def test_the_hyperparameter_pooling_is_not_searched() -> None:
    """As it is not where features are a vector."""
    space = explored(architecture_of(tokens, pool="avg"), image_size=8, channels=1)
    (pooling,) = (hp for hp in space.space if hp.name == "pooling")
    assert type(pooling).__name__ == "Fixed"
