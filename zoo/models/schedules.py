"""The search space of a fine-tuning: how deep to freeze, in which phases, and how quickly to train."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keras_tuner import HyperParameters

MOST_POINTS = 4  # of many freeze points so many are searched, evenly spread


def declare_schedules(
    hp: HyperParameters, freeze_points: Sequence[str], epochs: int, *, new_head: bool
) -> None:
    """Declare all of zoo's own hyperparameters, those worth searching from trained weights on as searched.

    Args:
        freeze_points: of the parent, from the pixels on.
        epochs: of a trial.
        new_head: whether the head's shape is searched too.
    """
    hp.Choice("freeze", ["all", *reversed(_spread(freeze_points)), "none"], default="all")
    hp.Float("learning_rate", 1e-5, 1e-2, sampling="log", default=1e-3)
    hp.Choice("schedule", ["constant", "cosine"])
    hp.Choice("warmup_epochs", [0, 1] if epochs > 2 else [0])
    hp.Choice("head_epochs", sorted({0, epochs // 3}))
    hp.Choice("unfreeze_epochs", [0, 1] if epochs > 2 else [0])
    hp.Choice("layer_decay", [1.0, 0.75, 0.5])
    hp.Choice("batchnorm", ["train", "frozen"])
    if new_head:
        for name in ("head_units", "dropout"):
            search = OWN[name].search
            assert search is not None  # noqa: S101  as their rows say
            search(hp)


def _spread(points: Sequence[str]) -> list[str]:
    """Some of the freeze points, but not the last one, which is all."""
    inner = list(points[:-1])
    if len(inner) <= MOST_POINTS:
        return inner
    return [inner[round(place * (len(inner) - 1) / (MOST_POINTS - 1))] for place in range(MOST_POINTS)]
