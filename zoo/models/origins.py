"""Where the values of a backbone's variables come from, if it loads weights without `zoo.load_weights`."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np

from zoo.errors import ContractError
from zoo.models.call_outputs import equal_bits
from zoo.models.keras_state import state_put_aside
from zoo.models.variables import named_variables
from zoo.plugin_code.places import definition_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Architecture

SEED = 1  # of the networks to compare with, which is not that of any backbone with weights, see `zoo.models.bases`
SHOWN = 2  # names of variables in a summary


@dataclass(frozen=True)
class Origins:
    """The names of a backbone's variables by the origin of their values.

    Args:
        loaded: those that have other values without the weights, and no random ones with them.
        random: those whose values depend on the random numbers.
        unchanged: those that have the same values without the weights, such as zeros and ones.
    """

    loaded: tuple[str, ...]
    random: tuple[str, ...]
    unchanged: tuple[str, ...]

    def summary(self, weights: str) -> str:
        """Return in one line how many variables were loaded, like `zoo.models.pretrained.report.WeightsReport`."""
        parts = ((self.random, "with random values"), (self.unchanged, "as without weights"))
        rest = "".join(f", {len(names)} {what} ({_some(names)})" for names, what in parts if names)
        total = len(self.loaded) + len(self.random) + len(self.unchanged)
        return f"weights of {weights}: {len(self.loaded)} of {total} variables loaded by the backbone itself{rest}"


def require_loaded(origins: Origins, architecture: Architecture, weights: str) -> None:
    """Refuse a backbone none of whose variables comes from the weights.

    Args:
        weights: their name or path, for the message.

    Raises:
        ContractError: no variable was loaded.
    """
    if not origins.loaded:
        where = definition_of(architecture.backbone)
        raise ContractError(
            f"architecture '{architecture.name}': its backbone loads nothing of the weights {weights}{where}: load "
            "them there, as with zoo.load_weights(features, weights), or leave --weights out"
        )


def find_origins(
    network: keras.Model, weights: str, build: Callable[[str | None], keras.Model]
) -> Origins | None:
    """Return where the values of the network's variables come from, after two further builds of the network.

    A variable that has other values in a build with the same weights and another seed is random. One that has other
    values in a build without weights, and is not random, was loaded. Names of layers and random numbers go on as if
    nothing else had been built, except for TensorFlow's own random state.

    Args:
        network: a backbone without a head, as built after `keras.utils.set_random_seed` with another seed than `SEED`
            and with no layer counted before.
        weights: those that it got.
        build: builds it once more, with these weights or without any.

    Returns:
        The origins; None if the network cannot be built again, or not without weights.
    """
    try:
        steady = _equal_variables(network, build, weights)
        initial = _equal_variables(network, build, None)
    except KeyboardInterrupt:
        raise
    except BaseException:  # a third-party backbone may need weights, and may raise anything
        return None
    variables = named_variables(network)
    random = tuple(name for name in variables if not steady.get(name, False))
    rest = [name for name in variables if steady.get(name, False)]
    unchanged = tuple(
        name for name in rest if (initial[name] if name in initial else _is_constant(variables[name]))
    )
    return Origins(tuple(name for name in rest if name not in unchanged), random, unchanged)


def _equal_variables(
    network: keras.Model, build: Callable[[str | None], keras.Model], weights: str | None
) -> dict[str, bool]:
    """Return variable -> whether it has the same values in a further build, for those that this one has too."""
    with state_put_aside():
        keras.utils.set_random_seed(SEED)
        others = named_variables(build(weights))
    equal = {
        name: equal_bits(np.asarray(variable.numpy()), np.asarray(others[name].numpy()))
        for name, variable in named_variables(network).items()
        if name in others
    }
    del others
    gc.collect()  # a network has references to itself, and may be large
    return equal


def _is_constant(variable: keras.Variable) -> bool:
    """Whether all its elements are equal, as before a training in which they are zeros or ones."""
    values = variable.numpy()
    return bool(np.all(values == values.flat[:1]))


def _some(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''}"
