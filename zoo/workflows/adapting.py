"""Adapts a classifier to training images before the first epoch, and checks that it can be stored with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.training.adapting import adapt, adapts
from zoo.workflows.round_trips import require_round_trip

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Architecture, CandidatePlan, Sampling
    from zoo.models.classifier import Classifier


def adapted(
    classifier: Classifier,
    architecture: Architecture | None,
    candidate: CandidatePlan,
    decoded: DecodedDataset,
    sampling: Sampling,
) -> Classifier:
    """Return the same classifier, adapted to the training images as `Architecture.adapt` says.

    Args:
        architecture: None where its plugin is not loaded, which a fine-tuning does not need.

    Raises:
        ContractError: `adapt` fails.
        RoundTripError: the registry could not return what it has set.
    """
    if architecture is not None and adapts(architecture, candidate):
        adapt(classifier, architecture, decoded, sampling)
        require_round_trip(classifier, architecture.name, architecture, adapted=True)
    return classifier
