"""A training in phases: what trains when and how quickly, the best weights over all, and going on in any of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import zoo.models.classifier
import zoo.models.freezing
from zoo.interfaces import Objective, Sampling
from zoo.models.hyperparameters import OWN
from zoo.models.stages import stages
from zoo.training.fit import FitSettings, fit, start_fresh
from zoo.training.phases import describe_phases, plan_phases, set_trainable

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Epoch
    from zoo.models.classifier import Classifier

    Weights = dict[str, list[np.ndarray]]

DEFAULTS = {own.name: own.default for own in OWN.values()}
LOSS, ACCURACY = Objective("val_loss", "min"), Objective("val_accuracy", "max")


# The plan ----------------------------------------------------------------------------------------------------


def planned(classifier: Classifier, epochs: int = 6, **values: Any) -> list[tuple[int, int, str, float, Any]]:
    """First and last epoch, the stages that are frozen, factor of the rate, origin of the schedule."""
    phases = plan_phases(classifier, {**DEFAULTS, **values}, epochs)
    return [
        (phase.start, phase.stop, frozen_in(classifier, phase.frozen), phase.factor, phase.origin)
        for phase in phases
    ]


def frozen_in(classifier: Classifier, frozen: tuple[Any, ...]) -> str:
    return " ".join(name for name, layers in stages(classifier) if set(layers) & set(frozen))


@pytest.mark.parametrize(
    ("values", "plan"),
    [
        ({}, [(0, 6, "", 1.0, 0)]),
        ({"head_epochs": 2}, [(0, 2, "block1 block2", 1.0, None), (2, 6, "", 0.1, 2)]),
        (
            {"head_epochs": 2, "unfreeze_rate": 0.5},
            [(0, 2, "block1 block2", 1.0, None), (2, 6, "", 0.5, 2)],
        ),
        (
            {"head_epochs": 2, "unfreeze_epochs": 1},
            [(0, 2, "block1 block2", 1.0, None), (2, 3, "block1", 0.1, 2), (3, 6, "", 0.1, 2)],
        ),
        ({"unfreeze_epochs": 2}, [(0, 2, "block1", 1.0, 0), (2, 6, "", 1.0, 0)]),
        ({"head_epochs": 9}, [(0, 6, "block1 block2", 1.0, None)]),
        (
            {"head_epochs": 2, "unfreeze_epochs": 5},
            [(0, 2, "block1 block2", 1.0, None), (2, 6, "block1", 0.1, 2)],
        ),
        ({"head_epochs": 2, "unfreeze_epochs": 1, "freeze": "all"}, [(0, 6, "", 1.0, 0)]),
        (
            {"head_epochs": 2, "unfreeze_epochs": 1, "freeze": "block1"},
            [(0, 2, "block2", 1.0, None), (2, 6, "", 0.1, 2)],
        ),
    ],
    ids=[
        "one phase", "head first", "rate after it", "gradual", "gradual without head", "head to the end",
        "cut off", "nothing to open", "one stage to open",
    ],
)  # fmt: skip
def test_the_plan(build: Callable[..., Classifier], values: dict[str, Any], plan: list[Any]) -> None:
    assert planned(build(), **values) == plan


@pytest.mark.parametrize(
    ("values", "notice"),
    [
        ({}, ""),
        ({"head_epochs": 2}, "epochs 1–2: the head; epochs 3–6: all that is not frozen"),
        (
            {"head_epochs": 2, "unfreeze_epochs": 1},
            "epochs 1–2: the head; epoch 3: all from block2 on; epochs 4–6: all that is not frozen",
        ),
        ({"unfreeze_epochs": 5}, "epochs 1–5: all from block2 on; epoch 6: all that is not frozen"),
        ({"head_epochs": 9}, "epochs 1–6: the head; the rest never trains, since the training ends before"),
        ({"head_epochs": 9, "freeze": "all"}, ""),
        ({"head_epochs": 5, "freeze": "block1"}, "epochs 1–5: the head; epoch 6: all that is not frozen"),
    ],
)
def test_the_plan_is_described(build: Callable[..., Classifier], values: dict[str, Any], notice: str) -> None:
    assert describe_phases(build(), {**DEFAULTS, **values}, 6) == notice


def test_opening_leaves_frozen_what_is_frozen_permanently(build: Callable[..., Classifier]) -> None:
    classifier = build()
    values = {**DEFAULTS, "freeze": "block1_conv/bias", "batchnorm": "frozen"}
    set_trainable(classifier, values, classifier.network.layers[:4])
    set_trainable(classifier, values)
    training = {variable.path.removesuffix("/kernel") for variable in classifier.network.trainable_variables}
    assert training == {"block1_conv", "block2_conv", "block2_conv/bias", "head_output", "head_output/bias"}


# Training by it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Trained:
    """The result of a training, with the weights before it and after each epoch, layer by layer."""

    classifier: Classifier
    best: Epoch
    epochs: list[Epoch]
    weights: list[Weights]
    checkpoints: list[bytes]

    @property
    def rates(self) -> list[float]:
        return [epoch.metrics["learning_rate"] for epoch in self.epochs]

    def changed(self, epoch: int) -> str:
        """The layers that the epoch with this number changed."""
        before, after = self.weights[epoch - 1 : epoch + 1]
        return " ".join(name for name in before if not same(before[name], after[name]))


def same(first: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(*pair) for pair in zip(first, other, strict=True))


def weights_of(classifier: Classifier) -> Weights:
    return {layer.name: layer.get_weights() for layer in classifier.network.layers if layer.weights}


def metrics_of(epochs: list[Epoch]) -> list[Any]:
    return [(epoch.number, epoch.metrics) for epoch in epochs]


@pytest.fixture
def train(build: Callable[..., Classifier], decoded: DecodedDataset) -> Callable[..., Trained]:
    """Train a new classifier, four steps an epoch."""

    def run(
        *,
        data: DecodedDataset = decoded,
        settings: dict[str, Any] | None = None,
        checkpoint: bytes | None = None,
        ends_after: int = 0,
        hyperparameters: dict[str, Any] | None = None,
        **options: Any,
    ) -> Trained:
        chosen = {"epochs": 4, "seed": 1, "patience": 9, "objective": LOSS, **(settings or {})}
        start_fresh(1)
        classifier = build(dropout=options.get("dropout", 0.2))
        epochs, weights, checkpoints = [], [weights_of(classifier)], []

        def on_epoch(epoch: Epoch, make: Callable[[], bytes]) -> bool:
            epochs.append(epoch)
            weights.append(weights_of(classifier))
            checkpoints.append(make())
            return epoch.number == ends_after

        values = hyperparameters or {**DEFAULTS, "batch_size": 8, "learning_rate": 0.1, **options}
        best, _ = fit(classifier, data, values, FitSettings(**chosen), on_epoch, checkpoint)
        return Trained(classifier, best, epochs, weights, checkpoints)

    return run


@pytest.fixture
def misleading(decoded: DecodedDataset) -> DecodedDataset:
    """Validation has its labels swapped, so the more is learned, the worse it gets there."""
    labels = decoded.labels.copy()
    labels[decoded.rows["validation"]] = 1 - labels[decoded.rows["validation"]]
    return replace(decoded, labels=labels)


def test_a_training_walks_the_graph_once_and_resolves_frozen_layers_once(
    train: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many phases it has: each only sets again what trains."""
    calls: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        function = getattr(module, name)

        def counter(*arguments: Any) -> Any:
            calls[name] += 1
            return function(*arguments)

        monkeypatch.setattr(module, name, counter)

    count(zoo.models.classifier, "operations_of")
    count(zoo.models.freezing, "_resolve")
    train(freeze="block1", head_epochs=1, unfreeze_epochs=1)
    assert calls == {"operations_of": 1, "_resolve": 1}


BLOCK1, BLOCK2, HEAD = "block1_conv block1_bn", "block2_conv block2_bn", "head_output"


def test_stages_open_from_the_head_on(train: Callable[..., Trained]) -> None:
    """Closed normalisation keeps its moving statistics, too."""
    trained = train(head_epochs=1, unfreeze_epochs=1, settings={"epochs": 3})
    assert [trained.changed(epoch) for epoch in (1, 2, 3)] == [
        HEAD,
        f"{BLOCK2} {HEAD}",
        f"{BLOCK1} {BLOCK2} {HEAD}",
    ]


def test_cosine_falls_over_the_epochs_after_the_heads(train: Callable[..., Trained]) -> None:
    """The rate is constant in this phase; a gradual training continues its one cosine schedule."""
    trained = train(head_epochs=1, schedule="cosine", unfreeze_epochs=1)
    assert trained.rates == pytest.approx([0.1, 0.0075, 0.0025, 0.0], abs=1e-8)


def test_the_warm_up_comes_after_the_heads_epochs(train: Callable[..., Trained]) -> None:
    """The reported rate is that of the step after the epoch: 5 of 8 steps of the warm-up."""
    trained = train(head_epochs=1, warmup_epochs=2)
    assert trained.rates == pytest.approx([0.1, 0.00625, 0.01, 0.01])


def test_a_plateau_halves_a_constant_rate_in_the_last_phase(train: Callable[..., Trained]) -> None:
    """Nothing improves at this rate; patience 6 makes a plateau of 2 epochs."""
    settings = {"epochs": 6, "patience": 6, "objective": ACCURACY}
    trained = train(settings=settings, learning_rate=1e-9, unfreeze_epochs=1)
    assert (trained.rates[0], trained.rates[-1] < 0.6e-9) == (pytest.approx(1e-9), True)


def test_early_stopping_waits_for_the_last_phase(
    train: Callable[..., Trained], misleading: DecodedDataset
) -> None:
    trained = train(data=misleading, settings={"epochs": 9, "patience": 1}, head_epochs=3)
    assert 3 < len(trained.epochs) < 9


def test_a_stage_trains_with_its_own_rate(train: Callable[..., Trained]) -> None:
    """The first step of SGD is as long as its rate."""
    settings = {"epochs": 1, "sampling": Sampling(steps_per_epoch=1)}

    def steps(layer_decay: float) -> dict[str, np.ndarray]:
        trained = train(optimizer="sgd", layer_decay=layer_decay, settings=settings)
        before, after = trained.weights
        return {name: np.subtract(after[name][0], before[name][0]) for name in before}

    plain, slower = steps(1.0), steps(0.5)
    for layer, factor in (("head_output", 1), ("block2_conv", 0.5), ("block1_conv", 0.25)):
        assert np.abs(plain[layer]).max() > 1e-4
        np.testing.assert_allclose(slower[layer], plain[layer] * factor, rtol=1e-3, atol=1e-6)


# Normalisation -----------------------------------------------------------------------------------------------


def test_frozen_normalisation_keeps_its_weights_and_statistics(train: Callable[..., Trained]) -> None:
    trained = train(batchnorm="frozen", settings={"epochs": 1})
    assert trained.changed(1) == "block1_conv block2_conv head_output"


def test_normalisation_in_frozen_layers_keeps_its_statistics_anyway(train: Callable[..., Trained]) -> None:
    trained = train(batchnorm="train", freeze="block1", settings={"epochs": 1})
    assert trained.changed(1) == f"{BLOCK2} {HEAD}"


def test_frozen_normalisation_is_in_inference_mode(
    train: Callable[..., Trained], decoded: DecodedDataset
) -> None:
    """All images are alike, so a batch's own statistics would leave nothing of them but beta, 0."""
    alike = replace(decoded, pixels=np.full_like(decoded.pixels, 200))
    losses = []
    for kind in ("frozen", "train"):
        still = {"batchnorm": kind, "dropout": 0.0, "learning_rate": 1e-9}
        losses.append(train(data=alike, settings={"epochs": 1}, **still).epochs[0].metrics)
    assert losses[0]["loss"] == pytest.approx(losses[0]["val_loss"], rel=1e-3)
    assert losses[1]["loss"] != pytest.approx(losses[1]["val_loss"], rel=1e-3)


# The best weights --------------------------------------------------------------------------------------------


def test_a_later_phase_that_is_worse_does_not_win(
    train: Callable[..., Trained], misleading: DecodedDataset
) -> None:
    trained = train(data=misleading, head_epochs=2, unfreeze_rate=1.0)
    losses = [epoch.metrics["val_loss"] for epoch in trained.epochs]
    assert trained.best.number == np.argmin(losses) + 1 <= 2
    restored, after = weights_of(trained.classifier), trained.weights[trained.best.number]
    assert all(same(restored[name], after[name]) for name in restored)


def test_a_phase_begins_with_the_best_weights_so_far(
    train: Callable[..., Trained], misleading: DecodedDataset
) -> None:
    """At such a rate nothing moves in the second phase."""
    trained = train(data=misleading, head_epochs=3, learning_rate=0.5, unfreeze_rate=1e-9, batchnorm="frozen")
    *head, last = (epoch.metrics["val_loss"] for epoch in trained.epochs)
    assert (min(head) < head[-1], last) == (True, pytest.approx(min(head), rel=1e-5))


# Going on ----------------------------------------------------------------------------------------------------

GRADUAL: dict[str, Any] = {"head_epochs": 2, "unfreeze_epochs": 2, "schedule": "cosine", "layer_decay": 0.5}


@pytest.mark.large
def test_it_resumes_as_if_it_had_never_stopped(train: Callable[..., Trained]) -> None:
    """In the head's phase, at its end, while a stage is frozen, in the last phase."""
    settings = {"epochs": 6}
    whole = train(**GRADUAL, settings=settings)
    for done in (1, 2, 3, 5):
        rest = train(**GRADUAL, settings=settings, checkpoint=whole.checkpoints[done - 1])
        assert metrics_of([*whole.epochs[:done], *rest.epochs]) == metrics_of(whole.epochs), done
        assert same(rest.classifier.network.get_weights(), whole.classifier.network.get_weights()), done
        assert rest.best.number == whole.best.number, done


def test_one_that_is_ended_in_a_phase_has_no_other(train: Callable[..., Trained]) -> None:
    trained = train(head_epochs=2, ends_after=1)
    assert (len(trained.epochs), trained.best.number) == (1, 1)
    assert all(layer.trainable for layer in trained.classifier.network.layers)


@pytest.mark.parametrize(
    ("done", "numbers", "changed"),
    [(1, [2, 3, 4], HEAD), (3, [4], f"{BLOCK1} {BLOCK2} {HEAD}")],
    ids=["in the head's phase", "after it"],
)
def test_an_earlier_trainings_epochs_count_for_the_phases(
    train: Callable[..., Trained], done: int, numbers: list[int], changed: str
) -> None:
    trained = train(head_epochs=2, settings={"initial_epoch": done})
    assert ([epoch.number for epoch in trained.epochs], trained.changed(1)) == (numbers, changed)


def test_hyperparameters_of_an_earlier_zoo_still_train(train: Callable[..., Trained]) -> None:
    newer = {"batchnorm", "head_epochs", "unfreeze_epochs", "unfreeze_rate", "layer_decay", "warmup_epochs"}
    stored = {name: value for name, value in DEFAULTS.items() if name not in newer}
    older, now = (train(hyperparameters=values, settings={"epochs": 1}) for values in (stored, DEFAULTS))
    assert metrics_of(older.epochs) == metrics_of(now.epochs)
