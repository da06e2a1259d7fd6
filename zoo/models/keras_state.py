"""Keras's count of layer names and the random states of this process, put aside while further networks are built."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from keras.src.backend.common import global_state

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def state_put_aside(*, names_built: int = 0) -> Iterator[None]:
    """Count names of layers from another start in the body; afterwards names and random numbers go on as without it.

    Keras keeps both in its global state, for which it has no public names. TensorFlow's own random state, which Keras
    does not use, is left as the body leaves it.

    Args:
        names_built: as if so many layers of each class had been built; 0: as in a new process.
    """
    names = ("object_name_uids", "global_seed_generator")
    values = {name: global_state.get_global_attribute(name) for name in names}
    states = random.getstate(), np.random.get_state()
    global_state.set_global_attribute("object_name_uids", defaultdict(partial(int, names_built)))
    global_state.set_global_attribute("global_seed_generator", None)
    try:
        yield
    finally:
        for name, value in values.items():
            global_state.set_global_attribute(name, value)
        random.setstate(states[0])
        np.random.set_state(states[1])
