"""The contract of plugins as checks: what pytest runs on an own plugin, and `zoo plugins check` too."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from zoo.testing.contract import (
    ARCHITECTURE_CHECKS,
    DATASET_CHECKS,
    DECODER_CHECKS,
    SOURCE_CHECKS,
    run_checks,
)

if TYPE_CHECKING:
    from zoo.data.formats import Formats
    from zoo.interfaces import Architecture, Dataset, Decoder, Hyperparameters, Source

__all__ = [
    "ARCHITECTURE_CHECKS",
    "DATASET_CHECKS",
    "DECODER_CHECKS",
    "SOURCE_CHECKS",
    "check_architecture",
    "check_dataset",
    "check_decoder",
    "check_source",
]


def check_architecture(
    architecture: Architecture, check: str | None = None, *, hyperparameters: Hyperparameters | None = None
) -> None:
    """Hold the contract against an architecture.

    One test a check, which share what is built:

        @pytest.mark.parametrize("check", ARCHITECTURE_CHECKS)
        def test_contract(check):
            check_architecture(my_net, check)

    Args:
        check: a name out of `ARCHITECTURE_CHECKS`; None: all of them, in order.
        hyperparameters: values that every network is built with, for an architecture that needs them.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.testing.architectures import CHECKS, networks_of
    from zoo.testing.imports import module_file

    networks = networks_of(architecture, hyperparameters or {})
    run_checks(networks, architecture.name, module_file(architecture.backbone), CHECKS, check)


def check_dataset(dataset: Dataset, check: str | None = None, *, formats: Formats | None = None) -> None:
    """Hold the contract against a dataset.

    Args:
        check: a name out of `DATASET_CHECKS`; None: all of them, in order.
        formats: what its files are decoded by; None: the decoders of all installed plugins.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.testing.datasets import CHECKS, loaded_of
    from zoo.testing.imports import module_file

    loaded = loaded_of(dataset, formats or _installed_formats())
    run_checks(loaded, dataset.name, module_file(dataset.load), CHECKS, check)


def check_source(source: Source, check: str | None = None, *, formats: Formats | None = None) -> None:
    """Hold the contract against a source, by the small dataset that its `sample` writes.

    Args:
        check: a name out of `SOURCE_CHECKS`; None: all of them, in order.
        formats: the other sources, and what its files are decoded by; None: those of all installed plugins.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.testing.imports import module_file
    from zoo.testing.sources import CHECKS, subject_of

    subject = subject_of(source, formats or _installed_formats())
    run_checks(subject, source.name, module_file(source.load), CHECKS, check)


def check_decoder(decoder: Decoder, check: str | None = None) -> None:
    """Hold the contract against a decoder, by the image that its `sample` returns.

    Args:
        check: a name out of `DECODER_CHECKS`; None: all of them, in order.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.testing.decoders import CHECKS, Subject
    from zoo.testing.imports import module_file

    run_checks(Subject(decoder), decoder.name, module_file(decoder.decode), CHECKS, check)


@cache
def _installed_formats() -> Formats:
    from zoo.plugins import load_plugins

    return load_plugins().formats
