"""The settings of a run's training, and the evaluations of its best epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.architectures import build
from tests.plans import RUN_PLAN, changed
from zoo.interfaces import FeatureOptions, Sampling
from zoo.interfaces.metrics import DEFAULT_OBJECTIVE
from zoo.models.hyperparameters import OWN
from zoo.workflows.fitting import evaluate_checkpoint, fit_and_evaluate, fit_settings

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Epoch

VALUES = {own.name: own.default for own in OWN.values()}


def test_settings_are_those_of_the_plan() -> None:
    sampling, features = Sampling(fraction=0.5), FeatureOptions("off")
    plan = changed(RUN_PLAN, epochs=7, seed=3, patience=2, sampling=sampling, features=features)
    settings = fit_settings(plan)
    assert (settings.epochs, settings.seed, settings.patience) == (7, 3, 2)
    assert (settings.objective, settings.sampling, settings.features) == (
        DEFAULT_OBJECTIVE,
        sampling,
        features,
    )


def test_the_best_epoch_is_evaluated_on_validation_and_test(decoded: DecodedDataset) -> None:
    """And the same once more from its checkpoint."""
    settings, checkpoints = fit_settings(changed(RUN_PLAN, epochs=1)), []

    def on_epoch(epoch: Epoch, save: object) -> bool:
        checkpoints.append(save())
        return False

    trained = fit_and_evaluate(build(), decoded, VALUES, settings, on_epoch)
    assert [evaluation.split for evaluation in trained.evaluations] == ["validation", "test"]
    again = evaluate_checkpoint(build(), decoded, VALUES, settings, checkpoints[0])
    assert again.best == trained.best
    assert [each.metrics for each in again.evaluations] == [each.metrics for each in trained.evaluations]
    assert evaluate_checkpoint(build(), decoded, VALUES, settings, b"damaged") is None
