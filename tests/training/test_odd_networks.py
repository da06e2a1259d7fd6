"""Valid networks unlike those that zoo ships train alike, bit for bit, on cached activations and on pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.architectures import architecture_of
from tests.training.odd_networks import ODD
from tests.training.small_parts import COMPUTED, OFF, ON, train
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Architecture

# The others train in the large tests only.
QUICK = ("patches that cross", "windows as batch", "losses on both sides")


@pytest.fixture(autouse=True, scope="module")
def _as_every_training_begins() -> None:
    start_fresh(1)


def architecture(name: str) -> Architecture:
    return architecture_of(lambda hp, inputs, *, weights=None: ODD[name].body(inputs), "odd")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.large) for name in ODD]
)
def test_it_trains_alike_on_cached_activations_and_on_pixels(
    name: str, data: DecodedDataset, cache: Path
) -> None:
    odd = ODD[name]
    on, off = (
        train(data=data, features=mode, architecture=architecture(name), freeze=odd.freeze)
        for mode in (ON, OFF)
    )
    assert on.trained_as(off)
    # TensorFlow 2.18 rounds an LSTM otherwise in predict than while activations are computed.
    np.testing.assert_allclose(on.evaluation.probabilities, off.evaluation.probabilities, rtol=0, atol=1e-6)
    if odd.obstacle:
        assert on.watcher.notices[-1] == COMPUTED + odd.obstacle
    assert cache.exists() == (on.watcher.computed > 0)
