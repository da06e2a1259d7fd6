"""The phases of a training: which layers train from which epoch on, and how quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import keras

from zoo.interfaces.stages import HEAD
from zoo.models.freezing import resolve_freeze
from zoo.models.stages import stages
from zoo.training.optimizers import ScheduleSpan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.interfaces import Hyperparameters
    from zoo.models.classifier import Classifier


class Phase(NamedTuple):
    """Epochs in which the same layers train.

    Args:
        start, stop: numbers of epochs, from 0.
        frozen: layers that do not train yet, besides those that are frozen for the whole training.
        factor: of the learning rate.
        origin: the epoch in which the learning rate's schedule began; None: the rate is constant.
        first: name of the first stage that trains, where some do not yet.
    """

    start: int
    stop: int
    frozen: tuple[keras.layers.Layer, ...] = ()
    factor: float = 1.0
    origin: int | None = 0
    first: str | None = None

    def schedule_span(self, steps: int, epochs: int, initial_epoch: int, warmup_epochs: int) -> ScheduleSpan:
        """Return the part of the learning rate's schedule in this phase.

        Args:
            steps: of an epoch.
            epochs: of the whole training.
            initial_epoch: those that an earlier training has done; the schedule starts over after them.
        """
        if self.origin is None:
            return ScheduleSpan(steps * (self.stop - self.start), factor=self.factor)
        origin = max(self.origin, initial_epoch)
        return ScheduleSpan(
            steps * (epochs - origin),
            steps * (max(self.start, origin) - origin),
            steps * warmup_epochs,
            self.factor,
        )

    def __str__(self) -> str:
        """`epochs 1–3: the head`."""
        single = self.stop == self.start + 1
        when = f"epoch {self.stop}" if single else f"epochs {self.start + 1}–{self.stop}"
        if self.first is None:
            return f"{when}: all that is not frozen"
        return f"{when}: {'the head' if self.first == HEAD else f'all from {self.first} on'}"


def plan_phases(classifier: Classifier, hyperparameters: Hyperparameters, epochs: int) -> tuple[Phase, ...]:
    """Return the phases in their order, up to `epochs`; in the last one all that is not frozen trains.

    First `head_epochs` for the head alone. Then the stages are unfrozen gradually, from the head on, one every
    `unfreeze_epochs` (Howard & Ruder 2018, section 3.3); or all at once where that is 0. After the head's epochs
    the learning rate is multiplied by `unfreeze_rate`.
    """
    head_epochs, each = int(hyperparameters["head_epochs"]), int(hyperparameters["unfreeze_epochs"])
    set_trainable(classifier, hyperparameters)
    *backbone, _ = stages(classifier)
    training = [stage for stage in backbone if any(layer.trainable_variables for layer in stage[1])]
    factor = float(hyperparameters["unfreeze_rate"]) if head_epochs and training else 1.0
    if not training:
        return (Phase(0, epochs),)
    names = [*(name for name, _ in training), HEAD]

    def frozen(number: int) -> tuple[keras.layers.Layer, ...]:
        return tuple(layer for _, layers in training[:number] for layer in layers)

    phases = [Phase(0, head_epochs, frozen(len(training)), origin=None, first=HEAD)]
    for number in range(len(training) - 1 if each else 0, 0, -1):
        start = phases[-1].stop
        phases.append(Phase(start, start + each, frozen(number), factor, head_epochs, names[number]))
    phases.append(Phase(phases[-1].stop, epochs, (), factor, head_epochs))
    cut = (phase._replace(stop=min(phase.stop, epochs)) for phase in phases)
    return tuple(phase for phase in cut if phase.start < phase.stop)


def describe_phases(classifier: Classifier, hyperparameters: Hyperparameters, epochs: int) -> str:
    """Return the plan in words, `epochs 1–3: the head; epochs 4–9: all that is not frozen`; empty for one phase."""
    phases = plan_phases(classifier, hyperparameters, epochs)
    if phases == (Phase(0, epochs),):
        return ""
    never = ("the rest never trains, since the training ends before",) if phases[-1].frozen else ()
    return "; ".join((*map(str, phases), *never))


def set_trainable(
    classifier: Classifier, hyperparameters: Hyperparameters, frozen: Sequence[keras.layers.Layer] = ()
) -> None:
    """Freeze the layers of the hyperparameters `freeze` and `batchnorm`, and these; all others train."""
    resolve_freeze(classifier, str(hyperparameters["freeze"])).apply()
    for layer in frozen:
        layer.trainable = False
    if hyperparameters["batchnorm"] == "frozen":
        for layer in classifier.network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
