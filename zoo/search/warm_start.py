"""Warm start: the first trials of a new search have the best hyperparameters of prior trials."""

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
"""The maximal distance of another dataset, such as one with 4 times the classes, image size and images."""
OTHER_CHANNELS = 2.0
"""The distance of another number of channels, as large as that of 4 times the classes."""
SHOWN_DIGITS = 8


def choose_prior(
    prior: Sequence[PriorTrial],
    dataset: DatasetVersion,
    space: Space,
    objective: Objective,
    count: int,
    *,
    image_size: int,
    channels: int,
) -> list[Choice]:
    """Up to `count` different choices from the space, each with its origin.

    Up to half of them are the best trials on any version of the dataset; then come the best on each other dataset in
    turn, the most similar one first; then more on the dataset itself. Trials with a value outside the space are
    ignored. Fixed hyperparameters keep their values, and those that a trial lacks get their defaults.

    Args:
        prior: trials with hyperparameters under the names of the space; see `zoo.models.joint_space.to_joint`.
        image_size, channels: of the images of the new search.
    """
    own = [trial for trial in prior if trial.dataset.name == dataset.name]
    others = _most_similar_first(prior, dataset, image_size, channels)
    best, *rest = (_fitting(_ranked(trials, objective), space, count) for trials in (own, *others))
    half = math.ceil(count / 2)
    in_turn = (choice for turn in zip_longest(*rest) for choice in turn if choice is not None)
    return list(islice(_different(chain(best[:half], in_turn, best[half:])), count))


def distance(trial: PriorTrial, dataset: DatasetVersion, image_size: int, channels: int) -> float:
    """The distance of the trial's dataset: the number of doublings between the numbers of classes, the image sizes and
    the numbers of images, plus `OTHER_CHANNELS` if the numbers of channels differ."""
    ratios = (
        (len(trial.dataset.class_names), len(dataset.class_names)),
        (trial.image_size, image_size),
        (trial.dataset.images, dataset.images),
    )
    doublings = sum(abs(math.log2(max(other, 1) / max(own, 1))) for other, own in ratios)
    return doublings + (OTHER_CHANNELS if trial.channels != channels else 0.0)


def _most_similar_first(
    prior: Sequence[PriorTrial], dataset: DatasetVersion, image_size: int, channels: int
) -> list[list[PriorTrial]]:
    """The trials on each other dataset within the limit."""
    trials: dict[str, list[PriorTrial]] = defaultdict(list)
    nearest: dict[str, float] = {}
    for trial in prior:
        name = trial.dataset.name
        away = distance(trial, dataset, image_size, channels)
        if name != dataset.name and away <= LIMIT:
            trials[name].append(trial)
            nearest[name] = min(away, nearest.get(name, LIMIT))
    return [trials[name] for name in sorted(trials, key=lambda name: (nearest[name], name))]


def _ranked(trials: Iterable[PriorTrial], objective: Objective) -> list[PriorTrial]:
    """The trials, best first: those with a value of the objective, then those with only an accuracy."""
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
    """The first `count` different choices of these trials that fit into the space."""
    fitted = ((fit_into(space, trial.hyperparameters), trial) for trial in trials)
    choices = (
        (values, f"run {trial.run_id[:SHOWN_DIGITS]} on {trial.dataset.name}")
        for values, trial in fitted
        if values is not None
    )
    return list(islice(_different(choices), count))


def _different(choices: Iterable[Choice]) -> Iterator[Choice]:
    """Each choice once, with its first origin."""
    distinct: list[Values] = []
    for values, origin in choices:
        if values not in distinct:
            distinct.append(values)
            yield values, origin


def fit_into(space: Space, prior: Hyperparameters) -> Values | None:
    """A value for every active hyperparameter of the space, and for no other.

    None: a prior value is not among those that the space searches. `zoo.models.space.check` would accept a value that
    can be set but is not searched, which the algorithms cannot represent.
    """
    values: Values = {}
    for hp in space.hyperparameters:
        if hp.name in values or not hp.is_active(values):
            continue
        prior_value = _prior_value(hp.name, prior, values)
        if isinstance(hp, Fixed) or prior_value is None:
            values[hp.name] = hp.default
            continue
        value = _searched(hp, prior_value)
        if value is None:
            return None
        values[hp.name] = value
    return values


def _prior_value(name: str, prior: Hyperparameters, values: Values) -> HyperparameterValue | None:
    """The prior value of a hyperparameter; one of zoo's own has its plain name there, even if the joint space prefixes
    it because the architectures declare it differently."""
    plain = name.removeprefix(f"{values.get(ARCHITECTURE)}/")
    return prior.get(name, prior.get(plain) if plain in OWN else None)


def _searched(hp: Hyperparameter, value: HyperparameterValue) -> HyperparameterValue | None:
    """The value as it is in the space; None if it is not."""
    domain = hp.domain
    if isinstance(hp, Float):
        if isinstance(value, str | bool):
            return None
        number = float(value)
        if domain is None:
            return number if hp.low <= number <= hp.high else None
        # 3 steps of 0.1 are not exactly 0.3.
        return next(
            (float(choice) for choice in domain if math.isclose(float(choice), number, abs_tol=1e-12)), None
        )
    return domain[domain.index(value)] if domain is not None and value in domain else None
