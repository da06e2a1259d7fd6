"""The progress of an epoch as a training reports it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import keras
import numpy as np

from zoo.interfaces import EpochProgress, Progress
from zoo.training import step_reporter
from zoo.training.step_reporter import StepReporter

if TYPE_CHECKING:
    import pytest

    from zoo.interfaces import Run


class Watcher(Progress):
    def __init__(self) -> None:
        self.steps: list[EpochProgress] = []

    def epoch_advanced(self, progress: EpochProgress, run: Run | None = None) -> None:
        self.steps.append(progress)


def fit(watcher: Watcher, *, steps: int = 5, pause: float = 0.0) -> None:
    """Two epochs."""
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile(loss="mse")
    slow = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: time.sleep(pause))
    images = np.zeros((steps, 2), np.float32)
    network.fit(
        images, images[:, :1], batch_size=1, epochs=2, callbacks=[StepReporter(watcher), slow], verbose=0
    )


def test_each_step_of_each_epoch_is_reported_where_steps_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_reporter, "REPORTS_EVERY", 0.0)
    fit(watcher := Watcher())
    assert watcher.steps == [EpochProgress(epoch, step, 5) for epoch in (1, 2) for step in range(5)]


def test_quick_steps_are_reported_at_most_ten_times_a_second() -> None:
    began = time.monotonic()
    fit(watcher := Watcher(), steps=100, pause=0.003)
    assert 2 <= len(watcher.steps) <= (time.monotonic() - began) / 0.1 + 1
