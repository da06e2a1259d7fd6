"""The size of a model and the time of its training, as objectives."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.interfaces import ModelContent
from zoo.training import costs

CONTENT = ModelContent(
    graph={},
    image_size=8,
    channels=1,
    class_names=("a", "b"),
    head=(),
    freeze_points=(),
    tensors={"front/kernel": np.zeros((3, 4), np.float32), "back/kernel": np.zeros(5, np.float16)},
    trainable=("back/kernel",),
)


@pytest.mark.parametrize(
    ("cost", "value"),
    [("params", 17), ("trainable_params", 5), ("megabytes", (12 * 4 + 5 * 2) / 1e6), ("seconds", 2.5)],
)
def test_a_cost_has_its_value(cost: str, value: float) -> None:
    assert getattr(costs, cost)(CONTENT, 2.5) == pytest.approx(value)
