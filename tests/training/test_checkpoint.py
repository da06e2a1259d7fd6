"""A training that was stopped after an epoch resumes from its checkpoint as if it had not been stopped."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from safetensors.numpy import load, save

from zoo.data.cache import DecodedDataset
from zoo.errors import TrainingError
from zoo.interfaces import Epoch, Objective
from zoo.models.classifier import Classifier
from zoo.models.freezing import freeze
from zoo.models.hyperparameters import OWN
from zoo.training.checkpoint import Checkpoint, changing_variables, epochs_in, pack, unpack
from zoo.training.fit import FitSettings, fit, start_fresh

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = FitSettings(epochs=4, seed=1, patience=9, objective=Objective("val_loss", "min"))
CASES: dict[str, tuple[FitSettings, dict[str, Any]]] = {
    "plateau": (
        replace(
            SETTINGS, epochs=6, patience=3
        ),  # ends after 4, because it learns wrong labels; a plateau is 2
        {"optimizer": "adam", "augmentation": "classic+mixup", "learning_rate": 0.01},
    ),
    "cosine": (SETTINGS, {"optimizer": "sgd", "schedule": "cosine", "learning_rate": 0.03}),
}


def images(*, misleading: bool) -> DecodedDataset:
    """Dark and bright ones. Misleading: validation has its labels swapped, so the first epoch stays the best."""
    rng = np.random.default_rng(0)
    labels = np.arange(32) % 2
    pixels = (rng.integers(0, 120, (32, 8, 8, 1)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    labels[24:] = 1 - labels[24:] if misleading else labels[24:]
    rows = {"train": np.arange(24), "validation": np.arange(24, 32), "test": np.arange(0)}
    return DecodedDataset(pixels, labels, ("dark", "bright"), rows, (), ())


def network(units: int = 3) -> Classifier:
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(units, 3, name="front")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.BatchNormalization(momentum=0.5, name="normal")(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    outputs = keras.layers.Dense(2, "softmax", name="head")(keras.layers.Dropout(0.4, name="dropout")(x))
    return Classifier(keras.Model(inputs, outputs), ("dark", "bright"), ("dropout", "head"), ())


@dataclass
class Trained:
    """The result of a training, with its checkpoints after each epoch."""

    classifier: Classifier
    epochs: list[Epoch]
    best: Epoch
    checkpoints: list[bytes]


@functools.cache
def train(case: str, checkpoint: bytes | None = None, *, units: int = 3) -> Trained:
    settings, chosen = CASES[case]
    values = {**{own.name: own.default for own in OWN.values()}, "batch_size": 8, **chosen}
    start_fresh(settings.seed)
    classifier, epochs, checkpoints = network(units), [], []

    def on_epoch(epoch: Epoch, make: Callable[[], bytes]) -> bool:
        epochs.append(epoch)
        checkpoints.append(make())
        return False

    best, _ = fit(classifier, images(misleading=case == "plateau"), values, settings, on_epoch, checkpoint)
    return Trained(classifier, epochs, best, checkpoints)


def whole(case: str) -> Trained:
    """Never stopped."""
    return train(case)


def resumed(case: str, done: int) -> Trained:
    """Stopped after so many epochs."""
    return train(case, whole(case).checkpoints[done - 1])


def results_of(epochs: list[Epoch]) -> list[tuple[int, dict[str, float]]]:
    """Without the seconds, which differ."""
    return [(epoch.number, dict(epoch.metrics)) for epoch in epochs]


def weights(trained: Trained) -> list[Any]:
    return [weight.tolist() for weight in trained.classifier.network.get_weights()]


def states(blob: bytes) -> dict[str, Any]:
    """All tensors of a checkpoint."""
    return {name: tensor.tolist() for name, tensor in load(blob).items()}


# Going on --------------------------------------------------------------------------------------------------


STOPS = [("plateau", 1), ("plateau", 2), ("cosine", 2)]


@pytest.mark.parametrize(
    ("case", "done"), [STOPS[0], *(pytest.param(*stop, marks=pytest.mark.large) for stop in STOPS[1:])]
)
def test_it_continues_with_the_same_epochs(case: str, done: int) -> None:
    assert results_of(resumed(case, done).epochs) == results_of(whole(case).epochs[done:])


@pytest.mark.parametrize(("case", "done"), STOPS)
def test_it_ends_with_the_same_weights(case: str, done: int) -> None:
    best = resumed(case, done).best.number
    same = weights(resumed(case, done)) == weights(whole(case))
    assert (same, best) == (True, whole(case).best.number)


@pytest.mark.parametrize(("case", "done"), STOPS)
def test_its_last_checkpoint_is_the_same(case: str, done: int) -> None:
    """Weights, statistics, random states and the optimizer's variables, bit for bit."""
    assert states(resumed(case, done).checkpoints[-1]) == states(whole(case).checkpoints[-1])


def test_the_rate_falls_and_the_training_ends_by_the_epochs_before() -> None:
    """Otherwise the comparisons of "plateau" would show nothing."""
    rates = [round(epoch.metrics["learning_rate"], 6) for epoch in whole("plateau").epochs]
    assert (rates, whole("plateau").best.number) == ([0.01, 0.01, 0.01, 0.005], 1)


def test_a_checkpoint_has_all_epochs_so_far() -> None:
    epochs = epochs_in(resumed("cosine", 2).checkpoints[0])
    assert results_of(list(epochs)) == results_of(whole("cosine").epochs[:3])


@pytest.mark.parametrize("case", CASES)
def test_a_finished_training_returns_its_best_epoch(case: str) -> None:
    """One ended by early stopping, the other with its last epoch."""
    again = train(case, whole(case).checkpoints[-1])
    assert (again.epochs, again.best, weights(again) == weights(whole(case))) == ([], whole(case).best, True)


@pytest.mark.parametrize("units", [3, 4])
def test_a_checkpoint_that_is_of_no_use_begins_the_training_anew(units: int) -> None:
    """One that is cut short, and one of another network."""
    blob = whole("cosine").checkpoints[1]
    anew = train("cosine", blob[:-1] if units == 3 else blob, units=units)
    assert [epoch.number for epoch in anew.epochs] == [1, 2, 3, 4]


# What a checkpoint holds -----------------------------------------------------------------------------------


def names(classifier: Classifier) -> set[str]:
    """Keras numbers seed generators over the whole process."""
    variables = changing_variables(classifier.network)
    return {re.sub(r"_\d+$", "", variable.path.split("/")[0]) for variable in variables}


def test_it_contains_all_that_training_changes() -> None:
    assert names(network()) == {"front", "normal", "seed_generator", "head"}


@pytest.mark.parametrize("before", [0, 1, 95])
def test_its_order_does_not_depend_on_the_layers_that_were_built_before(before: int) -> None:
    """Such as those of a module that the backbone imports in the first build of a process."""
    start_fresh(0)
    for _ in range(before):
        keras.layers.Dense(1)
    inputs = outputs = keras.Input((1,))
    for _ in range(11):
        outputs = keras.layers.Dense(1, use_bias=False)(outputs)
    model = keras.Model(inputs, outputs)
    assert [id(variable) for variable in changing_variables(model)] == list(map(id, model.variables))


def test_values_in_the_order_of_the_format_before_are_of_the_same_variables() -> None:
    """It sorted dense_10 before dense_2."""
    inputs = outputs = keras.Input((1,))
    for number in range(12):
        outputs = keras.layers.Dense(1, use_bias=False, name=f"dense_{number}")(outputs)
    model = keras.Model(inputs, outputs)
    for number, weight in enumerate(model.weights):
        weight.assign([[float(number)]])
    by_text = sorted(model.weights, key=lambda weight: str(weight.path))
    values = [weight.numpy() for weight in by_text]
    checkpoint = Checkpoint(EPOCHS, EPOCHS[1], False, {}, values, values, [], by_text=True).of(model)
    restored = [float(value.item()) for value in checkpoint.network]
    assert restored == [float(weight.numpy().item()) for weight in changing_variables(model)]
    assert restored != [float(value.item()) for value in values]
    assert checkpoint.best_network == checkpoint.network


def test_frozen_layers_are_left_out() -> None:
    classifier = network()
    freeze(classifier, "all")
    assert names(classifier) == {"seed_generator", "head"}


def test_a_frozen_layer_that_draws_keeps_its_random_state() -> None:
    classifier = network()
    classifier.network.trainable = False
    assert names(classifier) == {"seed_generator"}


# The bytes -------------------------------------------------------------------------------------------------

EPOCHS = tuple(Epoch(number, {"loss": 0.1 * number}, 1.5) for number in (1, 2))


def checkpoint(best: Epoch) -> Checkpoint:
    big, small = np.arange(1000, dtype=np.float32), np.array(2, np.float32)
    return Checkpoint(
        EPOCHS, best, False, {"EarlyStopping": {"wait": 1, "best": 0.1}}, [small], [big], [small]
    )


def test_best_weights_that_are_the_current_ones_are_stored_once() -> None:
    assert len(pack(checkpoint(EPOCHS[1]))) + 3000 < len(pack(checkpoint(EPOCHS[0])))


def test_all_that_is_no_tensor_comes_back_as_it_was() -> None:
    packed = checkpoint(EPOCHS[0])
    read = unpack(pack(packed))
    assert read is not None
    assert (read.epochs, read.best, read.stopped, read.callbacks) == (
        EPOCHS,
        EPOCHS[0],
        False,
        packed.callbacks,
    )


@pytest.mark.parametrize("blob", [b"", b"no checkpoint", save({"network/0": np.zeros(3)})])
def test_bytes_that_are_no_checkpoint_are_none(blob: bytes) -> None:
    assert unpack(blob) is None


@pytest.mark.parametrize("blob", [None, b"no checkpoint"])
def test_without_a_checkpoint_there_are_no_epochs(blob: bytes | None) -> None:
    assert epochs_in(blob) == ()


@pytest.mark.parametrize("length", [4, 60, -1])
def test_bytes_that_are_cut_short_are_none(length: int) -> None:
    assert unpack(pack(checkpoint(EPOCHS[0]))[:length]) is None


# What is no epoch ------------------------------------------------------------------------------------------


def one_epoch(on_epoch: Callable[..., bool], **chosen: Any) -> None:
    values = {**{own.name: own.default for own in OWN.values()}, "batch_size": 8, **chosen}
    fit(network(), images(misleading=False), values, replace(SETTINGS, epochs=1), on_epoch)


def test_an_exception_of_on_epoch_is_raised_unchanged() -> None:
    error = KeyError("gone")

    def fail(*_: Any) -> bool:
        raise error

    with pytest.raises(KeyError) as caught:
        one_epoch(fail)
    assert caught.value is error


def test_of_an_epoch_whose_loss_is_no_number_there_is_no_checkpoint() -> None:
    epochs: list[Epoch] = []
    with pytest.raises(TrainingError):
        one_epoch(lambda epoch, _: epochs.append(epoch), learning_rate=float("nan"))
    assert epochs == []
