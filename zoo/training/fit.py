"""Fits one classifier to one dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import tensorflow as tf

from zoo.data.augmentation import augmenter
from zoo.data.batches import count_steps, split_batches, training_batches
from zoo.errors import TrainingError
from zoo.interfaces import FeatureOptions, Once, Progress, Sampling
from zoo.interfaces.metrics import METRICS, metric_of
from zoo.models.hyperparameters import with_defaults
from zoo.models.precision import computes_in_float16
from zoo.models.stages import stages
from zoo.training.checkpoint import assign, belongs, changing_variables, epochs_in, unpack
from zoo.training.epoch_tracker import EpochTracker, History
from zoo.training.optimizers import make_optimizer, stage_scales
from zoo.training.phases import plan_phases, set_trainable
from zoo.training.prefix_caching import Work, find_trainable
from zoo.training.step_reporter import StepReporter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Epoch, Hyperparameters, Objective
    from zoo.models.classifier import Classifier
    from zoo.training.epoch_tracker import OnEpoch
    from zoo.training.phases import Phase
    from zoo.training.prefix_caching import Trainable

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class FitSettings:
    """The length of a training, and its objective.

    Args:
        epochs: the most epochs to reach, those before `initial_epoch` included.
        seed: of shuffling and augmentation.
        patience: epochs without a better objective after which training stops.
        objective: one that is measured each epoch; the weights of its best epoch are kept.
        initial_epoch: epochs already trained.
        sampling: the training images of an epoch.
        features: how activations of frozen layers are cached.
        trainings: that have the same frozen layers, this one among them; it decides whether caching pays.
    """

    epochs: int
    seed: int
    patience: int
    objective: Objective
    initial_epoch: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    features: FeatureOptions = field(default_factory=FeatureOptions)
    trainings: int = 1


def start_fresh(seed: int) -> None:
    """Forget earlier networks and seed everything, so that the same seed gives the same weights on a CPU."""
    tf.get_logger().setLevel("ERROR")  # it warns of retracing, which new networks cannot avoid
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(seed)
    if not tf.config.list_physical_devices("GPU"):
        # On a GPU some layers have no deterministic kernel, and a training would fail for it.
        tf.config.experimental.enable_op_determinism()
        # It reorders sums of tensors that it knows to have one shape. It does not know that of several inputs of a
        # network, so training on cached activations would differ from training on pixels in the last digits.
        tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})


class Fitted(NamedTuple):
    """The result of a training.

    Args:
        best: the best epoch, whose weights the classifier has.
        trainable: the network trained last, and its inputs: to evaluate it without computing frozen layers again.
    """

    best: Epoch
    trainable: Trainable


def fit(
    classifier: Classifier,
    decoded: DecodedDataset,
    hyperparameters: Hyperparameters,
    settings: FitSettings,
    on_epoch: OnEpoch,
    checkpoint: bytes | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Train the classifier in place and leave it with the weights of its best epoch.

    Frozen layers are computed once where that pays, see `zoo.training.prefix_caching`; the weights are the same. A
    training may have phases, see `zoo.training.phases`: each begins with the best weights so far.

    Of epochs with equal objectives the one with the lowest validation loss is the best. The same seed gives the same
    weights on a CPU, whether the training was stopped and resumed from a checkpoint or not; except where a layer draws
    random numbers without Keras's seed generators.

    Args:
        hyperparameters: those of zoo's own that are missing get their defaults.
        on_epoch: called after each epoch with it and with a function that makes a checkpoint, to be called before
            `on_epoch` returns; true ends the training.
        checkpoint: of the epoch to resume after; the classifier must be built as it was then. After the last epoch, or
            the one that early stopping ended with, nothing is trained. One that is damaged or of another network
            is ignored: the training starts over.
        progress: gets the progress within each epoch, and a notice on cached activations.

    Raises:
        TrainingError: the loss became NaN or infinite.
        FreezeError: there is no such layer to freeze.
    """
    training = _Training(
        classifier, decoded, with_defaults(hyperparameters), settings, on_epoch, Once(progress or Progress())
    )
    return training.run(checkpoint)


def restore_best(
    classifier: Classifier, hyperparameters: Hyperparameters, settings: FitSettings, checkpoint: bytes
) -> Epoch | None:
    """Set the classifier's weights to those of the best epoch so far, as `fit` would if it ended here.

    Args:
        classifier: as it was before the first epoch: the checkpoint has no weights that were frozen until then.
        hyperparameters, settings: as `fit` got them.

    Returns:
        The best epoch; None where the checkpoint is damaged or of another network.
    """
    stored, values = unpack(checkpoint), with_defaults(hyperparameters)
    if stored is None:
        return None
    phases = plan_phases(classifier, values, settings.epochs)
    phase = next((phase for phase in phases if phase.stop >= stored.epochs[-1].number), None)
    if phase is None:
        return None
    set_trainable(classifier, values, phase.frozen)
    variables, stored = changing_variables(classifier.network), stored.of(classifier.network)
    if not belongs(stored.best_network, variables):
        return None
    assign(variables, stored.best_network)
    set_trainable(classifier, values)
    return stored.best


@dataclass(frozen=True, eq=False)
class _Training:
    """A training, one phase after another."""

    classifier: Classifier
    decoded: DecodedDataset
    values: Hyperparameters
    settings: FitSettings
    on_epoch: OnEpoch
    progress: Progress

    def run(self, checkpoint: bytes | None) -> Fitted:
        """Train all phases, from that of the checkpoint on if it belongs to this network."""
        settings = self.settings
        scales = stage_scales(stages(self.classifier), float(self.values["layer_decay"]))
        planned = plan_phases(self.classifier, self.values, settings.epochs)
        phases = [phase for phase in planned if phase.stop > settings.initial_epoch]
        if not phases:
            raise TrainingError(
                f"no epoch was trained: {settings.initial_epoch} of {settings.epochs} were done before"
            )
        work = self._resume(phases, scales, checkpoint) or self._begin(phases[0], scales, History())
        history = work.train()
        for phase in phases[phases.index(work.phase) + 1 :]:
            if history.ended or history.best is None:
                break
            work = self._begin(phase, scales, history)
            history = work.train()
        if history.best is None:
            raise TrainingError("no epoch was trained: the training was ended before its first one")
        set_trainable(self.classifier, self.values)  # as in the last phase, wherever the training ended
        return Fitted(history.best, work.trainable)

    def _resume(
        self, phases: Sequence[Phase], scales: Mapping[int, float], checkpoint: bytes | None
    ) -> _PhaseWork | None:
        """Return the phase of the checkpoint, ready to resume; None if there is no valid checkpoint."""
        epochs = epochs_in(checkpoint)
        phase = next((phase for phase in phases if epochs and phase.stop >= epochs[-1].number), None)
        if phase is None:
            return None
        work = self._begin(phase, scales, History(), checkpoint)
        return work if work.tracker.resumed else None

    def _begin(
        self,
        phase: Phase,
        scales: Mapping[int, float],
        history: History,
        checkpoint: bytes | None = None,
    ) -> _PhaseWork:
        settings, values = self.settings, self.values
        set_trainable(self.classifier, values, phase.frozen)
        done = max(phase.start, settings.initial_epoch)
        batch_size, augmentation = int(values["batch_size"]), str(values["augmentation"])
        work = Work(
            phase.stop - done,
            batch_size,
            augmentation,
            settings.seed,
            settings.sampling,
            settings.trainings,
        )
        trainable = find_trainable(self.classifier, self.decoded, work, settings.features, self.progress)
        steps = count_steps(self.decoded, batch_size, settings.sampling)
        span = phase.schedule_span(
            steps, settings.epochs, settings.initial_epoch, int(values["warmup_epochs"])
        )
        rates = values if phase.origin is not None else {**values, "schedule": "constant"}
        optimizer = make_optimizer(rates, span, scales)
        # Decided by the whole network, so that a checkpoint fits whether activations are cached or not.
        if computes_in_float16(self.classifier.network):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        _compile(trainable.classifier, values, settings, optimizer)
        callbacks = _callbacks(values, settings) if phase.stop == settings.epochs else []
        tracker = EpochTracker(
            trainable.classifier.network, settings.objective, callbacks, self.on_epoch, checkpoint, history
        )
        return _PhaseWork(phase, trainable, tracker, values, settings, self.progress)


@dataclass(frozen=True, eq=False)
class _PhaseWork:
    """A phase, ready to train."""

    phase: Phase
    trainable: Trainable
    tracker: EpochTracker
    values: Hyperparameters
    settings: FitSettings
    progress: Progress

    def train(self) -> History:
        """Train the phase to its end; the network then has the best weights so far."""
        tracker, settings, network = self.tracker, self.settings, self.trainable.classifier.network
        done = tracker.epochs[-1].number if tracker.epochs else max(self.phase.start, settings.initial_epoch)
        if done < self.phase.stop and not tracker.stopped:
            sigmoid = self.trainable.classifier.sigmoid
            train = training_batches(
                self.trainable.data,
                int(self.values["batch_size"]),
                epochs=range(done, self.phase.stop),
                seed=settings.seed,
                augment=augmenter(self.trainable.augmentation, settings.seed),
                sigmoid=sigmoid,
                sampling=settings.sampling,
            )
            network.fit(
                train.dataset,
                steps_per_epoch=train.steps,
                validation_data=split_batches(
                    self.trainable.data, "validation", EVALUATION_BATCH, sigmoid=sigmoid
                ),
                initial_epoch=done,
                epochs=self.phase.stop,
                shuffle=False,  # they are shuffled, and Keras would warn that it cannot
                callbacks=[*tracker.others, tracker, StepReporter(self.progress)],
                verbose=0,
            )
        return tracker.take_best()


def _compile(
    classifier: Classifier,
    values: Hyperparameters,
    settings: FitSettings,
    optimizer: keras.optimizers.Optimizer,
) -> None:
    network, sigmoid = classifier.network, classifier.sigmoid
    metrics = [
        resolve_name(row.in_keras)(len(classifier.class_names), sigmoid=sigmoid)
        for row in METRICS.values()
        if row.in_keras is not None
        and (row.each_epoch == "always" or row == metric_of(settings.objective.name))
    ]
    network.compile(optimizer=optimizer, loss=make_loss(values, sigmoid=sigmoid), metrics=metrics)
    # Otherwise its variables would be created while TensorFlow traces the first step, which it then traces again.
    network.optimizer.build(network.trainable_variables)


def make_loss(values: Mapping[str, Any], *, sigmoid: bool) -> keras.losses.Loss:
    """Return the cross-entropy against one-hot targets, or against 0 and 1 for a sigmoid output."""
    kind = keras.losses.BinaryCrossentropy if sigmoid else keras.losses.CategoricalCrossentropy
    return kind(label_smoothing=values["label_smoothing"])


def _callbacks(values: Mapping[str, Any], settings: FitSettings) -> list[keras.callbacks.Callback]:
    monitor = {"monitor": settings.objective.name, "mode": settings.objective.direction}
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.EarlyStopping(**monitor, patience=settings.patience)
    ]
    if values["schedule"] == "constant" and not values["warmup_epochs"]:
        plateau = max(2, settings.patience // 3)
        callbacks.append(keras.callbacks.ReduceLROnPlateau(**monitor, factor=0.5, patience=plateau))
    return callbacks
