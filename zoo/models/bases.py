"""Reuses a backbone in several trials, so that pre-trained weights are loaded once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import keras
import numpy as np

from zoo.models.pretrained.report import recorded, report

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from zoo.models.classifier import Classifier


class Bases:
    """The network that was built last, reused in the state in which it was built.

    It is for networks with pre-trained weights, which do not depend on random numbers. Any other random value in them
    is drawn from seed 0. Random numbers drawn later are the same whether a network was built or reused.
    """

    def __init__(self) -> None:
        self._key: Hashable = None
        self._base: _Base | None = None

    def get(self, key: Hashable, build: Callable[[], Classifier]) -> Classifier:
        """Return the network of this key, and build it unless it was the last one. Earlier networks become invalid.

        Args:
            key: everything that `build` depends on.
        """
        seed = random.getrandbits(32)
        if self._base is None or key != self._key:
            self._base = None  # frees its memory before the next is built
            keras.utils.clear_session(free_memory=False)  # Keras numbers layers from the start again
            keras.utils.set_random_seed(0)
            self._key, self._base = key, _Base(build)
        else:
            self._base.report()
        keras.utils.set_random_seed(seed)
        self._base.restore()
        return self._base.classifier


class _Base:
    """A classifier and the state in which it was built."""

    def __init__(self, build: Callable[[], Classifier]) -> None:
        with recorded() as self._reports:
            self.classifier = build()
        network = self.classifier.network
        self._tensors = [
            (variable, variable.numpy()) for layer in network.layers for variable in layer.variables
        ]
        # Keras has no public name for the calls of a layer.
        self._calls = [
            (calls, len(calls))
            for operation in network.operations
            for calls in (operation._inbound_nodes, operation._outbound_nodes)
        ]

    def report(self) -> None:
        """Report the weights that were loaded, as if it had been built again."""
        for loaded in self._reports:
            report(loaded)

    def restore(self) -> None:
        """Put the classifier back into that state, with new seeds for its random layers.

        Calls on its tensors since then are removed; otherwise it would keep every head in memory.
        """
        for calls, count in self._calls:
            del calls[count:]
        for variable, tensor in self._tensors:
            if variable.name == "seed_generator_state":
                variable.assign([random.getrandbits(32), 0])
            elif not np.array_equal(variable.numpy(), tensor):  # comparing is quicker than assigning
                variable.assign(tensor)
