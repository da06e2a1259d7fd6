from __future__ import annotations

from typing import TYPE_CHECKING

from tests.plans import changed
from tests.registry.builders import add_model, content, evaluation, run_plan, trial
from zoo.interfaces import DatasetVersion, Epoch, Metrics, PriorTrial, RunKind, Search, State

if TYPE_CHECKING:
    from zoo.registry import Registry

PLAN = changed(run_plan(RunKind.TRIAL), image_size=32, channels=3)


def prior_metrics(registry: Registry) -> list[Metrics]:
    return [prior.metrics for prior in registry.prior_trials("convnet", "1")]


def test_a_completed_trial_is_found_with_its_dataset(
    registry: Registry, search: Search, digits: DatasetVersion
) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.complete_run(run.id, content(), [evaluation(accuracy=0.8, loss=0.5, f1=0.7)])
    assert registry.prior_trials("convnet", "1") == [
        PriorTrial(
            run.id,
            PLAN.hyperparameters,
            digits,
            image_size=32,
            channels=3,
            metrics={"val_accuracy": 0.8, "val_loss": 0.5},
        )
    ]


def test_without_a_model_the_best_epoch_counts(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    curve = ((0.5, 0.9), (0.8, 0.6), (0.8, 0.4), (0.7, 0.3))
    for number, (accuracy, loss) in enumerate(curve, 1):
        metrics = {"val_accuracy": accuracy, "val_loss": loss, "loss": 0.1}
        registry.record_epoch(run.id, Epoch(number, metrics, 1.0))
    registry.complete_without_model(run.id, {})
    assert prior_metrics(registry) == [{"val_accuracy": 0.8, "val_loss": 0.4}]


def test_its_objective_is_found(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.record_epoch(run.id, Epoch(1, {"val_accuracy": 0.8}, 1.0))
    registry.complete_without_model(run.id, {"val_f1": 0.7, "params": 120.0, "val_loss": float("nan")})
    assert prior_metrics(registry) == [{"val_f1": 0.7, "params": 120.0, "val_accuracy": 0.8}]


def test_a_metric_that_is_no_number_is_left_out(registry: Registry, search: Search) -> None:
    first, second = (registry.start_trial(search.id, trial(number), PLAN) for number in (1, 2))
    registry.record_epoch(first.id, Epoch(1, {"val_accuracy": 0.8, "val_loss": float("nan")}, 1.0))
    registry.complete_without_model(first.id, {})
    registry.complete_run(second.id, content(), [evaluation(accuracy=0.6, loss=float("nan"))])
    assert prior_metrics(registry) == [{"val_accuracy": 0.6}, {"val_accuracy": 0.8}]


def test_only_completed_trials_are_found(registry: Registry, search: Search, digits: DatasetVersion) -> None:
    add_model(registry, digits)
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.end_run(run.id, State.FAILED)
    assert prior_metrics(registry) == []


def test_only_trials_of_the_architecture_and_version_are_found(registry: Registry, search: Search) -> None:
    run = registry.start_trial(search.id, trial(1), PLAN)
    registry.complete_without_model(run.id, {})
    counts = [
        len(registry.prior_trials(*arguments))
        for arguments in (("convnet", "1"), ("convnet", "2"), ("vgg", "1"))
    ]
    assert counts == [1, 0, 0]


def test_the_newest_are_returned_up_to_the_limit(registry: Registry, search: Search) -> None:
    runs = [registry.start_trial(search.id, trial(number), PLAN) for number in (1, 2, 3)]
    for run in runs:
        registry.complete_without_model(run.id, {})
    assert [prior.run_id for prior in registry.prior_trials("convnet", "1", limit=2)] == [
        runs[2].id,
        runs[1].id,
    ]
