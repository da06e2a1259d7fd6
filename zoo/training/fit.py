"""Fits one classifier to one dataset."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from zoo.data.augmentation import augmenter
from zoo.data.balance import Sampling
from zoo.data.batches import split_batches, training_batches
from zoo.errors import TrainingError
from zoo.interfaces import Epoch, Hyperparameters, Objective

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from zoo.data.cache import DecodedDataset
    from zoo.models.classifier import Classifier

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class FitSettings:
    """How long to train, and what counts as better.

    Args:
        epochs: the most epochs to reach, those before `initial_epoch` included.
        seed: of shuffling and augmentation.
        patience: epochs without a better objective after which training stops.
        objective: `val_accuracy` or `val_loss`; the weights of its best epoch are kept.
        initial_epoch: epochs already trained.
        sampling: what of the training images an epoch takes.
    """

    epochs: int
    seed: int
    patience: int
    objective: Objective
    initial_epoch: int = 0
    sampling: Sampling = field(default_factory=Sampling)


def start_fresh(seed: int) -> None:
    """Forget earlier networks and seed everything, so that the same seed gives the same weights on a CPU."""
    tf.get_logger().setLevel("ERROR")  # it warns of retracing, which new networks cannot avoid
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(seed)
    if not tf.config.list_physical_devices("GPU"):
        # On a GPU some layers have no deterministic kernel, and a training would fail for it.
        tf.config.experimental.enable_op_determinism()


def fit(
    classifier: Classifier,
    decoded: DecodedDataset,
    hyperparameters: Hyperparameters,
    settings: FitSettings,
    on_epoch: Callable[[Epoch], bool],
) -> Epoch:
    """Train the classifier in place and leave it with the weights of its best epoch.

    Of epochs with equal objectives the one with the lowest validation loss is the best.

    Args:
        hyperparameters: all of zoo's own, see `zoo.models.hyperparameters`.
        on_epoch: called after each epoch; true ends the training.

    Returns:
        The best epoch.

    Raises:
        TrainingError: the loss became NaN or infinite.
    """
    network, values = classifier.network, dict(hyperparameters)
    train = training_batches(
        decoded,
        int(values["batch_size"]),
        epochs=range(settings.initial_epoch, settings.epochs),
        seed=settings.seed,
        augment=augmenter(str(values["augmentation"]), settings.seed),
        sigmoid=classifier.sigmoid,
        sampling=settings.sampling,
    )
    validation = split_batches(decoded, "validation", EVALUATION_BATCH, sigmoid=classifier.sigmoid)
    network.compile(
        optimizer=make_optimizer(values, steps=train.steps * (settings.epochs - settings.initial_epoch)),
        loss=make_loss(values, sigmoid=classifier.sigmoid),
        metrics=[make_accuracy(sigmoid=classifier.sigmoid)],
    )
    # Or else its variables are made while TensorFlow traces the first step, which it then traces again.
    network.optimizer.build(network.trainable_variables)
    watch = _EpochWatch(settings.objective, on_epoch)
    network.fit(
        train.dataset,
        steps_per_epoch=train.steps,
        validation_data=validation,
        initial_epoch=settings.initial_epoch,
        epochs=settings.epochs,
        shuffle=False,  # they are, and Keras would say that it cannot
        callbacks=[watch, *_callbacks(values, settings)],
        verbose=0,
    )
    if watch.best is None:
        raise TrainingError(
            f"no epoch was trained: {settings.initial_epoch} of {settings.epochs} were done before"
        )
    return watch.best


def make_optimizer(values: Mapping[str, Any], *, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer that the hyperparameters ask for, over `steps` steps in all.

    Weight decay is decoupled (Loshchilov & Hutter 2019) and spares biases and normalisation; SGD has Nesterov's
    momentum of 0.9.
    """
    rate = values["learning_rate"]
    if values["schedule"] == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    elif values["schedule"] == "step":
        # He et al. 2015, section 4.2: divided by 10 at half and at three quarters of the training.
        rate = keras.optimizers.schedules.PiecewiseConstantDecay(
            [steps // 2, steps * 3 // 4], [rate, rate / 10, rate / 100]
        )
    decay = values["weight_decay"] or None
    optimizer = {
        "adam": lambda: keras.optimizers.Adam(rate, weight_decay=decay),
        "adamw": lambda: keras.optimizers.AdamW(rate, weight_decay=decay or 0.0),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate, weight_decay=decay),
    }[values["optimizer"]]()
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def make_loss(values: Mapping[str, Any], *, sigmoid: bool) -> keras.losses.Loss:
    """Cross-entropy against one-hot targets, or against 0 and 1 for a sigmoid output."""
    kind = keras.losses.BinaryCrossentropy if sigmoid else keras.losses.CategoricalCrossentropy
    return kind(label_smoothing=values["label_smoothing"])


def make_accuracy(*, sigmoid: bool) -> keras.metrics.Metric:
    """The share of images whose likeliest class is right; of mixed images, the class with the larger part in them."""
    if not sigmoid:
        return keras.metrics.CategoricalAccuracy(name="accuracy")

    # Keras's BinaryAccuracy holds a mixed target, which is neither 0 nor 1, for wrong.
    def match(target: Any, predicted: Any) -> Any:  # tensors, which are untyped
        return keras.ops.mean(keras.ops.equal(target > 0.5, predicted > 0.5), axis=-1)

    return keras.metrics.MeanMetricWrapper(match, name="accuracy")


def _callbacks(values: Mapping[str, Any], settings: FitSettings) -> list[keras.callbacks.Callback]:
    monitor = {"monitor": settings.objective.name, "mode": settings.objective.direction}
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.EarlyStopping(**monitor, patience=settings.patience)
    ]
    if values["schedule"] == "constant":
        plateau = max(2, settings.patience // 3)
        callbacks.append(keras.callbacks.ReduceLROnPlateau(**monitor, factor=0.5, patience=plateau))
    return callbacks


class _EpochWatch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Reports each epoch, ends a training whose loss is no number, and keeps the weights of the best epoch.

    Keras's EarlyStopping would keep the first of equally good epochs. Where the objective is an accuracy on few
    images many are equal, and the one with the lower validation loss is the better model.
    """

    def __init__(self, objective: Objective, on_epoch: Callable[[Epoch], bool]) -> None:
        super().__init__()
        self.objective, self.on_epoch = objective, on_epoch
        self.best: Epoch | None = None
        self.best_weights: list[np.ndarray] = []
        self.began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        metrics.setdefault("learning_rate", float(self.model.optimizer.learning_rate))
        done = Epoch(epoch + 1, metrics, time.perf_counter() - self.began)
        for name in ("loss", "val_loss"):
            if not math.isfinite(metrics[name]):
                raise TrainingError(
                    f"the {name} became {metrics[name]:g} in epoch {done.number}: "
                    "try a lower learning_rate (--set learning_rate=…)"
                )
        if self._is_best(done):
            self.best, self.best_weights = done, self.model.get_weights()
        if self.on_epoch(done):
            self.model.stop_training = True

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        if self.best is not None:
            self.model.set_weights(self.best_weights)

    def _is_best(self, epoch: Epoch) -> bool:
        if self.best is None:
            return True
        score, held = epoch.metrics[self.objective.name], self.best.metrics[self.objective.name]
        if score == held:
            return epoch.metrics["val_loss"] < self.best.metrics["val_loss"]
        return self.objective.better(score, held)
