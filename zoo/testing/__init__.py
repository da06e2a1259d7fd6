"""The contract of plugins as checks: what pytest runs on an own plugin, and `zoo plugins check` too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.testing.contract import ARCHITECTURE_CHECKS, DATASET_CHECKS, run_checks

if TYPE_CHECKING:
    from zoo.interfaces import Architecture, Dataset, Hyperparameters

__all__ = ["ARCHITECTURE_CHECKS", "DATASET_CHECKS", "check_architecture", "check_dataset"]


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


def check_dataset(dataset: Dataset, check: str | None = None) -> None:
    """Hold the contract against a dataset.

    Args:
        check: a name out of `DATASET_CHECKS`; None: all of them, in order.

    Raises:
        ContractError: a check fails; the error that the plugin itself raised is its cause.
        UnknownNameError: there is no such check.
    """
    from zoo.testing.datasets import CHECKS, loaded_of
    from zoo.testing.imports import module_file

    run_checks(loaded_of(dataset), dataset.name, module_file(dataset.load), CHECKS, check)
