"""Chooses what to train: the whole classifier on pixels, or its suffix on cached activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from zoo.data.augmentation_names import MIXING, parts_of
from zoo.data.batches import count_steps
from zoo.data.units import bytes_in_words
from zoo.errors import DatasetError
from zoo.models.frontier import find_frontier
from zoo.training.features import Copies, FeatureMaker

if TYPE_CHECKING:
    from zoo.data.batches import Served
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import FeatureOptions, Progress, Sampling
    from zoo.models.classifier import Classifier
    from zoo.training.features import Features

READ_SPEED = 1e9  # bytes a second, of a memory map
WORTH_SECONDS = 1  # to save less is not worth the space


class Work(NamedTuple):
    """The facts of a training that decide whether caching activations pays.

    Args:
        epochs: the remaining ones.
        augmentation: see `zoo.data.augmentation_names`.
        seed: of augmentation.
        trainings: those with the same frozen layers, this one included.
    """

    epochs: int
    batch_size: int
    augmentation: str
    seed: int
    sampling: Sampling
    trainings: int = 1


class Trainable(NamedTuple):
    """A network to train, and its inputs.

    Args:
        classifier: the whole one, or its suffix, which shares its layers.
        data: pixels for the whole one, cached activations for the suffix.
        augmentation: of the batches.
    """

    classifier: Classifier
    data: Served
    augmentation: str


def find_trainable(
    classifier: Classifier, decoded: DecodedDataset, work: Work, options: FeatureOptions, progress: Progress
) -> Trainable:
    """Return the suffix with cached activations, where the first layers are frozen and caching pays; else the whole.

    A notice reports which. Frozen layers that are random in training (dropout, noise) are not random here, cached or
    not.
    """
    frontier = find_frontier(classifier)
    if frontier is None:
        return Trainable(classifier, decoded, work.augmentation)
    if frontier.inactive:
        more = f" and {len(frontier.inactive) - 1} more" if len(frontier.inactive) > 1 else ""
        progress.notice(f"frozen, so not random in training: {frontier.inactive[0]}{more}")
    copies = Copies()
    if parts_of(work.augmentation):
        copies = Copies(work.augmentation, options.copies or 1, work.seed)
    maker = FeatureMaker(frontier, decoded, options.dtype, copies)
    reason, features = _obstacle(decoded, work, options), None
    if reason is None:
        try:
            reason, features = _cached(maker, work, options, progress)
        except DatasetError as error:
            reason = str(error)
    if features is None:
        progress.notice(f"frozen layers are computed in each epoch: {reason}")
        return Trainable(frontier.joined(), decoded, work.augmentation)
    return Trainable(frontier.suffix, features, "none")


def _obstacle(decoded: DecodedDataset, work: Work, options: FeatureOptions) -> str | None:
    """Return the reason why activations cannot be cached, if there is one."""
    parts = parts_of(work.augmentation)
    if options.mode == "off":
        return "--cache-features is off"
    if not decoded.fingerprint:
        return "the dataset has no fingerprint"
    if set(parts) & set(MIXING):
        return f"augmentation {work.augmentation} mixes images"
    if parts and options.copies is None:
        return (
            f"augmentation {work.augmentation} draws new pixels each time "
            "(--cache-copies 4 caches 4 copies of an image)"
        )
    return None


def _cached(
    maker: FeatureMaker, work: Work, options: FeatureOptions, progress: Progress
) -> tuple[str | None, Features | None]:
    """Return the cached activations, computed where missing; or the reason why that does not pay."""
    cached = {split: entry.read(progress) for split, entry in maker.entries.items()}
    missing = [split for split, arrays in cached.items() if arrays is None]
    if missing and maker.probe.obstacle:
        return maker.probe.obstacle, None
    if missing:
        estimate = _estimate(maker, missing, work)
        # A choice that changes the weights must not depend on the speed of the machine.
        exact = options.dtype == "float32" and not parts_of(work.augmentation)
        if options.mode == "auto" and exact and not estimate.pays:
            return estimate.reason_against, None
        progress.notice(f"activations of frozen layers are cached: {estimate}")
    else:
        progress.notice("activations of frozen layers are in the cache already")
    arrays = {
        split: entry.build(maker.batches(split), progress) if split in missing else cached[split] or ()
        for split, entry in maker.entries.items()
    }
    return None, maker.serve(arrays)


@dataclass(frozen=True)
class Estimate:
    """Cost and benefit of caching activations.

    Args:
        images: the number that the prefix must compute for the cache.
        passes: the number that it would compute in all without a cache.
        image_seconds: the time for one image of a batch, as in an epoch.
        row_bytes: of one image's activations.
    """

    images: int
    passes: int
    image_seconds: float
    row_bytes: int

    @property
    def pays(self) -> bool:
        """Whether computing them once and reading them is noticeably quicker."""
        reading = self.passes * self.row_bytes / READ_SPEED
        return (self.passes - self.images) * self.image_seconds - reading >= WORTH_SECONDS

    @property
    def reason_against(self) -> str:
        """The reason why it does not pay."""
        if self.seconds < WORTH_SECONDS:
            return f"that takes under {WORTH_SECONDS} s in all"
        return f"caching them does not pay ({self})"

    @property
    def seconds(self) -> float:
        """The seconds to compute them in each epoch."""
        return self.passes * self.image_seconds

    def __str__(self) -> str:
        size, once = bytes_in_words(self.images * self.row_bytes), self.images * self.image_seconds
        return f"{size}; up to {_seconds(once)} to compute once, some {_seconds(self.seconds)} each time"


def _estimate(maker: FeatureMaker, missing: list[str], work: Work) -> Estimate:
    images_in = {split: len(rows) for split, rows in maker.decoded.rows.items()}
    trained = count_steps(maker.decoded, work.batch_size, work.sampling) * work.batch_size
    passes = work.epochs * (trained + images_in["validation"]) + images_in["validation"] + images_in["test"]
    passes *= work.trainings
    images = sum(maker.entries[split].rows for split in missing)
    row_bytes = maker.entries["train"].row_bytes
    return Estimate(images, passes, maker.probe.seconds, row_bytes)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
