"""Running one check or all of them, and the report of a failure."""

from __future__ import annotations

import pytest

from tests.testing.bad_architectures import architecture, own_layers, too_small, turns_the_gradient
from tests.testing.plugin_files import failure_of
from zoo.errors import ContractError, RoundTripError
from zoo.testing import check_architecture
from zoo.testing.contract import NotBuilt, run_checks


def test_an_error_of_the_plugin_is_the_cause() -> None:
    with pytest.raises(ContractError) as failure:
        check_architecture(architecture(too_small), "builds")
    assert isinstance(failure.value.__cause__, ValueError)


@pytest.mark.parametrize("check", ["trains", "presets"])
def test_where_nothing_builds_later_checks_refer_to_it(check: str) -> None:
    bad = architecture(too_small, presets={"dropping": {"dropout": 0.5}})
    failure_of(bad, "builds")
    with pytest.raises(NotBuilt, match=f"^too-small fails '{check}': no network can be built: see 'builds'$"):
        check_architecture(bad, check)


def test_the_three_lines_of_a_refused_network_become_one() -> None:
    def fails(subject: str) -> None:
        raise RoundTripError(
            f"{subject}: it could not be loaded", "it lacks an argument", "give it get_config()"
        )

    with pytest.raises(ContractError) as failure:
        run_checks("net", "net", "", {"reloads": fails}, "reloads")
    assert str(failure.value) == (
        "net fails 'reloads': net: it could not be loaded: it lacks an argument: give it get_config()"
    )


def test_what_is_no_exception_is_a_failure() -> None:
    def ends(_subject: str) -> None:
        raise GeneratorExit("no\nmore\a")

    with pytest.raises(ContractError, match=r"^net fails 'trains': GeneratorExit: no more\\x07 \("):
        run_checks("net", "net", "", {"trains": ends}, "trains")


@pytest.mark.large
def test_without_a_name_every_failure_is_named() -> None:
    bad = architecture(turns_the_gradient, freeze_points=("block7",), custom_layers=own_layers)
    with pytest.raises(ContractError, match=r"^3 of 12 checks failed: ") as failure:
        check_architecture(bad)
    assert isinstance(failure.value.__cause__, ExceptionGroup)
    assert [str(error).split("'")[1] for error in failure.value.__cause__.exceptions] == [
        "imports-without-tensorflow",
        "trains",
        "freezes-at",
    ]
