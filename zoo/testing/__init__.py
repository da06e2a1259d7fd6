"""The contract of plugins as checks, for `zoo plugins check` and for the pytest suite of a plugin."""

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
    """Check an architecture against the contract.

    With a test for each check, they share the networks that they build:

        @pytest.mark.parametrize("check", ARCHITECTURE_CHECKS)
        def test_contract(check):
            check_architecture(my_net, check)

    Args:
        check: a name in `ARCHITECTURE_CHECKS`; None: all of them, in order.
        hyperparameters: fixed values for every network, for an architecture that needs them.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.plugin_code.places import file_of
    from zoo.testing.architectures import CHECKS, networks_of

    networks = networks_of(architecture, hyperparameters or {})
    run_checks(networks, architecture.name, file_of(architecture.backbone), CHECKS, check)


def check_dataset(dataset: Dataset, check: str | None = None, *, formats: Formats | None = None) -> None:
    """Check a dataset against the contract.

    Args:
        check: a name in `DATASET_CHECKS`; None: all of them, in order.
        formats: the decoders of its files; None: those of all installed plugins.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.plugin_code.places import file_of
    from zoo.testing.datasets import CHECKS, loaded_of

    loaded = loaded_of(dataset, formats or _installed_formats())
    run_checks(loaded, dataset.name, file_of(dataset.load), CHECKS, check)


def check_source(source: Source, check: str | None = None, *, formats: Formats | None = None) -> None:
    """Check a source against the contract, with the small dataset that its `sample` writes.

    Args:
        check: a name in `SOURCE_CHECKS`; None: all of them, in order.
        formats: the other sources, and the decoders of its files; None: those of all installed plugins.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.plugin_code.places import file_of
    from zoo.testing.sources import CHECKS, subject_of

    subject = subject_of(source, formats or _installed_formats())
    run_checks(subject, source.name, file_of(source.load), CHECKS, check)


def check_decoder(decoder: Decoder, check: str | None = None) -> None:
    """Check a decoder against the contract, with the image that its `sample` returns.

    Args:
        check: a name in `DECODER_CHECKS`; None: all of them, in order.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.plugin_code.places import file_of
    from zoo.testing.decoders import CHECKS, Subject

    run_checks(Subject(decoder), decoder.name, file_of(decoder.decode), CHECKS, check)


@cache
def _installed_formats() -> Formats:
    from zoo.plugins import load_plugins

    return load_plugins().formats
