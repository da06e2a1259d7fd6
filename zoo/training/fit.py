"""Fits one classifier to one dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from zoo.data.augmentation import augmenter
from zoo.data.balance import Sampling
from zoo.data.batches import count_steps, split_batches, training_batches
from zoo.errors import TrainingError
from zoo.training.measures import MEASURES, ClassMean
from zoo.training.watch import EpochWatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Epoch, Hyperparameters, Objective
    from zoo.models.classifier import Classifier
    from zoo.training.watch import OnEpoch

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class FitSettings:
    """How long to train, and what counts as better.

    Args:
        epochs: the most epochs to reach, those before `initial_epoch` included.
        seed: of shuffling and augmentation.
        patience: epochs without a better objective after which training stops.
        objective: one of `zoo.interfaces.EPOCH_METRICS`; the weights of its best epoch are kept. Precision, recall
            and F1 are measured only where they are the objective.
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
    on_epoch: OnEpoch,
    checkpoint: bytes | None = None,
) -> Epoch:
    """Train the classifier in place and leave it with the weights of its best epoch.

    Of epochs with equal objectives the one with the lowest validation loss is the best. The same seed gives the same
    weights on a CPU, whether the training was stopped and went on from a checkpoint or not; only what a layer draws
    by itself, past Keras's seed generators, is not repeated.

    Args:
        hyperparameters: all of zoo's own, see `zoo.models.hyperparameters`.
        on_epoch: called after each epoch with it and with what makes a checkpoint, to be called before `on_epoch`
            ends; true ends the training.
        checkpoint: after which epoch to go on; the classifier must be built as it was then. After the last epoch, or
            the one that early stopping ended with, nothing is trained. One that is damaged or of another network
            counts for nothing: the training begins anew.

    Returns:
        The best epoch.

    Raises:
        TrainingError: the loss became NaN or infinite.
    """
    values = dict(hyperparameters)
    steps = count_steps(decoded, int(values["batch_size"]), settings.sampling)
    _compile(classifier, values, settings, steps)
    callbacks = _callbacks(values, settings)
    watch = EpochWatch(classifier.network, settings.objective, callbacks, on_epoch, checkpoint)
    done = watch.epochs[-1].number if watch.epochs else settings.initial_epoch
    if done < settings.epochs and not watch.stopped:
        train = training_batches(
            decoded,
            int(values["batch_size"]),
            epochs=range(done, settings.epochs),
            seed=settings.seed,
            augment=augmenter(str(values["augmentation"]), settings.seed),
            sigmoid=classifier.sigmoid,
            sampling=settings.sampling,
        )
        classifier.network.fit(
            train.dataset,
            steps_per_epoch=train.steps,
            validation_data=split_batches(
                decoded, "validation", EVALUATION_BATCH, sigmoid=classifier.sigmoid
            ),
            initial_epoch=done,
            epochs=settings.epochs,
            shuffle=False,  # they are, and Keras would say that it cannot
            callbacks=[*callbacks, watch],
            verbose=0,
        )
    best = watch.take_best()
    if best is None:
        raise TrainingError(f"no epoch was trained: {done} of {settings.epochs} were done before")
    return best


def _compile(
    classifier: Classifier, values: Mapping[str, Any], settings: FitSettings, steps_per_epoch: int
) -> None:
    network, sigmoid = classifier.network, classifier.sigmoid
    metrics = [make_accuracy(sigmoid=sigmoid)]
    measure = settings.objective.name.removeprefix("val_")
    if measure in MEASURES:
        metrics.append(ClassMean(measure, len(classifier.class_names), sigmoid=sigmoid))
    network.compile(
        optimizer=make_optimizer(values, steps=steps_per_epoch * (settings.epochs - settings.initial_epoch)),
        loss=make_loss(values, sigmoid=sigmoid),
        metrics=metrics,
    )
    # Or else its variables are made while TensorFlow traces the first step, which it then traces again.
    network.optimizer.build(network.trainable_variables)


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
