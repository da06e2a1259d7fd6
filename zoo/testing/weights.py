"""The check of pre-trained weights that the user names: the default network gets them, and a table shows which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.interfaces import Progress
from zoo.models.building import build_classifier
from zoo.models.origins import require_loaded
from zoo.models.pretrained.finding import find_weights
from zoo.models.pretrained.report import reports_to
from zoo.models.space import choose
from zoo.plugin_code.places import file_of
from zoo.testing.architectures import networks_of
from zoo.testing.contract import WEIGHTS, run_checks
from zoo.testing.networks import CLASSES
from zoo.training.fit import start_fresh

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Architecture, Hyperparameters
    from zoo.models.origins import Origins
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
    architecture = subject.architecture
    weights = find_weights(architecture, subject.weights, Progress())
    networks = networks_of(architecture, subject.hyperparameters)
    sizes = architecture.image_sizes
    hp = choose(networks.space, {})

    def show(origins: Origins) -> None:
        require_loaded(origins, architecture, subject.weights)
        subject.show(origins.summary(subject.weights))

    reports: list[WeightsReport] = []
    start_fresh(0)
    try:
        with reports_to(reports.append):
            build_classifier(
                architecture,
                hp,
                image_size=sizes.nearest(architecture.default_size or sizes.smallest),
                channels=networks.channels,
                class_names=CLASSES,
                weights=weights.argument if weights else None,
                on_origins=show,
            )
    finally:
        for report in reports:
            subject.show(report.table(whole=True))
