"""Each check of an architecture finds what it is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bad_architectures import BAD, GOOD

from zoo.errors import ContractError, UnknownNameError
from zoo.testing import ARCHITECTURE_CHECKS, check_architecture
from zoo.testing.architectures import CHECKS

if TYPE_CHECKING:
    from zoo import Architecture

# The module of these architectures is a test's, which imports Keras at its top.
OTHERS = [check for check in ARCHITECTURE_CHECKS if check != "imports-without-tensorflow"]


@pytest.mark.parametrize("check", OTHERS)
def test_a_good_architecture_passes(check: str) -> None:
    check_architecture(GOOD, check)


@pytest.mark.parametrize(("check", "bad", "told"), BAD, ids=[f"{check}-{bad.name}" for check, bad, _ in BAD])
def test_a_bad_one_fails(check: str, bad: Architecture, told: str) -> None:
    with pytest.raises(ContractError, match=rf"^{bad.name} fails '{check}': .*{told}"):
        check_architecture(bad, check)


def test_every_check_has_an_architecture_that_fails_it() -> None:
    assert {check for check, _, _ in BAD} == set(ARCHITECTURE_CHECKS)


def test_every_check_is_described() -> None:
    assert list(CHECKS) == list(ARCHITECTURE_CHECKS)


def test_without_a_name_all_checks_run() -> None:
    bad = next(bad for check, bad, _ in BAD if check == "freezes-at")
    with pytest.raises(ContractError) as failure:
        check_architecture(bad)
    named = re.findall(r"fails '([a-z-]+)'", str(failure.value))
    assert named == ["imports-without-tensorflow", "freezes-at"]


def test_the_plugins_own_error_is_the_cause() -> None:
    bad = next(bad for check, bad, _ in BAD if check == "draws")
    with pytest.raises(ContractError) as failure:
        check_architecture(bad, "draws")
    assert isinstance(failure.value.__cause__, ValueError)


def test_hyperparameters_are_held() -> None:
    bad = next(bad for check, bad, _ in BAD if check == "draws")
    check_architecture(bad, "draws", hyperparameters={"filters": "3"})


def test_an_unknown_check() -> None:
    with pytest.raises(UnknownNameError, match="unknown check 'train': did you mean 'trains'"):
        check_architecture(GOOD, "train")
