"""What the tests of kept features share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.cache import DecodedDataset


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def data(decoded: DecodedDataset) -> DecodedDataset:
    """More images of the first class than of the second among those for training."""
    labels = decoded.labels.copy()
    labels[:32] = np.arange(32) % 4 == 3
    return replace(decoded, labels=labels, name="gray", fingerprint="gray images")
