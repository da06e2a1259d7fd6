"""The table of algorithms: its refusals, and the oracle of each row."""

from __future__ import annotations

import subprocess
import sys
from pkgutil import resolve_name

import pytest

from zoo.errors import SearchError, UnknownNameError
from zoo.interfaces.algorithms import (
    ALGORITHMS,
    DEFAULT,
    DEFAULT_OF_SEVERAL,
    PRUNERS,
    Algorithm,
    continues_trials,
    find_algorithm,
    find_pruner,
)


@pytest.mark.parametrize("row", ALGORITHMS.values(), ids=list(ALGORITHMS))
def test_each_row_leads_to_an_oracle(row: Algorithm) -> None:
    assert callable(resolve_name(row.oracle))


def test_the_defaults_support_their_uses() -> None:
    assert find_algorithm(DEFAULT, objectives=1).name == "random"
    assert find_algorithm(DEFAULT_OF_SEVERAL, objectives=2).name == "tpe"


def test_an_unknown_algorithm_names_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^unknown algorithm 'hyperbant': did you mean 'hyperband'\?$"
    ):
        find_algorithm("hyperbant", objectives=1)


def test_an_algorithm_of_one_objective_names_those_of_several() -> None:
    with pytest.raises(
        SearchError, match=r"^asha optimises one objective: use --algorithm random, grid or tpe, "
    ):
        find_algorithm("asha", objectives=2)


def test_only_hyperband_continues_trials() -> None:
    assert [name for name in ALGORITHMS if continues_trials(name)] == ["hyperband"]


def test_a_stored_algorithm_that_is_no_longer_in_the_table_continues_no_trials() -> None:
    assert not continues_trials("annealing")


@pytest.mark.parametrize(
    ("algorithm", "name", "pruner"),
    [
        ("random", None, "none"),
        ("random", "median", "median"),
        ("asha", None, "asha"),
        ("hyperband", None, "none"),
        ("hyperband", "none", "none"),
    ],
)
def test_the_pruner_of_a_search(algorithm: str, name: str | None, pruner: str) -> None:
    assert find_pruner(ALGORITHMS[algorithm], name) == pruner


@pytest.mark.parametrize(
    ("algorithm", "name"), [("hyperband", "median"), ("asha", "none"), ("asha", "median")]
)
def test_an_algorithm_with_a_pruner_of_its_own_takes_no_other(algorithm: str, name: str) -> None:
    with pytest.raises(
        SearchError, match=f"^{algorithm} ends hopeless trials by itself: leave --pruner out$"
    ):
        find_pruner(ALGORITHMS[algorithm], name)


def test_the_pruner_of_an_algorithm_is_not_for_others() -> None:
    assert "asha" not in PRUNERS
    with pytest.raises(UnknownNameError, match=r"or --algorithm asha, which has it built in"):
        find_pruner(ALGORITHMS["tpe"], "asha")


def test_the_table_imports_nothing_heavy() -> None:
    code = (
        "import sys; import zoo.interfaces.algorithms; "
        "heavy = {'tensorflow', 'keras', 'keras_tuner', 'optuna', 'sqlalchemy'}; print(heavy & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
