"""The search space of a fine-tuning: how deep to freeze, in which phases, and how quickly to train."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keras_tuner import HyperParameters

    from zoo.interfaces import HyperparameterValue

ALL = "all"
MOST_POINTS = 4  # of many freeze points so many are searched, evenly spread


def freeze_depths(freeze_points: Sequence[str]) -> list[str]:
    """What of a network is worth freezing, the most first: of the points not the last one, which is all."""
    inner = list(freeze_points[:-1])
    if len(inner) > MOST_POINTS:
        inner = [inner[round(place * (len(inner) - 1) / (MOST_POINTS - 1))] for place in range(MOST_POINTS)]
    return [ALL, *reversed(inner), "none"]


def declare_schedules(
    hp: HyperParameters, depths: Sequence[str], epochs: int, *, new_head: bool, batchnorm: bool
) -> None:
    """Declare those of zoo's own hyperparameters that are worth searching from trained weights on.

    Those of the backbone's training have no effect where all of it is frozen, and are not searched there.

    Args:
        depths: what to freeze, as `freeze_depths` gives it, or the one thing that is held.
        epochs: of a trial.
        new_head: whether the head's shape is searched too.
        batchnorm: whether the network has BatchNormalization.
    """
    phases = epochs > 2  # fewer epochs have no room for several
    _choice(hp, "freeze", depths)
    hp.Float("learning_rate", 1e-5, 1e-2, sampling="log", default=1e-3)
    _choice(hp, "schedule", ["constant", "cosine"])
    _choice(hp, "warmup_epochs", [0, 1] if phases else [0])
    if new_head:
        for name in ("head_units", "dropout"):
            search = OWN[name].search
            assert search is not None  # noqa: S101  as their rows say
            search(hp)
    if open_depths := [depth for depth in depths if depth != ALL]:
        with hp.conditional_scope("freeze", open_depths):
            _choice(hp, "head_epochs", [0, epochs // 3] if phases else [0])
            _choice(hp, "unfreeze_epochs", [0, 1] if phases else [0])
            _choice(hp, "layer_decay", [1.0, 0.75, 0.5])
            _choice(hp, "batchnorm", ["train", "frozen"] if batchnorm else ["train"])


def _choice(hp: HyperParameters, name: str, values: Sequence[HyperparameterValue]) -> None:
    """The first one is the default; a single one is not searched."""
    if len(values) == 1:
        hp.Fixed(name, values[0])
    else:
        hp.Choice(name, list(values), default=values[0])
