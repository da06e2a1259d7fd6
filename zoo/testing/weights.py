"""The check of pre-trained weights that the user names: the default network gets them, and a table shows which."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import ContractError
from zoo.interfaces import Progress
from zoo.models.building import build_classifier
from zoo.models.pretrained.finding import find_weights
from zoo.models.pretrained.report import reports_to
from zoo.models.space import choose
from zoo.models.variables import named_variables
from zoo.plugin_code.places import file_of
from zoo.testing.architectures import networks_of
from zoo.testing.contract import WEIGHTS, run_checks
from zoo.testing.networks import CLASSES
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Architecture, Hyperparameters
    from zoo.models.pretrained.report import WeightsReport


@dataclass(frozen=True)
class _Subject:
    """An architecture with the weights to try.

    Args:
        show: gets the tables of what was loaded.
    """

    architecture: Architecture
    hyperparameters: Hyperparameters
    weights: str
    show: Callable[[str], None]


def check_weights(
    architecture: Architecture, weights: str, hyperparameters: Hyperparameters, show: Callable[[str], None]
) -> None:
    """Build the network of the defaults with these weights, and show a table of what was loaded.

    Args:
        weights: a name, a path or a URL, as for `zoo train --weights`.
        hyperparameters: fixed values.
        show: gets each table, even where the check fails.

    Raises:
        ContractError: the weights cannot be found or read, do not fit, or are not loaded at all.
    """
    subject = _Subject(architecture, hyperparameters, weights, show)
    run_checks(subject, architecture.name, file_of(architecture.backbone), {WEIGHTS: _loads}, WEIGHTS)


def _loads(subject: _Subject) -> None:
    weights = find_weights(subject.architecture, subject.weights, Progress())
    before = _digests(subject, None)
    reports: list[WeightsReport] = []
    try:
        with reports_to(reports.append):
            after = _digests(subject, weights.argument if weights else None)
    finally:
        for report in reports:
            subject.show(report.table(whole=True))
    changed = sum(after[name] != digest for name, digest in before.items() if name in after)
    if not changed:
        raise ContractError(
            f"with --weights {subject.weights} every variable has the value that it has without: load them in "
            "backbone, as with zoo.load_weights(features, weights)"
        )
    if not reports:
        subject.show(
            f"the backbone loads {subject.weights} itself: {changed} of {len(after)} variables get other values"
        )


def _digests(subject: _Subject, weights: str | None) -> dict[str, str]:
    """Return name -> digest of the value for each variable of the backbone, from the same random numbers."""
    networks = networks_of(subject.architecture, subject.hyperparameters)
    sizes = subject.architecture.image_sizes
    hp = choose(networks.space, {})
    start_fresh(0)
    classifier = build_classifier(
        subject.architecture,
        hp,
        image_size=sizes.nearest(subject.architecture.default_size or sizes.smallest),
        channels=networks.channels,
        class_names=CLASSES,
        weights=weights,
    )
    return {
        name: hashlib.sha256(variable.numpy().tobytes()).hexdigest()
        for name, variable in named_variables(classifier.network).items()
        if name.partition("/")[0] not in classifier.head
    }
