"""zoo's peers in `finetune_frozen.py`: Keras Tuner, and a script written by hand."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from frozen_setting import CLASSES, backbone, preprocessed
from keras import layers

from zoo.data.batches import split_batches, training_batches
from zoo.data.rows import SplitRows
from zoo.interfaces import Epoch
from zoo.training.features import Features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from frozen_setting import Case, Place

    from zoo.data.batches import Served
    from zoo.data.cache import DecodedDataset

BATCH, EVALUATION_BATCH = 32, 256
PATIENCE = 10

# Searches ----------------------------------------------------------------------------------------------------


class Trial(NamedTuple):
    """A trial of zoo or of its peer.

    Args:
        values: of the searched hyperparameters.
        losses: validation loss after each epoch.
        accuracy: of the best epoch, on validation images.
    """

    values: Mapping[str, Any]
    losses: Sequence[float]
    accuracy: float


def stock_trials(
    case: Case, place: Place, decoded: DecodedDataset, values_of_trials: Sequence[Mapping[str, Any]]
) -> list[Trial]:
    """Return the same trials by Keras Tuner."""
    hypermodel = HeadSearch(case, place, decoded)
    tuner = keras_tuner.Tuner(
        ListedOracle(values_of_trials),
        hypermodel,
        directory=place.folder,
        project_name="stock",
        overwrite=True,
    )
    tuner.search(epochs=case.epochs, callbacks=plateau_callbacks(), verbose=0)
    scores = [tuner.oracle.trials[name].score for name in tuner.oracle.end_order]
    return [Trial(*fields) for fields in zip(values_of_trials, hypermodel.losses, scores, strict=True)]


class ListedOracle(keras_tuner.oracles.RandomSearchOracle):  # type: ignore[misc]  # Keras Tuner is untyped
    """Returns these trials one after the other instead of drawing them."""

    def __init__(self, values_of_trials: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(keras_tuner.Objective("val_accuracy", "max"), max_trials=len(values_of_trials))
        self.values_of_trials, self.verbose = values_of_trials, 0

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        return {"status": "RUNNING", "values": dict(self.values_of_trials[int(trial_id)])}


class HeadSearch(keras_tuner.HyperModel):  # type: ignore[misc]
    """A head for a frozen network, as Keras's guide to transfer learning builds it."""

    def __init__(self, case: Case, place: Place, decoded: DecodedDataset) -> None:
        super().__init__()
        self.case, self.place, self.decoded = case, place, decoded
        self.losses: list[list[float]] = []  # of each trial

    def build(self, hp: Any) -> keras.Model:
        inputs, features = frozen(self.case, self.place)
        seed_head(hp.Int("seed", 0, 10**9))
        units = hp.Choice("head_units", ["0", "64", "128"])
        dropout = hp.Float("dropout", 0.0, 0.5, step=0.1)
        rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log")
        return with_head(inputs, features, int(units), dropout, rate)

    def fit(self, hp: Any, model: keras.Model, **options: Any) -> Any:
        history = plain_fit(self.case, model, self.decoded, hp.get("seed"), **options)
        self.losses.append(history.history["val_loss"])
        return history


def trials_by_hand(
    case: Case, place: Place, decoded: DecodedDataset, values_of_trials: Sequence[Mapping[str, Any]]
) -> list[Trial]:
    """Train the same heads without a search: frozen layers are computed once, and nothing is recorded."""
    pixels, outputs = frozen(case, place)
    prefix = keras.Model(pixels, outputs)
    splits = {}
    for split, rows in decoded.rows.items():
        features = prefix.predict(decoded.pixels[rows], batch_size=BATCH, verbose=0)
        splits[split] = SplitRows((features,), decoded.labels[rows], np.arange(len(rows)))
    activations = Features(decoded.class_names, splits)
    trials = []
    for values in values_of_trials:
        seed_head(values["seed"])
        inputs = keras.Input(outputs.shape[1:])
        network = with_head(
            inputs, inputs, int(values["head_units"]), values["dropout"], values["learning_rate"]
        )
        history = plain_fit(
            case,
            network,
            activations,
            values["seed"],
            epochs=case.epochs,
            callbacks=plateau_callbacks(),
            verbose=0,
        ).history
        trials.append(Trial(values, history["val_loss"], max(history["val_accuracy"])))
    return trials


def frozen(case: Case, place: Place) -> tuple[Any, Any]:
    """Return pixels and the pooled outputs of the frozen network, as in Keras's guide to transfer learning."""
    pixels = keras.Input((case.size, case.size, 3))
    base = backbone(case.architecture, case.size)
    base.load_weights(place.weights)
    base.trainable = False
    features = base(preprocessed(pixels, case.architecture), training=False)
    return pixels, layers.GlobalAveragePooling2D()(features)


def seed_head(seed: int) -> None:
    """Seed as zoo does in the trial of this seed: the head's weights do not depend on numbers drawn by the backbone."""
    keras.utils.set_random_seed(seed)
    keras.utils.set_random_seed(random.getrandbits(32))


def with_head(inputs: Any, features: Any, units: int, dropout: float, rate: float) -> keras.Model:
    """Return the compiled network from the inputs through the features to a new head."""
    if units:
        features = layers.Dense(units, activation="relu")(features)
    if dropout:
        features = layers.Dropout(dropout)(features)
    network = keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(features))
    network.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return network


# Fitting -----------------------------------------------------------------------------------------------------


def plateau_callbacks() -> list[keras.callbacks.Callback]:
    """Return the same callbacks as zoo's, with its patience."""
    monitor = {"monitor": "val_accuracy", "mode": "max"}
    return [
        keras.callbacks.EarlyStopping(**monitor, patience=PATIENCE),
        keras.callbacks.ReduceLROnPlateau(**monitor, factor=0.5, patience=PATIENCE // 3),
    ]


def plain_fit(case: Case, network: keras.Model, served: Served, seed: int, **options: Any) -> Any:
    """Keras's `fit` on the batches that zoo trains on with this seed; return the history."""
    pipeline = tf.data.Options()
    pipeline.autotune.enabled = case.tuned
    train_batches = training_batches(served, BATCH, epochs=range(case.epochs), seed=seed)
    return network.fit(
        train_batches.dataset.with_options(pipeline),
        steps_per_epoch=train_batches.steps,
        validation_data=split_batches(served, "validation", EVALUATION_BATCH).with_options(pipeline),
        shuffle=False,
        **options,
    )


class Epochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Records the metrics of each epoch, and its time including validation."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Epoch] = []
        self.began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.done.append(Epoch(epoch + 1, dict(logs), time.perf_counter() - self.began))


def fit_one(case: Case, path: Path, decoded: DecodedDataset) -> list[Epoch]:
    """Train all layers from conv5 on with Keras's `fit`."""
    network = keras.models.load_model(path)
    first = next(place for place, layer in enumerate(network.layers) if layer.name.startswith("conv5"))
    for place, layer in enumerate(network.layers):
        layer.trainable = place >= first
    network.compile(keras.optimizers.Adam(1e-4), "categorical_crossentropy", metrics=["accuracy"])
    watch = Epochs()
    callbacks = [*plateau_callbacks(), watch]
    plain_fit(case, network, decoded, 0, epochs=case.epochs, callbacks=callbacks, verbose=0)
    return watch.done
