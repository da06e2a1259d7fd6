"""A metric that differs where any bit of the predictions differs, so that two processes can be compared by it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from zoo.interfaces.metrics import METRICS, Metric

if TYPE_CHECKING:
    from zoo.training.evaluate import Predictions

BITS = Metric("bits", "a digest of the probabilities", "min", of_split=f"{__name__}:digest")


def digest(predictions: Predictions) -> float:
    """The first 48 bits of the SHA-256 of the probabilities, which a float represents exactly."""
    return float(int.from_bytes(hashlib.sha256(predictions.probabilities.tobytes()).digest()[:6]))


def measure_bits() -> None:
    """Measure it wherever metrics of a split are measured in this process."""
    METRICS[BITS.name] = BITS
