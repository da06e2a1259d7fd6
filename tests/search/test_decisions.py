"""Decisions after each epoch of a trial."""

from __future__ import annotations

import pickle

import pytest

from zoo.search.decisions import CONTINUE, STOP, Action, Decision, prune


def test_a_decision_to_prune_says_why() -> None:
    assert prune("not worth it") == Decision(Action.PRUNE, "not worth it")


def test_other_decisions_need_no_reason() -> None:
    assert (CONTINUE.reason, STOP.reason) == ("", "")


@pytest.mark.parametrize("decision", [CONTINUE, STOP, prune("not worth it")])
def test_a_decision_is_the_same_in_another_process(decision: Decision) -> None:
    assert pickle.loads(pickle.dumps(decision)) == decision
