"""After each epoch of a training: report it, make its checkpoint, and remember the best weights."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from zoo.errors import TrainingError
from zoo.interfaces import Epoch, Objective
from zoo.training.checkpoint import Checkpoint, assign, belongs, changing_variables, pack, unpack, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    OnEpoch = Callable[[Epoch, Callable[[], bytes]], bool]

CALLBACK_STATE = ("wait", "best", "cooldown_counter")  # attributes of EarlyStopping and ReduceLROnPlateau


class History(NamedTuple):
    """The epochs of a training so far.

    Args:
        epochs: all so far.
        best: one of them; the network has its weights.
        ended: `on_epoch` has ended the training.
    """

    epochs: tuple[Epoch, ...] = ()
    best: Epoch | None = None
    ended: bool = False


class EpochTracker(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Reports each epoch, ends a training whose loss is NaN or infinite, and keeps the weights of the best epoch.

    Keras's EarlyStopping would keep the first of equally good epochs. Where the objective is an accuracy on few
    images many are equal, and the one with the lower validation loss is the better model.

    Args:
        network: compiled, and its optimizer built.
        others: callbacks with a state. They must come before this one, which stores their state.
        on_epoch: see `zoo.training.fit.fit`.
        checkpoint: of an earlier process; one that is damaged or of another network is ignored.
        history: of the training's earlier phases, whose best weights the network has.
    """

    def __init__(
        self,
        network: keras.Model,
        objective: Objective,
        others: Sequence[keras.callbacks.Callback],
        on_epoch: OnEpoch,
        checkpoint: bytes | None = None,
        history: History | None = None,
    ) -> None:
        super().__init__()
        self.objective, self.others, self.on_epoch = objective, others, on_epoch
        self.variables, self.optimizer = changing_variables(network), network.optimizer
        self.began = 0.0
        self.resumed = self._read(network, checkpoint)
        before = self.resumed or history or History()
        self.epochs: list[Epoch] = list(before.epochs)
        self.best, self.ended = before.best, False
        self.best_values = self.resumed.best_network if self.resumed else values_of(self.variables)

    @property
    def stopped(self) -> bool:
        """Whether early stopping had ended the training before the checkpoint."""
        return self.resumed is not None and self.resumed.stopped

    def take_best(self) -> History:
        """Set the network's weights to those of the best epoch; without an epoch they stay."""
        assign(self.variables, self.best_values)
        return History(tuple(self.epochs), self.best, self.ended)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        if self.resumed is None:
            return
        assign(self.variables, self.resumed.network)
        assign(self.optimizer.variables, self.resumed.optimizer)
        for callback in self.others:  # which have just reset their state
            vars(callback).update(self.resumed.callbacks[type(callback).__name__])

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        metrics.setdefault("learning_rate", float(self.optimizer.learning_rate))
        record = Epoch(epoch + 1, metrics, time.perf_counter() - self.began)
        _check_losses(record)
        self.epochs.append(record)
        if self._is_best(record):
            self.best, self.best_values = record, values_of(self.variables)
        if self.on_epoch(record, self._checkpoint):
            self.ended = self.model.stop_training = True

    def _is_best(self, epoch: Epoch) -> bool:
        if self.best is None:
            return True
        score, best = epoch.metrics[self.objective.name], self.best.metrics[self.objective.name]
        if score == best:
            return epoch.metrics["val_loss"] < self.best.metrics["val_loss"]
        return self.objective.better(score, best)

    def _checkpoint(self) -> bytes:
        """Return the checkpoint of the epoch that has just ended."""
        best = self.best or self.epochs[-1]
        return pack(
            Checkpoint(
                epochs=tuple(self.epochs),
                best=best,
                stopped=self.model.stop_training,
                callbacks={type(callback).__name__: _state_of(callback) for callback in self.others},
                network=values_of(self.variables),
                best_network=self.best_values,
                optimizer=values_of(self.optimizer.variables),
            )
        )

    def _read(self, network: keras.Model, blob: bytes | None) -> Checkpoint | None:
        stored = unpack(blob) if blob is not None else None
        checkpoint = stored.of(network) if stored is not None else None
        if checkpoint is None or not (
            belongs(checkpoint.network, self.variables)
            and belongs(checkpoint.best_network, self.variables)
            and belongs(checkpoint.optimizer, self.optimizer.variables)
            and checkpoint.callbacks.keys() == {type(callback).__name__ for callback in self.others}
        ):
            return None
        return checkpoint


def _state_of(callback: keras.callbacks.Callback) -> dict[str, Any]:
    return {name: getattr(callback, name) for name in CALLBACK_STATE if hasattr(callback, name)}


def _check_losses(epoch: Epoch) -> None:
    for name in ("loss", "val_loss"):
        value = epoch.metrics[name]
        if not math.isfinite(value):
            raise TrainingError(
                f"the {name} became {'NaN' if math.isnan(value) else 'infinite'} in epoch {epoch.number}: "
                "try a lower learning_rate (--set learning_rate=…)"
            )
