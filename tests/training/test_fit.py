"""One training: the best weights are kept, schedules are kept to, seeds decide everything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

import tests.architectures
from tests.architectures import TINY
from zoo.errors import TrainingError
from zoo.interfaces import Epoch, Objective, Sampling
from zoo.models.hyperparameters import OWN
from zoo.training.evaluate import evaluate
from zoo.training.fit import FitSettings, fit, make_loss, restore_best, start_fresh
from zoo.training.measures import accuracy
from zoo.training.optimizers import ScheduleSpan, make_optimizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.cache import DecodedDataset
    from zoo.models.classifier import Classifier

    Fitted = Callable[..., tuple[Classifier, list[Epoch], Epoch]]

ACCURACY, F1, LOSS = (
    Objective("val_accuracy", "max"),
    Objective("val_f1", "max"),
    Objective("val_loss", "min"),
)
DEFAULTS = {own.name: own.default for own in OWN.values()}


@pytest.fixture
def fitted(build: Callable[..., Classifier], decoded: DecodedDataset) -> Fitted:
    """Train a new classifier; return it with all its epochs and the best one."""

    def run(
        *,
        data: DecodedDataset = decoded,
        settings: dict[str, Any] | None = None,
        backbone: Callable[..., Any] = TINY.backbone,
        dtype_policy: str = "float32",
        **hyperparameters: Any,
    ) -> tuple[Classifier, list[Epoch], Epoch]:
        values = {**DEFAULTS, "batch_size": 8, "learning_rate": 0.01, **hyperparameters}
        chosen = FitSettings(**{"epochs": 3, "seed": 1, "patience": 9, "objective": LOSS, **(settings or {})})
        start_fresh(chosen.seed)
        head = {name: values[name] for name in ("output", "dropout", "head_units", "pooling")}
        classifier, epochs = build(replace(TINY, backbone=backbone, dtype_policy=dtype_policy), **head), []
        best, _ = fit(classifier, data, values, chosen, lambda epoch, _: epochs.append(epoch))
        return classifier, epochs, best

    return run


@pytest.fixture(scope="module")
def trainings() -> dict[str, tuple[Classifier, list[Epoch], Epoch]]:
    return {}


@pytest.fixture
def trained(fitted: Fitted, trainings: dict[str, tuple[Classifier, list[Epoch], Epoch]]) -> Fitted:
    """The training with these options, done once; tests only read it."""

    def run(**options: Any) -> tuple[Classifier, list[Epoch], Epoch]:
        key = repr(sorted({**options, "data": id(options.get("data"))}.items()))
        if key not in trainings:
            trainings[key] = fitted(**options)
        return trainings[key]

    return run


def rates(epochs: list[Epoch]) -> list[float]:
    return [round(epoch.metrics["learning_rate"], 9) for epoch in epochs]


def same_weights(first: Classifier, second: Classifier) -> bool:
    pairs = zip(first.network.get_weights(), second.network.get_weights(), strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


# Epochs ----------------------------------------------------------------------------------------------------


def test_each_epoch_is_reported_with_all_its_metrics(trained: Fitted) -> None:
    _, epochs, _ = trained(settings={"epochs": 6})
    names = {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"}
    assert [(epoch.number, set(epoch.metrics)) for epoch in epochs] == [
        (number, names) for number in (1, 2, 3, 4, 5, 6)
    ]


def test_training_learns(trained: Fitted) -> None:
    _, epochs, _ = trained(settings={"epochs": 6})
    assert epochs[-1].metrics["loss"] < epochs[0].metrics["loss"] / 1.5


@pytest.mark.parametrize("objective", [ACCURACY, LOSS, Objective("loss", "min")])
def test_the_best_epoch_is_returned(fitted: Fitted, objective: Objective) -> None:
    _, epochs, best = fitted(settings={"epochs": 5, "objective": objective}, learning_rate=0.3)
    sign = -1 if objective.direction == "max" else 1
    assert best is min(
        epochs, key=lambda epoch: (sign * epoch.metrics[objective.name], epoch.metrics["val_loss"])
    )


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_f1_is_measured_where_it_is_the_objective(
    trained: Fitted, decoded: DecodedDataset, output: str
) -> None:
    classifier, epochs, best = trained(settings={"epochs": 5, "objective": F1}, output=output)
    evaluated = evaluate(classifier, decoded, "validation").metrics["f1"]
    assert ({"f1", "val_f1"} <= set(epochs[0].metrics), best.metrics["val_f1"]) == (
        True,
        pytest.approx(evaluated),
    )


def test_of_equally_accurate_epochs_the_one_with_the_lowest_loss_is_best(trained: Fitted) -> None:
    _, epochs, best = trained(settings={"epochs": 6})
    highest = max(epoch.metrics["val_accuracy"] for epoch in epochs)
    equal = [epoch for epoch in epochs if epoch.metrics["val_accuracy"] == highest]
    assert len(equal) > 1
    assert best is min(equal, key=lambda epoch: epoch.metrics["val_loss"]) is not equal[0]


@pytest.fixture(scope="module")
def misleading(decoded: DecodedDataset) -> DecodedDataset:
    """Validation has its labels swapped, so the more is learned, the worse it gets there."""
    labels = decoded.labels.copy()
    labels[decoded.rows["validation"]] = 1 - labels[decoded.rows["validation"]]
    return replace(decoded, labels=labels)


def test_the_weights_of_the_best_epoch_are_restored(trained: Fitted, misleading: DecodedDataset) -> None:
    classifier, epochs, best = trained(data=misleading, settings={"epochs": 20, "patience": 3})
    assert best is not epochs[-1]
    loss = evaluate(classifier, misleading, "validation").metrics["loss"]
    assert loss == pytest.approx(best.metrics["val_loss"], rel=1e-4)


def test_training_stops_when_patience_runs_out(trained: Fitted, misleading: DecodedDataset) -> None:
    _, epochs, best = trained(data=misleading, settings={"epochs": 20, "patience": 3})
    assert len(epochs) == best.number + 3 < 20


def test_training_continues_from_the_initial_epoch(trained: Fitted) -> None:
    _, epochs, _ = trained(settings={"initial_epoch": 3, "epochs": 5}, schedule="cosine")
    assert [epoch.number for epoch in epochs] == [4, 5]


def test_nothing_left_to_train_is_an_error(fitted: Fitted) -> None:
    with pytest.raises(TrainingError, match="no epoch was trained: 5 of 5 were done before"):
        fitted(settings={"initial_epoch": 5, "epochs": 5})


def test_a_loss_that_is_no_number_ends_the_training(fitted: Fitted) -> None:
    with pytest.raises(TrainingError, match="the loss became NaN in epoch 1: try a lower learning_rate"):
        fitted(learning_rate=float("nan"))


def test_a_validation_loss_that_is_no_number_is_named(fitted: Fitted, decoded: DecodedDataset) -> None:
    """Only a validation image has a pixel above 250, of which the network takes the square root of a negative."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return keras.ops.sqrt(250 - inputs)

    pixels = decoded.pixels.copy()
    pixels[decoded.rows["validation"][0], 0, 0] = 251
    with pytest.raises(TrainingError, match="the val_loss became NaN in epoch 1"):
        fitted(data=replace(decoded, pixels=pixels), backbone=backbone)


class CountsTraces(keras.layers.Layer):
    """Calls back each time that Python runs through it in training mode."""

    def __init__(self, on_trace: Callable[[], None]) -> None:
        super().__init__()
        self.on_trace = on_trace

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            self.on_trace()
        return inputs


@pytest.mark.parametrize(
    ("optimizer", "augmentation", "sampling"),
    [
        ("adam", "none", Sampling()),
        ("sgd", "none", Sampling()),
        ("adam", "mixup", Sampling(class_weights="balanced", fraction=0.8)),
    ],
)
def test_a_training_step_is_traced_once(
    build: Callable[..., Classifier],
    decoded: DecodedDataset,
    optimizer: str,
    augmentation: str,
    sampling: Sampling,
) -> None:
    """Twice would cost a small search more than its training."""
    traces: list[str] = []

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return CountsTraces(lambda: traces.append("traced"))(TINY.backbone(hp, inputs))

    classifier = build(replace(TINY, backbone=backbone))
    traces.clear()
    values = {**DEFAULTS, "batch_size": 8, "optimizer": optimizer, "augmentation": augmentation}
    fit(classifier, decoded, values, FitSettings(2, 1, 9, LOSS, sampling=sampling), lambda *_: None)
    assert traces == ["traced"]


def test_sigmoid_is_trained_too(trained: Fitted) -> None:
    _, epochs, _ = trained(settings={"epochs": 5, "objective": F1}, output="sigmoid")
    assert epochs[-1].metrics["loss"] < epochs[0].metrics["loss"]


# What of the training images an epoch takes ------------------------------------------------------------------

STILL = {"learning_rate": 1e-9, "dropout": 0.0}  # the weights stay what they were, so losses can be compared


@pytest.fixture(scope="module")
def unbalanced(decoded: DecodedDataset) -> DecodedDataset:
    """Of the 32 training images, 28 are of the first class and 4 of the second; so 0.57 and 4 are their weights."""
    labels = decoded.labels.copy()
    labels[:32] = np.arange(32) % 8 == 7
    return replace(decoded, labels=labels)


def rescaling(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return keras.layers.Rescaling(1 / 255)(inputs)


def epoch_metrics(train: Fitted, data: DecodedDataset, class_weights: str | None = None) -> dict[str, float]:
    """The metrics of one epoch in which nothing is learned."""
    settings = {"epochs": 1, "sampling": Sampling(class_weights=class_weights)}
    _, epochs, _ = train(data=data, settings=settings, backbone=rescaling, **STILL)
    return dict(epochs[0].metrics)


def test_class_weights_weigh_the_training_loss(
    fitted: Fitted, trained: Fitted, unbalanced: DecodedDataset
) -> None:
    """The weighted loss is the mean of the two classes' own losses, the plain one that of all images."""
    kinds = [unbalanced.rows["train"][unbalanced.labels[:32] == label] for label in (0, 1)]
    each = [
        epoch_metrics(fitted, replace(unbalanced, rows={**unbalanced.rows, "train": rows}))["loss"]
        for rows in kinds
    ]
    weighted, plain = (epoch_metrics(trained, unbalanced, weights)["loss"] for weights in ("balanced", None))
    assert (weighted, plain) == pytest.approx((np.mean(each), np.average(each, weights=[28, 4])), rel=1e-4)
    assert weighted != pytest.approx(plain, rel=0.01)


def test_class_weights_leave_all_else_unweighted(trained: Fitted, unbalanced: DecodedDataset) -> None:
    weighted, plain = (epoch_metrics(trained, unbalanced, weights) for weights in ("balanced", None))
    same = [name for name in plain if weighted[name] == pytest.approx(plain[name], rel=1e-5)]
    assert same == ["accuracy", "val_accuracy", "val_loss", "learning_rate"]


def test_a_schedule_counts_the_steps_that_are_trained(fitted: Fitted) -> None:
    """Two epochs of 7 steps where the images would make 4."""
    settings = {"epochs": 2, "sampling": Sampling(steps_per_epoch=7)}
    _, epochs, _ = fitted(settings=settings, schedule="cosine")
    assert rates(epochs) == pytest.approx([0.005, 0.0], rel=1e-4)


def test_accuracy_counts_mixed_images_by_their_larger_part() -> None:
    """Four images, the last one guessed wrong. A sigmoid's target between 0 and 1 equals no prediction."""
    target, predicted = (
        np.array([values], np.float32).T for values in ([0, 0.3, 0.8, 0.6], [0.1, 0.4, 0.9, 0.2])
    )
    sigmoid, softmax = accuracy(2, sigmoid=True), accuracy(2, sigmoid=False)
    sigmoid.update_state(target, predicted)
    softmax.update_state(np.hstack([1 - target, target]), np.hstack([1 - predicted, predicted]))
    assert (float(sigmoid.result()), float(softmax.result())) == (0.75, 0.75)


# Seeds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("augmentation", "sampling"),
    [
        ("none", Sampling()),
        ("light", Sampling()),
        ("flip+cutmix", Sampling(oversample=True, steps_per_epoch=3)),
    ],
)
def test_the_same_seed_produces_the_same_weights(
    fitted: Fitted, augmentation: str, sampling: Sampling
) -> None:
    settings = {"epochs": 2, "sampling": sampling}
    first, second = (fitted(augmentation=augmentation, settings=settings)[0] for _ in range(2))
    assert same_weights(first, second)


def test_another_seed_produces_other_weights(trained: Fitted) -> None:
    first, second = (trained(settings={"epochs": 6, **seed})[0] for seed in ({}, {"seed": 2}))
    assert not same_weights(first, second)


# The learning rate -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_a_constant_rate_is_halved_on_a_plateau(fitted: Fitted, policy: str) -> None:
    """Nothing improves at this rate; patience 6 makes a plateau of 2 epochs."""
    settings = {"epochs": 6, "patience": 6, "objective": ACCURACY}
    _, epochs, _ = fitted(settings=settings, dtype_policy=policy, learning_rate=1e-9, dropout=0.0)
    accuracies = [epoch.metrics["val_accuracy"] for epoch in epochs]
    assert (len(set(accuracies)), min(rates(epochs)) < 1e-9) == (1, True)


@pytest.mark.parametrize(
    ("policy", "scaled"), [("float32", False), ("mixed_bfloat16", False), ("mixed_float16", True)]
)
def test_the_loss_is_scaled_for_float16(fitted: Fitted, policy: str, scaled: bool) -> None:
    """Otherwise its small gradients would become 0. bfloat16 has the range of float32."""
    classifier, _, _ = fitted(settings={"epochs": 1}, dtype_policy=policy)
    optimizer = classifier.network.optimizer
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer) is scaled


@pytest.mark.parametrize("schedule", ["cosine", "step"])
def test_a_schedule_is_not_changed_on_a_plateau(fitted: Fitted, schedule: str) -> None:
    """Four batches in each of 6 epochs, so 24 steps."""
    settings = {"epochs": 6, "patience": 6, "objective": ACCURACY}
    _, epochs, _ = fitted(settings=settings, learning_rate=1e-9, dropout=0.0, schedule=schedule)
    planned = make_optimizer({**DEFAULTS, "learning_rate": 1e-9, "schedule": schedule}, ScheduleSpan(24))
    after = [float(planned._learning_rate(4 * number)) for number in range(1, 7)]
    assert [epoch.metrics["learning_rate"] for epoch in epochs] == pytest.approx(after)


def test_a_continued_training_follows_its_schedule_to_the_end(trained: Fitted) -> None:
    _, epochs, _ = trained(settings={"initial_epoch": 3, "epochs": 5}, schedule="cosine")
    assert rates(epochs)[-1] == 0.0


# The loss ---------------------------------------------------------------------------------------------------


def test_label_smoothing_mixes_in_the_uniform_distribution() -> None:
    loss = make_loss({"label_smoothing": 0.1}, sigmoid=False)
    probabilities = np.array([[0.8, 0.2]], np.float32)
    expected = -(0.95 * np.log(0.8) + 0.05 * np.log(0.2))
    assert float(loss(np.array([[1.0, 0.0]], np.float32), probabilities)) == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_a_sigmoid_is_that_of_two_classes() -> None:
    two_units = make_loss({"label_smoothing": 0.0}, sigmoid=False)(
        np.array([[0.0, 1.0]]), np.array([[0.3, 0.7]])
    )
    one_unit = make_loss({"label_smoothing": 0.0}, sigmoid=True)(np.array([[1.0]]), np.array([[0.7]]))
    assert float(one_unit) == pytest.approx(float(two_units), rel=1e-5)


# The best epoch so far -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class AfterEpoch:
    """The state of a training after an epoch."""

    epoch: Epoch
    weights: list[np.ndarray]
    checkpoint: bytes


@dataclass(frozen=True)
class Phased:
    """A training in phases, after each epoch and at its end."""

    values: dict[str, Any]
    epochs: list[AfterEpoch]
    ended: Classifier


PHASES = {
    "one phase": {},
    "frozen": {"freeze": "1"},
    "three phases": {"head_epochs": 1, "unfreeze_epochs": 1},
    "frozen and two phases": {"freeze": "1", "head_epochs": 2},
}
FOUR_EPOCHS = FitSettings(epochs=4, seed=1, patience=9, objective=LOSS)


def trainable_paths(classifier: Classifier) -> list[str]:
    return [weight.path for weight in classifier.network.trainable_weights]


@pytest.fixture(scope="module", params=PHASES.values(), ids=PHASES)
def phased(request: pytest.FixtureRequest, misleading: DecodedDataset) -> Phased:
    values = {**DEFAULTS, "batch_size": 8, "learning_rate": 0.01, **request.param}
    epochs: list[AfterEpoch] = []
    start_fresh(1)
    classifier = tests.architectures.build()

    def on_epoch(epoch: Epoch, save: Callable[[], bytes]) -> bool:
        epochs.append(AfterEpoch(epoch, classifier.network.get_weights(), save()))
        return False

    fit(classifier, misleading, values, FOUR_EPOCHS, on_epoch)
    return Phased(values, epochs, classifier)


@pytest.mark.parametrize("stop", [1, *(pytest.param(stop, marks=pytest.mark.large) for stop in (2, 4))])
def test_the_best_epoch_so_far_is_restored_from_a_checkpoint(phased: Phased, stop: int) -> None:
    best = min(phased.epochs[:stop], key=lambda after: after.epoch.metrics["val_loss"])
    last = phased.epochs[stop - 1]
    start_fresh(1)
    restored = tests.architectures.build()
    assert restore_best(restored, phased.values, FOUR_EPOCHS, last.checkpoint) == best.epoch
    assert all(map(np.array_equal, restored.network.get_weights(), best.weights))
    assert trainable_paths(restored) == trainable_paths(phased.ended)


def test_a_training_ends_with_what_its_last_checkpoint_restores(phased: Phased) -> None:
    start_fresh(1)
    restored = tests.architectures.build()
    restore_best(restored, phased.values, FOUR_EPOCHS, phased.epochs[-1].checkpoint)
    assert same_weights(restored, phased.ended)


def test_nothing_is_restored_from_a_checkpoint_that_is_damaged_or_of_another_network(
    build: Callable[..., Classifier], decoded: DecodedDataset
) -> None:
    values = {**DEFAULTS, "batch_size": 8}
    settings, checkpoints = FitSettings(epochs=1, seed=1, patience=9, objective=LOSS), []
    fit(build(head_units="4"), decoded, values, settings, lambda _, save: checkpoints.append(save()))
    other, (checkpoint,) = build(), checkpoints
    before = other.network.get_weights()
    assert restore_best(other, values, settings, checkpoint) is None
    assert restore_best(other, values, settings, checkpoint[:100]) is None
    assert all(map(np.array_equal, before, other.network.get_weights()))
