"""The report after each epoch and the choice of the best weights so far. Nothing is trained."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest

from zoo.errors import TrainingError
from zoo.interfaces import Epoch, Objective
from zoo.training.epoch_tracker import EpochTracker, History

if TYPE_CHECKING:
    from collections.abc import Callable

ACCURACY = Objective("val_accuracy", "max")


@pytest.fixture
def network() -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def track(
    network: keras.Model,
    *,
    on_epoch: Callable[..., bool] = lambda *_: False,
    checkpoint: bytes | None = None,
    history: History | None = None,
) -> EpochTracker:
    tracker = EpochTracker(network, ACCURACY, [], on_epoch, checkpoint, history)
    tracker.set_model(network)
    return tracker


def end_epoch(tracker: EpochTracker, number: int, accuracy: float, loss: float = 1.0) -> None:
    """End an epoch after which the network's weight is its number."""
    tracker.model.set_weights([np.full((1, 1), number)])
    tracker.on_epoch_begin(number - 1)
    tracker.on_epoch_end(number - 1, {"loss": 1.0, "val_accuracy": accuracy, "val_loss": loss})


def weight(network: keras.Model) -> float:
    return float(network.get_weights()[0].item())


def test_the_network_gets_the_weights_of_the_best_epoch(network: keras.Model) -> None:
    tracker = track(network)
    for number, accuracy in ((1, 0.5), (2, 0.9), (3, 0.7)):
        end_epoch(tracker, number, accuracy)
    history = tracker.take_best()
    assert (history.best.number, weight(network), len(history.epochs)) == (2, 2.0, 3)


def test_of_equally_accurate_epochs_the_one_with_the_lower_loss_is_best(network: keras.Model) -> None:
    tracker = track(network)
    for number, loss in ((1, 0.3), (2, 0.2), (3, 0.2)):
        end_epoch(tracker, number, 0.9, loss)
    assert tracker.take_best().best.number == 2


def test_an_epoch_with_a_value_is_better_than_one_without(network: keras.Model) -> None:
    tracker = track(network)
    for number, accuracy in ((1, math.nan), (2, 0.5), (3, math.nan)):
        end_epoch(tracker, number, accuracy)
    assert tracker.take_best().best.number == 2


def test_without_an_epoch_the_weights_stay(network: keras.Model) -> None:
    network.set_weights([np.full((1, 1), 7)])
    assert (track(network).take_best().best, weight(network)) == (None, 7.0)


def test_epochs_of_earlier_phases_count(network: keras.Model) -> None:
    earlier = Epoch(1, {"val_accuracy": 0.9, "val_loss": 0.1}, 1.0)
    tracker = track(network, history=History((earlier,), earlier))
    end_epoch(tracker, 2, 0.8)
    history = tracker.take_best()
    assert ([epoch.number for epoch in history.epochs], history.best) == ([1, 2], earlier)


def test_an_epoch_is_reported_with_its_rate_and_its_time(network: keras.Model) -> None:
    reported: list[Epoch] = []
    tracker = track(network, on_epoch=lambda epoch, _: bool(reported.append(epoch)))
    end_epoch(tracker, 1, 0.5)
    (epoch,) = reported
    assert (epoch.number, epoch.metrics["learning_rate"]) == (1, pytest.approx(0.01))
    assert 0 <= epoch.seconds < 60


@pytest.mark.parametrize("ends", [True, False])
def test_whoever_gets_the_report_may_end_the_training(network: keras.Model, ends: bool) -> None:
    tracker = track(network, on_epoch=lambda *_: ends)
    end_epoch(tracker, 1, 0.5)
    assert (bool(network.stop_training), tracker.take_best().ended) == (ends, ends)


def test_a_checkpoint_brings_back_epochs_and_weights(network: keras.Model) -> None:
    checkpoints: list[bytes] = []
    tracker = track(network, on_epoch=lambda _, save: bool(checkpoints.append(save())))
    end_epoch(tracker, 1, 0.9)
    end_epoch(tracker, 2, 0.5)
    resumed = track(network, checkpoint=checkpoints[-1])
    network.set_weights([np.zeros((1, 1))])
    resumed.on_train_begin()
    assert weight(network) == 2.0
    assert (resumed.take_best().best.number, weight(network)) == (1, 1.0)


def test_a_checkpoint_of_another_network_is_ignored(network: keras.Model) -> None:
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    other.compile("sgd", "mse")
    other.optimizer.build(other.trainable_variables)
    checkpoints: list[bytes] = []
    tracker = track(network, on_epoch=lambda _, save: bool(checkpoints.append(save())))
    end_epoch(tracker, 1, 0.9)
    assert track(other, checkpoint=checkpoints[0]).resumed is None


@pytest.mark.parametrize(("value", "word"), [(float("nan"), "NaN"), (float("inf"), "infinite")])
def test_a_loss_that_is_not_finite_is_refused_by_name(network: keras.Model, value: float, word: str) -> None:
    with pytest.raises(TrainingError) as caught:
        end_epoch(track(network), 3, 0.5, value)
    expected = f"the val_loss became {word} in epoch 3: try a lower learning_rate (--set learning_rate=…)"
    assert str(caught.value) == expected
