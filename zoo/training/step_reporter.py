"""Reports progress within an epoch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import keras

from zoo.interfaces import EpochProgress, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

REPORTS_EVERY = 0.1  # seconds


class StepReporter(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Reports steps of an epoch, at most ten times a second.

    It reports when a batch begins. For a callback at the end of a batch, Keras would compute the metrics after each
    batch in the thread that trains, instead of in parallel.
    """

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress
        self._epoch = 0
        self._reported = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        self._epoch = epoch + 1

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        now = time.monotonic()
        if now - self._reported >= REPORTS_EVERY:
            self._reported = now
            self._progress.epoch_advanced(EpochProgress(self._epoch, batch, self.params["steps"]))
