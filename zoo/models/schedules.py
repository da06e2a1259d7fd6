"""The search space of a fine-tuning: how much to freeze, the phases, and the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keras_tuner import HyperParameters

    from zoo.interfaces import HyperparameterValue

ALL = "all"
MOST_POINTS = 4  # at most so many freeze points are searched, evenly spread


def freeze_depths(freeze_points: Sequence[str]) -> list[str]:
    """Return the values of `freeze` to search, the most frozen first. The last freeze point is the same as `all`."""
    inner = list(freeze_points[:-1])
    if len(inner) > MOST_POINTS:
        inner = [inner[round(place * (len(inner) - 1) / (MOST_POINTS - 1))] for place in range(MOST_POINTS)]
    return [ALL, *reversed(inner), "none"]


def declare_schedules(
    hp: HyperParameters, depths: Sequence[str], epochs: int, *, new_head: bool, batchnorm: bool
) -> None:
    """Declare those of zoo's own hyperparameters that are worth searching when training starts from trained weights.

    Those of the backbone's training have no effect where all of it is frozen, and are inactive there.

    Args:
        depths: values of `freeze`, as `freeze_depths` returns them, or a single fixed one.
        epochs: of a trial.
        new_head: whether the head's shape is searched too.
        batchnorm: whether the network has BatchNormalization.
    """
    phases = epochs > 2  # fewer epochs cannot be divided
    _choice(hp, "freeze", depths)
    hp.Float("learning_rate", 1e-5, 1e-2, sampling="log", default=1e-3)
    _choice(hp, "schedule", ["constant", "cosine"])
    _choice(hp, "warmup_epochs", [0, 1] if phases else [0])
    if new_head:
        for name in ("head_units", "dropout"):
            search = OWN[name].search
            assert search is not None  # noqa: S101  as their rows say
            search(hp)
    if partial_depths := [depth for depth in depths if depth != ALL]:
        with hp.conditional_scope("freeze", partial_depths):
            _choice(hp, "head_epochs", [0, epochs // 3] if phases else [0])
            _choice(hp, "unfreeze_epochs", [0, 1] if phases else [0])
            _choice(hp, "layer_decay", [1.0, 0.75, 0.5])
            _choice(hp, "batchnorm", ["train", "frozen"] if batchnorm else ["train"])


def _choice(hp: HyperParameters, name: str, values: Sequence[HyperparameterValue]) -> None:
    """Declare a choice whose default is the first value; a single value is not searched."""
    if len(values) == 1:
        hp.Fixed(name, values[0])
    else:
        hp.Choice(name, list(values), default=values[0])
