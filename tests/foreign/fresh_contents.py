"""Loads stored contents in a process that has not built them: `python -m tests.foreign.fresh_contents STORE MANIFEST…`.

Prints a JSON object: the digest of each manifest -> a digest of the network's probabilities.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING

import numpy as np

from tests.foreign.networks import PLUGIN_FILES
from zoo.models.content import from_content
from zoo.plugins import load_plugins
from zoo.registry.artifacts import ArtifactStore
from zoo.registry.manifest import load_content
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from zoo.models.classifier import Classifier


def predicted(classifier: Classifier) -> str:
    """A digest of the probabilities for an image of noise."""
    shape = (1, classifier.image_size, classifier.image_size, classifier.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype("float32")
    return hashlib.sha256(np.asarray(classifier.network(pixels, training=False)).tobytes()).hexdigest()


def loaded(store: ArtifactStore, manifest: str) -> str:
    """The same of a stored network."""
    start_fresh(0)
    return predicted(from_content(load_content(store, manifest)))


if __name__ == "__main__":
    load_plugins(PLUGIN_FILES)
    folder, *manifests = sys.argv[1:]
    print(json.dumps({manifest: loaded(ArtifactStore(folder), manifest) for manifest in manifests}))
