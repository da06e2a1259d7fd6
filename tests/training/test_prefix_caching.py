"""Training on cached activations where that is possible and pays, with a notice where it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.training.small_parts import AUTO, COMPUTED, OFF, ON, Watcher, built
from zoo.data.cache.entries import list_cache
from zoo.interfaces import FeatureOptions, Sampling
from zoo.models.freezing import freeze
from zoo.models.frontier import find_frontier
from zoo.training import prefix_caching as part_module
from zoo.training.features import Copies, FeatureMaker
from zoo.training.fit import start_fresh
from zoo.training.prefix_caching import Estimate, Trainable, Work, find_trainable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.data.cache import DecodedDataset
    from zoo.models.classifier import Classifier

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture(autouse=True, scope="module")
def _as_every_training_begins() -> None:
    start_fresh(1)


@pytest.fixture
def part(data: DecodedDataset) -> Callable[..., tuple[Trainable, Watcher]]:
    """Return what would be trained, with the notices about it."""

    def prepare(
        options: FeatureOptions = ON,
        classifier: Classifier | None = None,
        *,
        data: DecodedDataset = data,
        freeze_spec: str = "block1",
        augmentation: str = "none",
        trainings: int = 1,
    ) -> tuple[Trainable, Watcher]:
        watcher = Watcher()
        classifier = classifier or built()
        freeze(classifier, freeze_spec)
        work = Work(2, 8, augmentation, 1, Sampling(), trainings)
        return find_trainable(classifier, data, work, options, watcher), watcher

    return prepare


def inputs(part: Trainable, split: str = "train") -> np.ndarray:
    return np.array(part.data.split(split).inputs[0])


# Computed once -----------------------------------------------------------------------------------------------


def test_cached_activations_are_reported(part: Callable[..., tuple[Trainable, Watcher]], cache: Path) -> None:
    (notice,) = part()[1].notices
    assert notice.startswith("activations of frozen layers are cached: 61.4 kB; up to ")
    assert sorted(entry.images or 0 for entry in list_cache(cache)) == [12, 16, 32]


def test_another_head_shares_the_features(part: Callable[..., tuple[Trainable, Watcher]]) -> None:
    part(freeze_spec="all")
    _, watcher = part(ON, built(head_units="4", dropout=0.5), freeze_spec="all")
    assert watcher.computed == 0


def test_other_weights_in_front_have_other_features(part: Callable[..., tuple[Trainable, Watcher]]) -> None:
    first, _ = part()
    changed = built()
    changed.network.get_layer("block1_conv").bias.assign([1.0] * 4)
    other, watcher = part(ON, changed)
    assert (watcher.computed, np.array_equal(inputs(first), inputs(other))) == (3, False)


def test_other_images_have_other_features(
    part: Callable[..., tuple[Trainable, Watcher]], data: DecodedDataset
) -> None:
    first, _ = part()
    other, watcher = part(data=replace(data, pixels=data.pixels // 2, fingerprint="darker images"))
    assert (watcher.computed, np.array_equal(inputs(first), inputs(other))) == (3, False)


# Where that cannot be ----------------------------------------------------------------------------------------


def test_off_is_off(part: Callable[..., tuple[Trainable, Watcher]], cache: Path) -> None:
    assert part(OFF)[1].notices == [f"{COMPUTED}--cache-features is off"]
    assert not (cache / "features").exists()


def test_nothing_is_reported_where_nothing_is_frozen(part: Callable[..., tuple[Trainable, Watcher]]) -> None:
    assert part(freeze_spec="none")[1].notices == []


@pytest.mark.parametrize(
    ("options", "augmentation", "reason"),
    [
        (
            ON,
            "flip",
            "augmentation flip draws new pixels each time (--cache-copies 4 caches 4 copies of an image)",
        ),
        (ON, "mixup", "augmentation mixup mixes images"),
        (FeatureOptions("on", copies=2), "flip+cutmix", "augmentation flip+cutmix mixes images"),
    ],
)
def test_fresh_pixels_are_not_cached(
    part: Callable[..., tuple[Trainable, Watcher]],
    data: DecodedDataset,
    options: FeatureOptions,
    augmentation: str,
    reason: str,
) -> None:
    trainable, watcher = part(options, augmentation=augmentation)
    assert (trainable.data, trainable.augmentation, watcher.notices) == (
        data,
        augmentation,
        [COMPUTED + reason],
    )


def test_a_cache_that_cannot_be_written_is_reported(
    part: Callable[..., tuple[Trainable, Watcher]], data: DecodedDataset, cache: Path
) -> None:
    cache.write_text("a file")
    trainable, watcher = part()
    assert trainable.data is data
    assert watcher.notices[-1].startswith(f"{COMPUTED}cannot write the cache '{cache}")


def test_a_damaged_file_is_reported_and_computed_anew(
    part: Callable[..., tuple[Trainable, Watcher]], cache: Path
) -> None:
    first = inputs(part()[0])
    path = max(cache.glob("features/*/features-0.bin"), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[1000] ^= 255
    path.write_bytes(content)
    again, watcher = part()
    assert watcher.notices[0] == "the cached activations are damaged: they are computed again"
    assert (watcher.computed, np.array_equal(inputs(again), first)) == (1, True)


def test_a_dataset_without_a_fingerprint_has_no_features(
    part: Callable[..., tuple[Trainable, Watcher]], decoded: DecodedDataset
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


def test_fast_activations_are_not_cached_by_default(
    part: Callable[..., tuple[Trainable, Watcher]], cache: Path
) -> None:
    assert part(AUTO)[1].notices == [f"{COMPUTED}that takes under 1 s in all"]
    assert not list(cache.glob("features/*"))


def test_slow_activations_are_cached_by_default(
    part: Callable[..., tuple[Trainable, Watcher]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_module, "WORTH_SECONDS", -1)
    assert part(AUTO)[1].computed == 3


def test_activations_for_many_trainings_are_cached_by_default(
    part: Callable[..., tuple[Trainable, Watcher]],
) -> None:
    assert part(AUTO, trainings=1_000_000)[1].computed == 3


def test_the_time_that_a_prefix_takes_is_measured_once(data: DecodedDataset) -> None:
    def measured() -> float:
        classifier = built()
        freeze(classifier, "all")
        frontier = find_frontier(classifier)
        assert frontier is not None
        return FeatureMaker(frontier, data, "float32", Copies()).probe.seconds

    assert measured() == measured()


def test_activations_in_the_cache_are_used_by_default(part: Callable[..., tuple[Trainable, Watcher]]) -> None:
    part(ON)
    assert part(AUTO)[1].notices == ["activations of frozen layers are in the cache already"]


@pytest.mark.parametrize(
    ("options", "augmentation"),
    [(FeatureOptions(dtype="float16"), "none"), (FeatureOptions(copies=2), "flip")],
    ids=["float16", "copies"],
)
def test_time_does_not_decide_what_changes_the_weights(
    part: Callable[..., tuple[Trainable, Watcher]], options: FeatureOptions, augmentation: str
) -> None:
    assert part(options, augmentation=augmentation)[1].computed > 0


# Copies and halves --------------------------------------------------------------------------------------------


def test_copies_of_training_images_alone_are_cached(
    part: Callable[..., tuple[Trainable, Watcher]], cache: Path
) -> None:
    trainable, watcher = part(FeatureOptions("on", copies=2), augmentation="light")
    assert sorted(entry.images or 0 for entry in list_cache(cache)) == [12, 16, 64]
    assert (
        trainable.augmentation,
        trainable.data.split("train").copies,
        trainable.data.split("test").copies,
    ) == (
        "none",
        2,
        1,
    )
    assert watcher.notices[0].startswith("activations of frozen layers are cached: 94.2 kB")


def test_copies_are_augmented_each_in_its_own_way(part: Callable[..., tuple[Trainable, Watcher]]) -> None:
    plain, (viewed, _) = inputs(part()[0]), part(FeatureOptions("on", copies=2), augmentation="light")
    first, second = np.split(inputs(viewed), 2)
    assert not any(np.array_equal(*pair) for pair in ((first, second), (first, plain), (second, plain)))
    assert np.array_equal(inputs(viewed, "test"), inputs(part()[0], "test"))


def test_each_augmentation_has_copies_of_its_own(part: Callable[..., tuple[Trainable, Watcher]]) -> None:
    computed = [
        part(FeatureOptions("on", copies=2), augmentation=name)[1].computed
        for name in ("light", "light", "flip")
    ]
    assert computed == [4, 0, 2]


def test_float16_is_near(part: Callable[..., tuple[Trainable, Watcher]], cache: Path) -> None:
    half, whole = (inputs(part(FeatureOptions("on", dtype))[0]) for dtype in ("float16", "float32"))
    assert (half.dtype, np.array_equal(half, whole.astype(np.float16))) == (np.float16, True)
