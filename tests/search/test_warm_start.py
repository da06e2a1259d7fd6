"""The hyperparameters of earlier searches with which a new search starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import keras_tuner
import pytest

from zoo.interfaces import DatasetVersion, Objective
from zoo.models.joint_space import fix_each, join, to_joint
from zoo.models.space import choose, read
from zoo.search.warm_start import LIMIT, choose_prior, distance, fit_into

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCURACY = Objective("val_accuracy", "max")
LOSS = Objective("val_loss", "min")


def version(name: str = "digits", *, classes: int = 8, images: int = 1024, number: int = 1) -> DatasetVersion:
    return DatasetVersion(
        id=number,
        name=name,
        version=number,
        source=f"plugin {name}",
        fingerprint="a" * 64,
        class_names=tuple(f"class{place}" for place in range(classes)),
        counts={"train": {"class0": images}},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


DIGITS = version()


@dataclass(frozen=True)
class PriorTrial:
    """A trial of `width`, which is also its id."""

    width: int
    accuracy: float = 0.5
    dataset: DatasetVersion = DIGITS
    image_size: int = 32
    channels: int = 3
    loss: float | None = None
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        return f"{self.width:08x}beef"

    @property
    def hyperparameters(self) -> dict[str, Any]:
        return {"width": self.width, **self.others}

    @property
    def metrics(self) -> dict[str, float]:
        return {"val_accuracy": self.accuracy} | ({} if self.loss is None else {"val_loss": self.loss})


def space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Int("width", 1, 99, default=7)
    return hp


def widths(prior: list[PriorTrial], count: int, objective: Objective = ACCURACY) -> list[Any]:
    chosen = choose_prior(prior, DIGITS, read(space()), objective, count, image_size=32, channels=3)
    return [values["width"] for values, _ in chosen]


# which -----------------------------------------------------------------------------------------------------


def test_without_prior_trials_there_is_no_warm_start() -> None:
    assert widths([], 4) == []


def test_nothing_is_chosen_where_none_is_asked_for() -> None:
    assert widths([PriorTrial(1)], 0) == []


def test_the_best_of_the_same_dataset_come_first() -> None:
    assert widths([PriorTrial(1, 0.5), PriorTrial(2, 0.9), PriorTrial(3, 0.7)], 2) == [2, 3]


def test_best_is_by_the_objective() -> None:
    trials = [PriorTrial(1, 0.9, loss=0.3), PriorTrial(2, 0.5, loss=0.1), PriorTrial(3, 0.7, loss=0.2)]
    assert widths(trials, 3, LOSS) == [2, 3, 1]


def test_accuracy_orders_trials_that_do_not_know_the_objective() -> None:
    assert widths([PriorTrial(1, 0.5), PriorTrial(2, 0.9)], 2, Objective("params", "min")) == [2, 1]


def test_trials_that_know_the_objective_go_before_those_that_do_not() -> None:
    assert widths([PriorTrial(1, 0.9), PriorTrial(2, 0.5, loss=9.0)], 2, LOSS) == [2, 1]


@pytest.mark.parametrize("measured", [float("nan"), float("inf")])
def test_a_trial_without_a_number_is_not_used(measured: float) -> None:
    assert widths([PriorTrial(1, measured)], 2) == []


def test_other_versions_of_the_dataset_count_as_the_same() -> None:
    earlier = version(classes=800, images=10**9, number=2)
    assert widths([PriorTrial(1, 0.5), PriorTrial(2, 0.9, earlier)], 2) == [2, 1]


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(1, [1]), (2, [1, 11]), (3, [1, 2, 11]), (4, [1, 2, 11, 12]), (5, [1, 2, 3, 11, 12])],
)
def test_half_rounded_up_comes_from_the_same_dataset(count: int, chosen: list[int]) -> None:
    same = [PriorTrial(1, 0.9), PriorTrial(2, 0.8), PriorTrial(3, 0.7), PriorTrial(4, 0.6)]
    other = version("letters")
    assert widths([*same, PriorTrial(11, 0.9, other), PriorTrial(12, 0.8, other)], count) == chosen


def test_the_same_dataset_contributes_more_where_no_other_does() -> None:
    trials = [PriorTrial(1, 0.9), PriorTrial(2, 0.8), PriorTrial(3, 0.7)]
    assert widths([*trials, PriorTrial(11, 0.9, version("letters"))], 4) == [1, 2, 11, 3]


def test_other_datasets_give_their_best_in_turn_the_most_like_one_first() -> None:
    near, far = version("near", classes=16), version("far", classes=64)
    prior = [
        PriorTrial(1, 0.9, far),
        PriorTrial(2, 0.8, far),
        PriorTrial(3, 0.4, near),
        PriorTrial(4, 0.3, near),
        PriorTrial(5, 0.2, near),
    ]
    assert widths(prior, 5) == [3, 1, 4, 2, 5]


def test_two_that_are_equal_count_once() -> None:
    prior = [
        PriorTrial(1, 0.9),
        PriorTrial(1, 0.8),
        PriorTrial(1, 0.9, version("letters")),
        PriorTrial(2, 0.1),
    ]
    assert widths(prior, 3) == [1, 2]


def test_two_that_become_equal_in_the_space_count_once() -> None:
    prior = [PriorTrial(1, 0.9, others={"gone": 1}), PriorTrial(1, 0.8, others={"gone": 2})]
    assert widths(prior, 2) == [1]


def test_a_trial_outside_the_space_leaves_its_place_to_the_next() -> None:
    assert widths([PriorTrial(100, 0.9), PriorTrial(2, 0.8), PriorTrial(3, 0.7)], 2) == [2, 3]


def test_each_says_where_it_comes_from() -> None:
    prior = [PriorTrial(0x1A, 0.9), PriorTrial(0x1B, 0.9, version("letters"))]
    chosen = choose_prior(prior, DIGITS, read(space()), ACCURACY, 2, image_size=32, channels=3)
    assert [origin for _, origin in chosen] == ["run 0000001a on digits", "run 0000001b on letters"]


# how like two datasets are ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trial", "apart"),
    [
        (PriorTrial(1), 0.0),
        (PriorTrial(1, dataset=version(classes=2)), 2.0),
        (PriorTrial(1, dataset=version(classes=32)), 2.0),
        (PriorTrial(1, image_size=64), 1.0),
        (PriorTrial(1, dataset=version(images=128)), 3.0),
        (PriorTrial(1, channels=1), 2.0),
        (PriorTrial(1, dataset=version(classes=16, images=256), image_size=8, channels=1), 7.0),
        (PriorTrial(1, dataset=version(images=0)), 10.0),
    ],
)
def test_distance(trial: PriorTrial, apart: float) -> None:
    assert distance(trial, DIGITS, 32, 3) == apart


@pytest.mark.parametrize(("doublings", "chosen"), [(int(LIMIT), [1]), (int(LIMIT) + 1, [])])
def test_a_dataset_further_than_the_limit_is_not_learnt_from(doublings: int, chosen: list[int]) -> None:
    assert widths([PriorTrial(1, dataset=version("letters", images=1024 * 2**doublings))], 2) == chosen


# into the space --------------------------------------------------------------------------------------------


def rich_space() -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hp.Fixed("plan", "fixed")
    hp.Choice("kind", ["thin", "wide"])
    with hp.conditional_scope("kind", ["wide"]):
        hp.Int("size", 1, 3, default=2)
    hp.Boolean("pool", default=True)
    hp.Choice("units", ["0", "64"])
    hp.Choice("scale", [0.25, 1.0])
    hp.Int("filters", 8, 64, sampling="log", default=16)
    hp.Int("width", 8, 64, step=8, default=16)
    hp.Float("learning_rate", 3e-4, 1e-2, sampling="log", default=1e-3)
    hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.2)
    return hp


DEFAULTS = choose(rich_space(), {}).values


def test_a_missing_value_gets_its_default() -> None:
    assert fit_into(read(rich_space()), {}) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pool", False),
        ("units", "64"),
        ("scale", 1.0),
        ("filters", 63),
        ("width", 64),
        ("learning_rate", 0.002),
        ("dropout", 0.4),
    ],
)
def test_a_value_of_the_space_is_taken(name: str, value: Any) -> None:
    assert fit_into(read(rich_space()), {name: value}) == {**DEFAULTS, name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pool", "yes"),
        ("units", "256"),
        ("units", 64),
        ("scale", 0.5),
        ("filters", 65),
        ("width", 20),
        ("learning_rate", 0.5),
        ("learning_rate", "0.002"),
        ("learning_rate", float("nan")),
        ("dropout", 0.45),
        ("kind", "deep"),
    ],
)
def test_a_trial_with_a_value_outside_the_space_does_not_fit(name: str, value: Any) -> None:
    assert fit_into(read(rich_space()), {name: value}) is None


def test_a_value_comes_as_the_space_has_it() -> None:
    """3 steps of 0.1 are 0.30000000000000004, and so the algorithms know the value."""
    fitted = fit_into(read(rich_space()), {"dropout": 0.3})
    assert fitted == {**DEFAULTS, "dropout": 3 * 0.1}


def test_a_fixed_value_stays_fixed() -> None:
    assert fit_into(read(rich_space()), {"plan": "other"}) == DEFAULTS


def test_a_hyperparameter_that_no_longer_exists_is_dropped() -> None:
    assert fit_into(read(rich_space()), {"gone": 1}) == DEFAULTS


def test_an_inactive_hyperparameter_has_no_value() -> None:
    assert fit_into(read(rich_space()), {"kind": "thin", "size": 99}) == DEFAULTS


def test_an_active_hyperparameter_has_a_value() -> None:
    assert fit_into(read(rich_space()), {"kind": "wide"}) == {**DEFAULTS, "kind": "wide", "size": 2}


# several architectures -------------------------------------------------------------------------------------


def test_prior_hyperparameters_of_an_architecture_fit_into_a_joint_space() -> None:
    joint = join({"plain": space(), "rich": rich_space()})
    prior = to_joint("rich", {"kind": "wide", "size": 3, "dropout": 0.1}, ("plain", "rich"))
    expected = {"architecture": "rich", "rich/kind": "wide", "rich/size": 3, "rich/dropout": 0.1}
    fitted = fit_into(read(joint), prior)
    assert fitted is not None
    assert {name: fitted.get(name) for name in expected} == expected


def test_one_of_zoos_own_from_one_architecture_serves_the_other() -> None:
    fixed, _ = fix_each({"rich": rich_space(), "other": rich_space()}, {"other/dropout": 0.5})
    fitted = fit_into(read(join(fixed)), to_joint("rich", {"dropout": 0.1}, ("rich", "other")))
    assert fitted is not None
    assert fitted["rich/dropout"] == 0.1
