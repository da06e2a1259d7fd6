"""Networks that trials share: one is reused as it was built, without any effect on the results."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers

from tests.architectures import architecture_of
from zoo.models.bases import Bases
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.exploration import explore
from zoo.models.pretrained.report import WeightsReport, report, reports_to
from zoo.models.space import choose
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

    Built = tuple[Classifier, list[int]]

SHAPE = {"image_size": 8, "channels": 1}
PIXELS = np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 1)).astype(np.float32)


@pytest.fixture
def built() -> list[int]:
    """The filters of each backbone that was built."""
    return []


@pytest.fixture
def trial(built: list[int]) -> Callable[..., Classifier]:
    """Build a classifier as a trial of a seed does, on weights that are the same for each trial."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        filters = hp.Int("filters", 2, 8, default=4)
        if weights is not None:
            built.append(filters)
            report(WeightsReport(f"weights of {filters} filters", "by name", ()))
        ones = layers.Conv2D(filters, 3, kernel_initializer="ones", name="ones")
        maps = layers.BatchNormalization(name="norm")(ones(inputs))
        # Its weights are not in the file, say.
        return layers.Dropout(0.5, name="drop")(layers.Conv2D(2, 1, name="left_out")(maps))

    architecture = architecture_of(backbone)
    space = explore(SpaceBuilder(architecture, **SHAPE))

    def build(bases: Bases, seed: int = 0, **hyperparameters: Any) -> Classifier:
        start_fresh(seed)
        hp = choose(space, {"head_units": "8", "dropout": 0.2, **hyperparameters})
        return build_classifier(
            architecture, hp, **SHAPE, class_names=("a", "b"), weights="given", bases=bases
        )

    return build


def state(classifier: Classifier) -> dict[str, np.ndarray]:
    """Every variable by its layer and name, states of random draws too."""
    return {
        f"{layer.name}/{variable.name}": variable.numpy()
        for layer in classifier.network.layers
        for variable in layer.variables
    }


def assert_same(first: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert first.keys() == other.keys()
    assert [path for path in first if not np.array_equal(first[path], other[path])] == []


def fit(classifier: Classifier) -> list[float]:
    """Train a little and return the losses."""
    classifier.network.trainable = True
    classifier.network.compile("sgd", "categorical_crossentropy")
    history = classifier.network.fit(PIXELS, np.eye(2)[[0, 1, 0, 1]], epochs=2, shuffle=False, verbose=0)
    return history.history["loss"]


# What is kept ----------------------------------------------------------------------------------------------


def test_a_backbone_is_built_once(trial: Callable, built: list[int]) -> None:
    bases = Bases()
    first, second = trial(bases), trial(bases, seed=1, dropout=0.0)
    assert built == [4]
    assert second.network.get_layer("ones") is first.network.get_layer("ones")


def test_another_backbone_is_built(trial: Callable, built: list[int]) -> None:
    bases = Bases()
    trial(bases)
    assert trial(bases, filters=3).network.get_layer("ones").filters == 3
    trial(bases, filters=3)
    assert built == [4, 3]


def test_each_search_keeps_its_own(trial: Callable, built: list[int]) -> None:
    trial(Bases())
    trial(Bases())
    assert built == [4, 4]


# As if it were new -----------------------------------------------------------------------------------------


def test_training_does_not_change_a_shared_network(trial: Callable) -> None:
    bases = Bases()
    first = trial(bases, seed=3)
    before = state(first)
    fit(first)
    assert not np.array_equal(state(first)["norm/moving_mean"], before["norm/moving_mean"])
    assert_same(state(trial(bases, seed=3)), before)


@pytest.mark.parametrize("seed", [0, 7])
def test_a_trial_on_a_shared_backbone_equals_one_on_a_new_backbone(trial: Callable, seed: int) -> None:
    bases = Bases()
    fit(trial(bases, seed=1, head_units="16"))
    cached, cached_losses = trained(trial(bases, seed))
    new, new_losses = trained(trial(Bases(), seed))
    assert_same(cached, new)
    assert cached_losses == new_losses


def trained(classifier: Classifier) -> tuple[dict[str, np.ndarray], list[float]]:
    losses = fit(classifier)
    return state(classifier), losses


def test_layers_have_the_same_names(trial: Callable) -> None:
    bases = Bases()
    trial(bases)
    cached, new = trial(bases, seed=2), trial(Bases(), seed=2)
    assert cached.network.to_json() == new.network.to_json()


def test_variables_beside_the_weights_are_the_same_for_each_seed(trial: Callable) -> None:
    first, second = (state(trial(Bases(), seed))["left_out/kernel"] for seed in (1, 2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("path", ["head_dense_1/kernel", "drop/seed_generator_state"])
def test_random_variables_differ_between_seeds(trial: Callable, path: str) -> None:
    bases = Bases()
    first, second = (state(trial(bases, seed))[path] for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_heads_of_earlier_trials_are_forgotten(trial: Callable) -> None:
    bases = Bases()
    first = trial(bases)
    head = weakref.ref(first.network.get_layer("head_dense_1"))
    del first
    trial(bases, seed=1)
    keras.utils.clear_session()
    gc.collect()
    assert head() is None


def test_each_trial_reports_the_weights_that_it_starts_from(trial: Callable) -> None:
    reports: list[WeightsReport] = []
    bases = Bases()
    with reports_to(reports.append):
        for filters in (4, 4, 2):
            trial(bases, filters=filters)
    assert [loaded.location for loaded in reports] == [
        f"weights of {filters} filters" for filters in (4, 4, 2)
    ]
