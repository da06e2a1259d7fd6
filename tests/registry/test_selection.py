from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import add_model, evaluation, record_digits
from zoo.errors import NotFoundError, RegistryError, UnknownNameError

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion
    from zoo.registry import Registry


def test_the_highest_validation_accuracy_is_best(registry: Registry, digits: DatasetVersion) -> None:
    models = [add_model(registry, digits, accuracy=value) for value in (0.7, 0.9, 0.8)]
    assert registry.best("digits") == models[1]


def test_the_lowest_loss_is_best(registry: Registry, digits: DatasetVersion) -> None:
    models = [add_model(registry, digits, loss=value) for value in (0.7, 0.2, 0.8)]
    assert registry.best("digits", metric="val_loss") == models[1]


def test_a_metric_may_be_given_without_its_split(registry: Registry, digits: DatasetVersion) -> None:
    models = [add_model(registry, digits, f1=value, accuracy=0.5) for value in (0.7, 0.9)]
    assert registry.best("digits", metric="f1") == models[1]


@pytest.mark.parametrize("metric", ["test_accuracy", "train_accuracy"])
def test_only_validation_metrics_select(registry: Registry, digits: DatasetVersion, metric: str) -> None:
    add_model(registry, digits, accuracy=0.9)
    with pytest.raises(RegistryError, match="reported, never selected on; use val_accuracy"):
        registry.best("digits", metric=metric)


def test_an_unknown_metric_gets_the_nearest(registry: Registry, digits: DatasetVersion) -> None:
    add_model(registry, digits, accuracy=0.9)
    with pytest.raises(
        UnknownNameError, match=r"unknown metric 'val_acuracy': did you mean 'val_accuracy'\?"
    ):
        registry.best("digits", metric="val_acuracy")


def test_of_equal_accuracies_the_lower_loss_is_best(registry: Registry, digits: DatasetVersion) -> None:
    models = [add_model(registry, digits, accuracy=0.9, loss=loss) for loss in (0.3, 0.2, 0.4)]
    assert registry.best("digits") == models[1]


def test_a_finite_loss_is_better_than_none(registry: Registry, digits: DatasetVersion) -> None:
    add_model(registry, digits, accuracy=0.9)
    finite = add_model(registry, digits, accuracy=0.9, loss=0.4)
    assert registry.best("digits") == finite


def test_of_equal_losses_the_fewer_parameters_are_best(registry: Registry, digits: DatasetVersion) -> None:
    models = [add_model(registry, digits, accuracy=0.9, loss=0.1, size=size) for size in (8, 2, 4)]
    assert registry.best("digits") == models[1]


def test_of_equal_models_the_older_is_best(registry: Registry, digits: DatasetVersion) -> None:
    models = [add_model(registry, digits, accuracy=0.9, loss=0.1) for _ in range(2)]
    assert registry.best("digits") == models[0]


def test_a_metric_that_is_no_number_is_never_best(registry: Registry, digits: DatasetVersion) -> None:
    add_model(registry, digits, loss=math.nan)
    number = add_model(registry, digits, loss=9.0)
    assert registry.best("digits", metric="loss") == number


def test_a_metric_that_is_a_number_of_no_model_finds_nothing(
    registry: Registry, digits: DatasetVersion
) -> None:
    add_model(registry, digits, loss=math.nan)
    with pytest.raises(NotFoundError, match="val_loss is not a number for any of the 1 models for digits"):
        registry.best("digits", metric="loss")


def test_only_models_of_the_newest_version_are_compared(registry: Registry, digits: DatasetVersion) -> None:
    add_model(registry, digits, accuracy=0.9)
    newer = add_model(registry, record_digits(registry, "b"), accuracy=0.6)
    assert registry.best("digits") == newer


def test_metrics_on_other_datasets_do_not_select(registry: Registry, digits: DatasetVersion) -> None:
    best = add_model(registry, digits, accuracy=0.8)
    other = add_model(registry, digits, accuracy=0.7)
    elsewhere = record_digits(registry, "e", "/elsewhere")
    registry.record_evaluation(other.id, elsewhere, evaluation("validation", accuracy=1.0))
    assert registry.best("digits") == best


def test_architecture_limits(registry: Registry, digits: DatasetVersion) -> None:
    resnet = add_model(registry, digits, architecture="resnet", accuracy=0.7)
    add_model(registry, digits, accuracy=0.9)
    assert registry.best("digits", architecture="resnet") == resnet


def test_parameters_limit(registry: Registry, digits: DatasetVersion) -> None:
    small = add_model(registry, digits, size=4, accuracy=0.7)
    add_model(registry, digits, size=8, accuracy=0.9)
    assert registry.best("digits", max_params=small.parameters) == small


def test_size_limits(registry: Registry, digits: DatasetVersion) -> None:
    small = add_model(registry, digits, size=4, accuracy=0.7)
    add_model(registry, digits, size=8, accuracy=0.9)
    assert registry.best("digits", max_size_mb=small.size_bytes / 1e6) == small


def test_the_limit_that_leaves_nothing_is_named(registry: Registry, digits: DatasetVersion) -> None:
    add_model(registry, digits, accuracy=0.9)
    with pytest.raises(
        NotFoundError,
        match="meets --architecture convnet --max-params 5: relax --max-params 5",
    ):
        registry.best("digits", architecture="convnet", max_params=5)


def test_limits_that_leave_nothing_only_together_are_all_named(
    registry: Registry, digits: DatasetVersion
) -> None:
    add_model(registry, digits, accuracy=0.9)
    with pytest.raises(NotFoundError, match=r"--max-params 1 --max-size 0: relax all of them$"):
        registry.best("digits", max_params=1, max_size_mb=0)


def test_the_error_of_a_dataset_without_models_says_how_to_make_one(
    registry: Registry, digits: DatasetVersion
) -> None:
    with pytest.raises(NotFoundError, match="no model yet for digits: run `zoo search ARCH digits`"):
        registry.best("digits")


def test_the_error_of_a_new_version_without_models_names_the_older_ones(
    registry: Registry, digits: DatasetVersion
) -> None:
    add_model(registry, digits)
    record_digits(registry, "b")
    with pytest.raises(
        NotFoundError, match=r"version 2 of digits \(1 for other versions: see --version all\)"
    ):
        registry.best("digits")


def test_models_of_an_older_version_are_not_mixed_in(registry: Registry, digits: DatasetVersion) -> None:
    add_model(registry, digits, accuracy=0.99)
    newer = add_model(registry, record_digits(registry, "b"), accuracy=0.5)
    assert registry.best("digits") == newer


def test_a_version_may_be_asked_for(registry: Registry, digits: DatasetVersion) -> None:
    older = add_model(registry, digits, accuracy=0.5)
    add_model(registry, record_digits(registry, "b"), accuracy=0.99)
    assert registry.best("digits", version=1) == older


def test_all_versions_may_be_mixed_when_asked(registry: Registry, digits: DatasetVersion) -> None:
    newer_version = record_digits(registry, "b")
    models = [
        add_model(registry, of, accuracy=value)
        for of, value in ((digits, 0.8), (digits, 0.9), (newer_version, 0.7))
    ]
    assert registry.best("digits", version="all") == models[1]


def test_each_model_counts_by_the_version_that_it_was_trained_on(
    registry: Registry, digits: DatasetVersion
) -> None:
    newer_version = record_digits(registry, "b")
    older = add_model(registry, digits, accuracy=0.5)
    newer = add_model(registry, newer_version, accuracy=0.8)
    registry.record_evaluation(older.id, newer_version, evaluation("validation", accuracy=0.9))
    assert registry.best("digits", version="all") == newer


def test_the_error_of_an_unknown_version_names_the_existing_ones(
    registry: Registry, digits: DatasetVersion
) -> None:
    with pytest.raises(NotFoundError, match="dataset 'digits' has no version 3; available: 1"):
        registry.best("digits", version=3)
