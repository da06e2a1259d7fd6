"""Training on kept features: the same bits as on pixels, computed once, and a word where that cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras_tuner import HyperParameters

from zoo.data.balance import Sampling
from zoo.data.cache.entries import list_cache
from zoo.data.cache.features import FeatureOptions
from zoo.interfaces import Architecture, Objective, Progress
from zoo.models.classifier import build_classifier
from zoo.models.freezing import freeze
from zoo.training import part as part_module
from zoo.training.evaluate import evaluate
from zoo.training.fit import FitSettings, fit, start_fresh
from zoo.training.part import Estimate, Part, Work, find_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Epoch, Evaluation
    from zoo.models.classifier import Classifier

ON, OFF, AUTO = (FeatureOptions(mode) for mode in ("on", "off", "auto"))
COMPUTED = "frozen layers are computed in each epoch: "
HEAD = ("output", "dropout", "head_units", "pooling")


class Watcher(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.computed = 0

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        self.computed += work == "computing features"


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training came to, and what was told of it."""

    weights: list[np.ndarray]
    epochs: list[dict[str, float]]
    evaluation: Evaluation
    checkpoints: list[bytes]
    watcher: Watcher

    def same_as(self, other: Trained) -> bool:
        """Whether weights, metrics of epochs and evaluations are the same, bit for bit."""
        return (
            all(map(np.array_equal, self.weights, other.weights))
            and self.epochs == other.epochs
            and self.evaluation.metrics == other.evaluation.metrics
            and np.array_equal(self.evaluation.probabilities, other.evaluation.probabilities)
        )


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def data(decoded: DecodedDataset) -> DecodedDataset:
    """More images of the first class than of the second among those for training."""
    labels = decoded.labels.copy()
    labels[:32] = np.arange(32) % 4 == 3
    return replace(decoded, labels=labels, name="gray", fingerprint="gray images")


def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    """Two blocks, the first with everything that a frozen one may have but what draws."""
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = keras.layers.Conv2D(4, 3, padding="same", name="block1_conv")(x)
    x = keras.layers.BatchNormalization(name="block1_bn")(x)
    x = keras.layers.ReLU(name="block1_relu")(x)
    return keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="block2_conv")(x)


def dropping(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    """Dropout between two blocks."""
    x = keras.layers.Conv2D(2, 3, padding="same", name="block1_conv")(inputs)
    x = keras.layers.Dropout(0.5, name="block1_drop")(x)
    return keras.layers.Conv2D(2, 3, padding="same", name="block2_conv")(x)


def branching(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    """Two tensors cross before the second block."""
    x = keras.layers.Conv2D(2, 3, padding="same", name="block1_conv")(inputs)
    y = keras.layers.Conv2D(2, 3, padding="same", name="block1_more")(x)
    y = keras.layers.Conv2D(2, 3, padding="same", name="block2_conv")(y)
    return keras.layers.Add(name="block2_add")([x, y])


def built(network: Callable[..., Any] = backbone, **head: Any) -> Classifier:
    """The same one each time."""
    keras.utils.set_random_seed(1)
    hp = HyperParameters()
    for name, value in head.items():
        hp.Fixed(name, value)
    architecture = Architecture("small", network, "small", "none", freeze_points=("block1", "block2"))
    return build_classifier(architecture, hp, image_size=8, channels=1, class_names=("class0", "class1"))


@pytest.fixture(autouse=True, scope="module")
def _as_every_training_begins() -> None:
    start_fresh(1)


@pytest.fixture(scope="module")
def memory() -> dict[str, Trained]:
    """Trainings on pixels, which several tests compare theirs with."""
    return {}


@pytest.fixture
def trained(data: DecodedDataset, memory: dict[str, Trained]) -> Callable[..., Trained]:
    """Train a new classifier whose first block is frozen."""

    def run(features: FeatureOptions, **given: Any) -> Trained:
        key = repr(given)
        if features is OFF and key in memory:
            return memory[key]
        result = train(**{"data": data, **given}, features=features)
        if features is OFF:
            memory[key] = result
        return result

    return run


def train(
    *,
    data: DecodedDataset,
    features: FeatureOptions,
    checkpoint: bytes | None = None,
    network: Callable[..., Any] = backbone,
    epochs: int = 2,
    patience: int = 9,
    sampling: Sampling | None = None,
    **given: Any,
) -> Trained:
    values = {"batch_size": 8, "learning_rate": 0.01, "freeze": "block1", **given}
    objective = Objective("val_loss", "min")
    settings = FitSettings(epochs, 1, patience, objective, sampling=sampling or Sampling(), features=features)
    classifier = built(network, **{name: value for name, value in values.items() if name in HEAD})
    metrics: list[dict[str, float]] = []
    checkpoints: list[bytes] = []

    def on_epoch(epoch: Epoch, make: Callable[[], bytes]) -> bool:
        metrics.append(dict(epoch.metrics))
        checkpoints.append(make())
        return False

    watcher = Watcher()
    _, part = fit(classifier, data, values, settings, on_epoch, checkpoint, watcher)
    evaluation = evaluate(part.classifier, part.data, "test")
    return Trained(classifier.network.get_weights(), metrics, evaluation, checkpoints, watcher)


@pytest.fixture
def part(data: DecodedDataset) -> Callable[..., tuple[Part, Watcher]]:
    """What would be trained, and what is told of it."""

    def found(
        options: FeatureOptions = ON,
        classifier: Classifier | None = None,
        *,
        data: DecodedDataset = data,
        freeze_spec: str = "block1",
        augmentation: str = "none",
    ) -> tuple[Part, Watcher]:
        watcher = Watcher()
        classifier = classifier or built()
        freeze(classifier, freeze_spec)
        work = Work(2, 8, augmentation, 1, Sampling())
        return find_part(classifier, data, work, options, watcher), watcher

    return found


def inputs(part: Part, split: str = "train") -> np.ndarray:
    return np.array(part.data.split(split).inputs[0])


# The same bits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"freeze": "all", "output": "sigmoid", "sampling": Sampling(class_weights="balanced")},
        {"label_smoothing": 0.1, "sampling": Sampling(oversample=True, fraction=0.7)},
        {"schedule": "cosine", "optimizer": "sgd", "epochs": 3, "sampling": Sampling(steps_per_epoch=3)},
        {"freeze": "none", "head_epochs": 1, "layer_decay": 0.5, "weight_decay": 0.01},
    ],
    ids=["plain", "sigmoid and class weights", "oversampled fraction", "steps", "two phases"],
)
def test_training_on_features_is_training_on_pixels(
    trained: Callable[..., Trained], given: dict[str, Any]
) -> None:
    on, off = trained(ON, **given), trained(OFF, **given)
    assert (on.watcher.computed > 0, off.watcher.computed) == (True, 0)
    assert on.same_as(off)


def test_early_stopping_ends_it_at_the_same_epoch(
    trained: Callable[..., Trained], data: DecodedDataset
) -> None:
    """Validation has its labels swapped, so the more is learned, the worse it gets there."""
    labels = data.labels.copy()
    labels[data.rows["validation"]] = 1 - labels[data.rows["validation"]]
    swapped = replace(data, labels=labels)
    on, off = (trained(mode, data=swapped, epochs=9, patience=1) for mode in (ON, OFF))
    assert (len(on.epochs) < 9, on.same_as(off)) == (True, True)


@pytest.mark.parametrize(("before", "after"), [(ON, ON), (ON, OFF), (OFF, ON)])
def test_it_goes_on_from_a_checkpoint_wherever_that_was_made(
    trained: Callable[..., Trained], before: FeatureOptions, after: FeatureOptions
) -> None:
    whole = trained(before, network=dropping)
    rest = trained(after, network=dropping, checkpoint=whole.checkpoints[0])
    assert len(rest.epochs) == 1
    assert replace(rest, epochs=whole.epochs[:1] + rest.epochs).same_as(whole)


def test_several_tensors_are_kept_where_several_cross(trained: Callable[..., Trained], cache: Path) -> None:
    on, off = (trained(mode, network=branching, freeze="until:block2_conv") for mode in (ON, OFF))
    assert (len(list(cache.glob("features/*/features-1.bin"))), on.same_as(off)) == (3, True)


def test_a_frozen_dropout_rests_whether_features_are_kept_or_not(trained: Callable[..., Trained]) -> None:
    on, off = trained(ON, network=dropping), trained(OFF, network=dropping)
    told = "frozen, so not random in training: block1_drop"
    assert (on.watcher.notices[0], off.watcher.notices[0]) == (told, told)
    assert on.same_as(off)


def test_a_dropout_that_is_not_frozen_goes_on(trained: Callable[..., Trained]) -> None:
    on, off = (trained(mode, network=dropping, freeze="block1_conv") for mode in (ON, OFF))
    resting = trained(OFF, network=dropping)
    assert (on.same_as(off), on.same_as(resting)) == (True, False)


# Computed once -----------------------------------------------------------------------------------------------


def test_what_is_kept_is_told(part: Callable[..., tuple[Part, Watcher]], cache: Path) -> None:
    (notice,) = part()[1].notices
    assert notice.startswith("what frozen layers give is kept: 61.4 kB; some ")
    assert sorted(entry.images or 0 for entry in list_cache(cache)) == [12, 16, 32]


def test_a_second_training_computes_nothing_of_the_prefix(trained: Callable[..., Trained]) -> None:
    first, second = trained(ON), trained(ON)
    assert (first.watcher.computed, second.watcher.computed, second.watcher.notices) == (
        3,
        0,
        ["what frozen layers give is in the cache already"],
    )
    assert second.same_as(first)


def test_another_head_shares_the_features(part: Callable[..., tuple[Part, Watcher]]) -> None:
    part(freeze_spec="all")
    _, watcher = part(ON, built(head_units="4", dropout=0.5), freeze_spec="all")
    assert watcher.computed == 0


def test_other_weights_in_front_have_other_features(part: Callable[..., tuple[Part, Watcher]]) -> None:
    first, _ = part()
    changed = built()
    changed.network.get_layer("block1_conv").bias.assign([1.0] * 4)
    other, watcher = part(ON, changed)
    assert (watcher.computed, np.array_equal(inputs(first), inputs(other))) == (3, False)


def test_other_images_have_other_features(
    part: Callable[..., tuple[Part, Watcher]], data: DecodedDataset
) -> None:
    first, _ = part()
    other, watcher = part(data=replace(data, pixels=data.pixels // 2, fingerprint="darker images"))
    assert (watcher.computed, np.array_equal(inputs(first), inputs(other))) == (3, False)


# Where that cannot be ----------------------------------------------------------------------------------------


def test_off_is_off(part: Callable[..., tuple[Part, Watcher]], cache: Path) -> None:
    assert part(OFF)[1].notices == [f"{COMPUTED}so it was asked for (--cache-features off)"]
    assert not (cache / "features").exists()


def test_nothing_is_told_where_nothing_is_frozen(part: Callable[..., tuple[Part, Watcher]]) -> None:
    assert part(freeze_spec="none")[1].notices == []


@pytest.mark.parametrize(
    ("options", "augmentation", "reason"),
    [
        (ON, "flip", "augmentation flip makes fresh pixels (--cache-views 4 keeps 4 views of an image)"),
        (ON, "mixup", "augmentation mixup mixes images"),
        (FeatureOptions("on", views=2), "flip+cutmix", "augmentation flip+cutmix mixes images"),
    ],
)
def test_fresh_pixels_are_not_kept(
    part: Callable[..., tuple[Part, Watcher]],
    data: DecodedDataset,
    options: FeatureOptions,
    augmentation: str,
    reason: str,
) -> None:
    classifier = built()
    found, watcher = part(options, classifier, augmentation=augmentation)
    assert (found, watcher.notices) == (Part(classifier, data, augmentation), [COMPUTED + reason])


def test_no_room_in_the_cache_is_told_and_costs_nothing_else(
    trained: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "10kB")
    on, off = trained(ON), trained(OFF)
    assert on.watcher.notices[-1] == (
        f"{COMPUTED}the features need 32.8 kB, but the cache may have 10.0 kB: "
        "set ZOO_CACHE_LIMIT higher, or take --cache-dtype float16"
    )
    assert on.same_as(off)


def test_a_cache_that_cannot_be_written_is_told(
    part: Callable[..., tuple[Part, Watcher]], data: DecodedDataset, cache: Path
) -> None:
    cache.write_text("a file")
    found, watcher = part()
    assert found.data is data
    assert watcher.notices[-1].startswith(f"{COMPUTED}cannot write the cache '{cache}")


def test_a_damaged_file_is_told_and_computed_anew(
    part: Callable[..., tuple[Part, Watcher]], cache: Path
) -> None:
    first = inputs(part()[0])
    path = max(cache.glob("features/*/features-0.bin"), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[1000] ^= 255
    path.write_bytes(content)
    again, watcher = part()
    assert watcher.notices[0] == "the features in the cache are damaged: they are computed anew"
    assert (watcher.computed, np.array_equal(inputs(again), first)) == (1, True)


def test_a_dataset_without_a_fingerprint_has_no_features(
    part: Callable[..., tuple[Part, Watcher]], decoded: DecodedDataset
) -> None:
    assert part(data=decoded)[1].notices == [f"{COMPUTED}the dataset has no fingerprint"]


# Whether it pays ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "pays"),
    [
        (Estimate(images=100, passes=1000, image_seconds=0.01, row_bytes=1000), True),
        (Estimate(images=100, passes=1000, image_seconds=0.0001, row_bytes=1000), False),
        (Estimate(images=1000, passes=1000, image_seconds=1.0, row_bytes=0), False),
        (Estimate(images=100, passes=1000, image_seconds=0.01, row_bytes=10_000_000), False),
        (Estimate(images=0, passes=1000, image_seconds=0.01, row_bytes=1000), True),
    ],
    ids=["nine passes saved", "all quick", "one pass", "too large to read", "in the cache"],
)
def test_it_pays_where_it_saves_time(estimate: Estimate, pays: bool) -> None:
    assert estimate.pays is pays


def test_what_takes_no_time_is_not_kept_unasked(
    part: Callable[..., tuple[Part, Watcher]], cache: Path
) -> None:
    assert part(AUTO)[1].notices == [f"{COMPUTED}that takes under 1 s in all"]
    assert not list(cache.glob("features/*"))


def test_what_pays_is_kept_unasked(
    part: Callable[..., tuple[Part, Watcher]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_module, "WORTH_SECONDS", -1)
    assert part(AUTO)[1].computed == 3


def test_what_is_in_the_cache_is_read_unasked(part: Callable[..., tuple[Part, Watcher]]) -> None:
    part(ON)
    assert part(AUTO)[1].notices == ["what frozen layers give is in the cache already"]


@pytest.mark.parametrize(
    ("options", "augmentation"),
    [(FeatureOptions(dtype="float16"), "none"), (FeatureOptions(views=2), "flip")],
    ids=["float16", "views"],
)
def test_time_does_not_decide_what_changes_the_weights(
    part: Callable[..., tuple[Part, Watcher]], options: FeatureOptions, augmentation: str
) -> None:
    assert part(options, augmentation=augmentation)[1].computed > 0


# Views and halves --------------------------------------------------------------------------------------------


def test_views_of_training_images_alone_are_kept(
    part: Callable[..., tuple[Part, Watcher]], cache: Path
) -> None:
    found, watcher = part(FeatureOptions("on", views=2), augmentation="light")
    assert sorted(entry.images or 0 for entry in list_cache(cache)) == [12, 16, 64]
    assert (found.augmentation, found.data.split("train").views, found.data.split("test").views) == (
        "none",
        2,
        1,
    )
    assert watcher.notices[0].startswith("what frozen layers give is kept: 94.2 kB")


def test_views_are_augmented_each_in_its_own_way(part: Callable[..., tuple[Part, Watcher]]) -> None:
    plain, (viewed, _) = inputs(part()[0]), part(FeatureOptions("on", views=2), augmentation="light")
    first, second = np.split(inputs(viewed), 2)
    assert not any(np.array_equal(*pair) for pair in ((first, second), (first, plain), (second, plain)))
    assert np.array_equal(inputs(viewed, "test"), inputs(part()[0], "test"))


def test_each_augmentation_has_views_of_its_own(part: Callable[..., tuple[Part, Watcher]]) -> None:
    told = [
        part(FeatureOptions("on", views=2), augmentation=name)[1].computed
        for name in ("light", "light", "flip")
    ]
    assert told == [4, 0, 2]


def test_a_training_on_views_is_repeated_bit_for_bit(trained: Callable[..., Trained]) -> None:
    views = FeatureOptions("on", views=2)
    once, again = (trained(views, augmentation="light") for _ in range(2))
    assert (again.same_as(once), again.same_as(trained(OFF))) == (True, False)


def test_float16_is_near(part: Callable[..., tuple[Part, Watcher]], cache: Path) -> None:
    half, whole = (inputs(part(FeatureOptions("on", dtype))[0]) for dtype in ("float16", "float32"))
    assert (half.dtype, np.array_equal(half, whole.astype(np.float16))) == (np.float16, True)
