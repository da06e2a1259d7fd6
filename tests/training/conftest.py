"""The images of the tests of kept features."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset


@pytest.fixture
def data(decoded: DecodedDataset) -> DecodedDataset:
    """More images of the first class than of the second among those for training."""
    labels = decoded.labels.copy()
    labels[:32] = np.arange(32) % 4 == 3
    return replace(decoded, labels=labels, name="gray", fingerprint="gray images")
