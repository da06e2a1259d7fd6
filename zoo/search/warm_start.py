"""What a new search begins with: the best hyperparameters that are known from earlier ones."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from zoo.interfaces.metrics import DEFAULT_OBJECTIVE
from zoo.interfaces.spaces import ARCHITECTURE, Fixed, Float
from zoo.models.hyperparameters import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from zoo.interfaces import DatasetVersion, Hyperparameters, HyperparameterValue, Objective, PriorTrial
    from zoo.interfaces.spaces import Hyperparameter, Space
    from zoo.models.space import Values

    Choice = tuple[Values, str]

LIMIT = 6.0
"""The furthest dataset that is learnt from: such as one of 4 times the classes, image size and images."""
OTHER_CHANNELS = 2.0
"""As far as 4 times of anything."""
SHOWN_DIGITS = 8


def choose_prior(
    known: Sequence[PriorTrial],
    dataset: DatasetVersion,
    space: Space,
    objective: Objective,
    count: int,
    *,
    image_size: int,
    channels: int,
) -> list[Choice]:
    """Up to `count` different choices from the space, each with where it comes from.

    Up to half of them are the best of the dataset's own trials, whatever its version; then come the best of each other
    dataset in turn, the most like one first; then more of the dataset's own. Trials with a value that the space does
    not have are passed over. What the space holds stays held, and what a trial does not know gets its default.

    Args:
        known: their hyperparameters under the names of the space; see `zoo.models.joint_space.to_joint`.
        image_size, channels: of the images that are trained on now.
    """
    own = [trial for trial in known if trial.dataset.name == dataset.name]
    others = _likest_first(known, dataset, image_size, channels)
    best, *rest = (_fitting(_ranked(trials, objective), space, count) for trials in (own, *others))
    half = math.ceil(count / 2)
    in_turn = (choice for turn in zip_longest(*rest) for choice in turn if choice is not None)
    return list(islice(_different(chain(best[:half], in_turn, best[half:])), count))


def distance(trial: PriorTrial, dataset: DatasetVersion, image_size: int, channels: int) -> float:
    """How unlike the trial's images are: how often the number of classes, the image size and the number of images must
    be doubled, and `OTHER_CHANNELS`."""
    ratios = (
        (len(trial.dataset.class_names), len(dataset.class_names)),
        (trial.image_size, image_size),
        (trial.dataset.images, dataset.images),
    )
    apart = sum(abs(math.log2(max(there, 1) / max(here, 1))) for there, here in ratios)
    return apart + (OTHER_CHANNELS if trial.channels != channels else 0.0)


def _likest_first(
    known: Sequence[PriorTrial], dataset: DatasetVersion, image_size: int, channels: int
) -> list[list[PriorTrial]]:
    """The trials on each other dataset within the limit."""
    trials: dict[str, list[PriorTrial]] = defaultdict(list)
    nearest: dict[str, float] = {}
    for trial in known:
        name = trial.dataset.name
        apart = distance(trial, dataset, image_size, channels)
        if name != dataset.name and apart <= LIMIT:
            trials[name].append(trial)
            nearest[name] = min(apart, nearest.get(name, LIMIT))
    return [trials[name] for name in sorted(trials, key=lambda name: (nearest[name], name))]


def _ranked(trials: Iterable[PriorTrial], objective: Objective) -> list[PriorTrial]:
    """Best first; those that only know their accuracy after those that know the objective."""
    ranks: list[tuple[tuple[int, float], PriorTrial]] = []
    for trial in trials:
        value, accuracy = (
            trial.metrics.get(name, math.nan) for name in (objective.name, DEFAULT_OBJECTIVE.name)
        )
        if math.isfinite(value):
            ranks.append(((0, -value if objective.direction == "max" else value), trial))
        elif math.isfinite(accuracy):
            ranks.append(((1, -accuracy), trial))
    return [trial for _, trial in sorted(ranks, key=lambda rank: rank[0])]


def _fitting(trials: Iterable[PriorTrial], space: Space, count: int) -> list[Choice]:
    """The first `count` different choices that these trials make from the space."""
    fitted = ((fit_into(space, trial.hyperparameters), trial) for trial in trials)
    choices = (
        (values, f"run {trial.run_id[:SHOWN_DIGITS]} on {trial.dataset.name}")
        for values, trial in fitted
        if values is not None
    )
    return list(islice(_different(choices), count))


def _different(choices: Iterable[Choice]) -> Iterator[Choice]:
    """Each choice once, from where it comes first."""
    met: list[Values] = []
    for values, origin in choices:
        if values not in met:
            met.append(values)
            yield values, origin


def fit_into(space: Space, known: Hyperparameters) -> Values | None:
    """A value for every hyperparameter of the space that has an effect, and for no other.

    None: a known value is not one that the space searches. `zoo.models.space.check` would let one through that may be
    set but is not searched, which the algorithms cannot place.
    """
    values: Values = {}
    for hp in space.hyperparameters:
        if hp.name in values or not hp.is_active(values):
            continue
        given = _given(hp.name, known, values)
        if isinstance(hp, Fixed) or given is None:
            values[hp.name] = hp.default
            continue
        value = _searched(hp, given)
        if value is None:
            return None
        values[hp.name] = value
    return values


def _given(name: str, known: Hyperparameters, values: Values) -> HyperparameterValue | None:
    """One of zoo's own that not all architectures of a joint space declare alike has a plain name in the known ones."""
    plain = name.removeprefix(f"{values.get(ARCHITECTURE)}/")
    return known.get(name, known.get(plain) if plain in OWN else None)


def _searched(hp: Hyperparameter, value: HyperparameterValue) -> HyperparameterValue | None:
    """The value as the space has it; None if it does not."""
    domain = hp.domain
    if isinstance(hp, Float):
        if isinstance(value, str | bool):
            return None
        number = float(value)
        if domain is None:
            return number if hp.low <= number <= hp.high else None
        # 3 steps of 0.1 are not quite 0.3.
        return next(
            (float(each) for each in domain if math.isclose(float(each), number, abs_tol=1e-12)), None
        )
    return domain[domain.index(value)] if domain is not None and value in domain else None
