"""Training on cached activations produces the same bits as training on pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.architectures import BRANCHING, DROPPING, TINY
from tests.training.small_parts import COMPUTED, OFF, ON, Trained, train
from zoo.interfaces import FeatureOptions, Sampling
from zoo.plugins import load_plugins
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.cache import DecodedDataset

BFLOAT16, FLOAT16 = (replace(TINY, dtype_policy=f"mixed_{name}") for name in ("bfloat16", "float16"))
pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture(autouse=True, scope="module")
def _as_every_training_begins() -> None:
    start_fresh(1)


@pytest.fixture(scope="module")
def memory() -> dict[str, Trained]:
    """Trainings on pixels, which several tests compare theirs with."""
    return {}


@pytest.fixture
def trained(data: DecodedDataset, memory: dict[str, Trained]) -> Callable[..., Trained]:
    """Train a new classifier whose first block is frozen."""

    def run(features: FeatureOptions, **options: Any) -> Trained:
        key = repr(options)
        if features is OFF and key in memory:
            return memory[key]
        result = train(**{"data": data, **options}, features=features)
        if features is OFF:
            memory[key] = result
        return result

    return run


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"freeze": "all", "output": "sigmoid", "sampling": Sampling(class_weights="balanced")},
        {"label_smoothing": 0.1, "sampling": Sampling(oversample=True, fraction=0.7)},
        {"schedule": "cosine", "optimizer": "sgd", "epochs": 3, "sampling": Sampling(steps_per_epoch=3)},
        {"freeze": "none", "head_epochs": 1, "layer_decay": 0.5, "weight_decay": 0.01},
        pytest.param({"architecture": BFLOAT16}, marks=pytest.mark.large),
        pytest.param({"architecture": FLOAT16}, marks=pytest.mark.large),
        pytest.param({"architecture": FLOAT16, "freeze": "all"}, marks=pytest.mark.large),
        {"architecture": replace(BRANCHING, dtype_policy="mixed_bfloat16"), "freeze": "until:block2_conv"},
    ],
    ids=[
        "plain",
        "sigmoid and class weights",
        "oversampled fraction",
        "steps",
        "two phases",
        "bfloat16",
        "float16",
        "all of float16",
        "branches of bfloat16",
    ],
)
def test_training_on_features_is_training_on_pixels(
    trained: Callable[..., Trained], options: dict[str, Any]
) -> None:
    on, off = trained(ON, **options), trained(OFF, **options)
    assert (on.watcher.computed > 0, off.watcher.computed) == (True, 0)
    assert on.same_as(off)


def test_early_stopping_ends_it_at_the_same_epoch(
    trained: Callable[..., Trained], data: DecodedDataset
) -> None:
    """Validation has its labels swapped, so the more is learned, the worse it gets there."""
    labels = data.labels.copy()
    labels[data.rows["validation"]] = 1 - labels[data.rows["validation"]]
    swapped = replace(data, labels=labels)
    on, off = (trained(mode, data=swapped, epochs=9, patience=1) for mode in (ON, OFF))
    assert (len(on.epochs) < 9, on.same_as(off)) == (True, True)


@pytest.mark.parametrize(
    ("before", "after", "options"),
    [
        (ON, ON, {"architecture": DROPPING}),
        (ON, OFF, {"architecture": DROPPING}),
        (OFF, ON, {"architecture": DROPPING}),
        (OFF, ON, {"architecture": FLOAT16, "freeze": "all"}),
    ],
)
def test_it_resumes_from_a_checkpoint_of_either_kind(
    trained: Callable[..., Trained], before: FeatureOptions, after: FeatureOptions, options: dict[str, Any]
) -> None:
    whole = trained(before, **options)
    rest = trained(after, **options, checkpoint=whole.checkpoints[0])
    assert len(rest.epochs) == 1
    assert replace(rest, epochs=whole.epochs[:1] + rest.epochs).same_as(whole)


def test_several_tensors_are_cached_where_several_cross(trained: Callable[..., Trained], cache: Path) -> None:
    on, off = (trained(mode, architecture=BRANCHING, freeze="until:block2_conv") for mode in (ON, OFF))
    assert (len(list(cache.glob("features/*/features-1.bin"))), on.same_as(off)) == (3, True)


def test_a_frozen_dropout_is_inactive_with_and_without_the_cache(trained: Callable[..., Trained]) -> None:
    on, off = trained(ON, architecture=DROPPING), trained(OFF, architecture=DROPPING)
    notice = "frozen, so not random in training: block1_drop"
    assert (on.watcher.notices[0], off.watcher.notices[0]) == (notice, notice)
    assert on.same_as(off)


def test_a_dropout_that_is_not_frozen_stays_active(trained: Callable[..., Trained]) -> None:
    on, off = (trained(mode, architecture=DROPPING, freeze="block1_conv") for mode in (ON, OFF))
    resting = trained(OFF, architecture=DROPPING)
    assert (on.same_as(off), on.same_as(resting)) == (True, False)


def test_a_second_training_computes_nothing_of_the_prefix(trained: Callable[..., Trained]) -> None:
    first, second = trained(ON), trained(ON)
    assert (first.watcher.computed, second.watcher.computed, second.watcher.notices) == (
        3,
        0,
        ["activations of frozen layers are in the cache already"],
    )
    assert second.same_as(first)


def test_no_room_in_the_cache_is_reported_and_costs_nothing_else(
    trained: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "10kB")
    on, off = trained(ON), trained(OFF)
    assert on.watcher.notices[-1] == (
        f"{COMPUTED}the cached activations need 32.8 kB, but the cache's limit is 10.0 kB: "
        "set ZOO_CACHE_LIMIT higher, or use --cache-dtype float16"
    )
    assert on.same_as(off)


def test_a_training_on_augmented_copies_is_repeated_bit_for_bit(trained: Callable[..., Trained]) -> None:
    copies = FeatureOptions("on", copies=2)
    once, again = (trained(copies, augmentation="light") for _ in range(2))
    assert (again.same_as(once), again.same_as(trained(OFF))) == (True, False)


SCALED = """
from zoo import Architecture, hookimpl


def scale(x):
    return x * {factor}


def backbone(hp, inputs, *, weights=None):
    import keras

    class Scaled(keras.layers.Layer):
        def call(self, x):
            return scale(x)

    x = keras.layers.Conv2D(2, 3, strides=2, name="block1_conv")(Scaled(name="block1_scaled")(inputs))
    return keras.layers.Conv2D(2, 3, name="block2_conv")(x)


@hookimpl
def zoo_architectures():
    return [Architecture("scaled", backbone, "a custom layer", "none", min_size=8, freeze_points=("block1",))]
"""


def test_another_function_beside_a_custom_layer_computes_activations_again(
    data: DecodedDataset, tmp_path: Path
) -> None:
    computed = []
    for factor in (2, 2, 3):
        (tmp_path / "scaled.py").write_text(SCALED.format(factor=factor))
        architecture = load_plugins(tmp_path).architecture("scaled")
        computed.append(train(data=data, features=ON, architecture=architecture, epochs=1).watcher.computed)
    assert computed[0] == computed[2] > computed[1] == 0
