"""Keeps what the classifiers of several trials stand on: a backbone with given weights, built and loaded once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from zoo.models.classifier import Classifier


class Bases:
    """The network that was built last, to be had again as it was then.

    Its weights must not depend on what is drawn at random, so it is for networks that are given theirs. What it draws
    all the same is drawn from seed 0. After it, random numbers are the same whether it was built or kept.
    """

    def __init__(self) -> None:
        self._key: Hashable = None
        self._kept: _Kept | None = None

    def get(self, key: Hashable, build: Callable[[], Classifier]) -> Classifier:
        """The network of this key, built if it is not the one that is kept; one had before is not to be used any more.

        Args:
            key: of all that `build` depends on.
        """
        seed = random.getrandbits(32)
        if self._kept is None or key != self._key:
            self._kept = None  # before another takes its room
            keras.utils.clear_session(free_memory=False)  # Keras numbers layers anew
            keras.utils.set_random_seed(0)
            self._key, self._kept = key, _Kept(build())
        keras.utils.set_random_seed(seed)
        self._kept.restore()
        return self._kept.classifier


class _Kept:
    """A classifier, and what it was when it was built."""

    def __init__(self, classifier: Classifier) -> None:
        network = classifier.network
        self.classifier = classifier
        self._tensors = [
            (variable, variable.numpy()) for layer in network.layers for variable in layer.variables
        ]
        # Keras has no public name for the calls of a layer.
        self._calls = [
            (calls, len(calls))
            for operation in network.operations
            for calls in (operation._inbound_nodes, operation._outbound_nodes)
        ]

    def restore(self) -> None:
        """Make it so again, but for the states of random draws, which are drawn.

        Whatever was called on its tensors since is forgotten: else it would hold each head that it ever had.
        """
        for calls, count in self._calls:
            del calls[count:]
        for variable, tensor in self._tensors:
            if variable.name == "seed_generator_state":
                variable.assign([random.getrandbits(32), 0])
            elif not np.array_equal(variable.numpy(), tensor):  # to look is quicker than to assign
                variable.assign(tensor)
