"""Oracles that depend on nothing but the trials so far: their seeds, and choices made elsewhere."""

from __future__ import annotations

from tests.search.plain_search import plan
from zoo.search.oracles import make_oracle

GIVEN = {"kind": "large", "size": 3, "pool": False, "optimizer": "adam"}


def test_each_choice_has_a_seed_of_its_own() -> None:
    """Also while the trials before it are running."""
    oracle = make_oracle(plan())
    seeds = []
    for number in range(1, 5):
        seeds += [oracle.seed_of_choice(), oracle.seed_of_choice(1)]
        oracle.create_trial(f"trial {number}")
    assert len(set(seeds)) == 8


def test_another_search_has_other_seeds() -> None:
    first, other = (make_oracle(plan(seed=seed)).seed_of_choice() for seed in (0, 1))
    assert first != other


def test_a_choice_is_used_once() -> None:
    oracle = make_oracle(plan())
    oracle.next_values = GIVEN
    first, second = (oracle.create_trial(f"trial {number}").hyperparameters.values for number in (1, 2))
    assert (first, second == GIVEN) == (GIVEN, False)
