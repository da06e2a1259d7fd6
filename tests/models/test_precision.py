"""Backbones that compute in 16 bits."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.architectures import TINY, architecture_of
from zoo.models.content import from_content, to_content
from zoo.models.heads import new_head, with_classes
from zoo.models.inputs import rebuild
from zoo.models.precision import coarsest_rounding, computes_in_float16, dtype_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

    Build = Callable[..., Classifier]

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype(np.float32)
MIXED = pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])


@pytest.fixture
def mixed(build: Build) -> Callable[[str], Classifier]:
    return lambda policy: build(replace(TINY, dtype_policy=policy), head_units="8")


@MIXED
def test_the_backbone_computes_in_16_bits_and_the_head_in_32(mixed: Callable, policy: str) -> None:
    classifier = mixed(policy)
    policies = {layer.name: layer.dtype_policy.name for layer in classifier.network.layers[1:]}
    assert {policies.pop(name) for name in classifier.head} == {"float32"}
    assert set(policies.values()) == {policy}
    assert classifier.features.dtype == policy.removeprefix("mixed_")
    assert classifier.network.outputs[0].dtype == "float32"
    assert {str(variable.dtype) for variable in classifier.network.weights} == {"float32"}


def test_the_policy_of_the_process_is_as_before(mixed: Callable) -> None:
    mixed("mixed_bfloat16")
    assert keras.config.dtype_policy().name == "float32"


def test_it_is_as_before_after_a_failure(build: Build) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        build(architecture_of(backbone, dtype_policy="mixed_float16"))
    assert keras.config.dtype_policy().name == "float32"


def test_the_output_is_float32_whatever_the_policy_of_the_process(build: Build) -> None:
    with dtype_policy("mixed_float16"):
        assert build().network.outputs[0].dtype == "float32"


@MIXED
def test_stored_and_loaded_it_returns_the_same_bits(mixed: Callable, policy: str) -> None:
    classifier = mixed(policy)
    again = from_content(to_content(classifier))
    assert [layer.dtype_policy.name for layer in again.network.layers] == [
        layer.dtype_policy.name for layer in classifier.network.layers
    ]
    before, after = (each.network.predict(PIXELS, verbose=0) for each in (classifier, again))
    assert np.array_equal(before, after)


@MIXED
def test_a_new_head_and_new_classes_are_float32(mixed: Callable, policy: str) -> None:
    classifier = mixed(policy)
    hp = {"pooling": "max", "head_units": "0", "dropout": 0, "output": "softmax"}
    for changed in (new_head(classifier, hp, ("a", "b")), with_classes(classifier, ("a", "class0"))):
        assert changed.features.dtype == policy.removeprefix("mixed_")
        assert changed.network.outputs[0].dtype == "float32"


@MIXED
def test_rebuilt_for_other_images_it_keeps_its_policy(mixed: Callable, policy: str) -> None:
    rebuilt = rebuild(mixed(policy), image_size=12, channels=3)
    assert rebuilt.features.dtype == policy.removeprefix("mixed_")
    assert rebuilt.network.outputs[0].dtype == "float32"


def test_only_16_bit_networks_are_computed_without_fused_operations(mixed: Callable, build: Build) -> None:
    """Wherever they come from."""
    fuses = []
    for make in (
        build,
        partial(mixed, "mixed_bfloat16"),
        build,
        partial(mixed, "mixed_float16"),
        partial(from_content, to_content(build())),
        partial(from_content, to_content(mixed("mixed_float16"))),
    ):
        make()
        fuses.append(tf.config.optimizer.get_experimental_options()["remapping"])
    assert fuses == [True, False, True, False, True, False]


@pytest.mark.parametrize(
    ("policy", "rounding"), [("float32", 2**-23), ("mixed_float16", 2**-10), ("mixed_bfloat16", 2**-7)]
)
def test_the_coarsest_rounding(mixed: Callable, policy: str, rounding: float) -> None:
    assert coarsest_rounding(mixed(policy).network) == rounding


def test_float16_is_found_in_layers_within_layers() -> None:
    pixels = keras.Input((4, 8))
    inner = keras.layers.Dense(2, dtype="mixed_float16")
    wrapped = keras.Model(pixels, keras.layers.TimeDistributed(inner)(pixels))
    assert computes_in_float16(wrapped)
    assert not computes_in_float16(keras.Model(pixels, keras.layers.Dense(2, dtype="mixed_bfloat16")(pixels)))
