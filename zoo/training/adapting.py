"""Prepares a backbone on training images before the first epoch, as its architecture says."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from zoo.data.batches import split_batches, training_rows
from zoo.models.backbone_errors import call_watched, reported
from zoo.models.normalization import finalize

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Architecture, CandidatePlan, Sampling
    from zoo.models.classifier import Classifier

MOST_IMAGES = 4096  # enough for means and variances of channels, in seconds
BATCH = 32


def adapts(architecture: Architecture, candidate: CandidatePlan) -> bool:
    """Whether the architecture adapts this network: it has `adapt`, and the weights are random.

    Pre-trained weights and those of a parent include what they were adapted to.
    """
    return architecture.adapt is not None and candidate.weights is None and candidate.parent_id is None


def adapt(
    classifier: Classifier, architecture: Architecture, decoded: DecodedDataset, sampling: Sampling
) -> None:
    """Call `Architecture.adapt` on the first training images.

    They come in the order of their digests, so they are a random sample, and the same ones in each trial and when a
    training is resumed.

    Raises:
        ContractError: it fails.
    """
    rows = training_rows(decoded.split("train"), sampling)[:MOST_IMAGES]
    sample = replace(decoded, rows={**decoded.rows, "train": rows})
    batches = split_batches(sample, "train", BATCH)
    adapt_to(classifier, architecture, batches.map(lambda pixels, _: tf.cast(pixels, tf.float32)))


def adapt_to(classifier: Classifier, architecture: Architecture, images: Any) -> None:  # a tf.data.Dataset
    """Call `Architecture.adapt` with the backbone and these batches of images.

    Raises:
        ContractError: it fails.
    """
    if architecture.adapt is None:
        return
    backbone = keras.Model(classifier.network.inputs[0], classifier.features, name="backbone")
    adapt = partial(architecture.adapt, backbone, images)
    with reported(architecture, "adapt failed", architecture.adapt), redirect_stdout(sys.stderr):
        call_watched(architecture, adapt, "its adapt has been running", limited=False)
    finalize(backbone)
