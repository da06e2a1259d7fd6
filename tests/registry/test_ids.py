"""Ids: new ones, and how a part of one names a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import run_plan
from zoo.errors import NotFoundError

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion, Model, Run, Search
    from zoo.registry import Registry


def test_an_id_in_use_is_not_assigned_again(
    registry: Registry, three: tuple[Run, Model, Search], digits: DatasetVersion, ids: list[str]
) -> None:
    ids[:] = ["ffffffffffff", "aacccccccccc", "aabbbbbbbbbb", "aaaaaaaaaaa1"]
    assert registry.start_run(run_plan(), digits).id == "ffffffffffff"


def test_the_id_of_a_deleted_model_is_not_assigned_again(
    registry: Registry, three: tuple[Run, Model, Search], digits: DatasetVersion, ids: list[str]
) -> None:
    registry.delete_models([three[1].id])
    ids[:] = ["ffffffffffff", three[1].id]
    assert registry.start_run(run_plan(), digits).id == "ffffffffffff"


def test_an_ambiguous_start_lists_the_candidates(
    registry: Registry, three: tuple[Run, Model, Search]
) -> None:
    with pytest.raises(
        NotFoundError,
        match=r"^'aa' is the start of several ids: model aaaaaaaaaaa2, model aabbbbbbbbbb; give more characters$",
    ):
        registry.model("aa")
