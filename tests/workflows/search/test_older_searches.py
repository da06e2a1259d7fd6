"""Searches that an older zoo stored and that were interrupted there: they are upgraded and resumed.

`assets/schema-3` holds a registry of schema 3 with three searches of the tests' own plugin, each interrupted in its
second trial: of `tiny` and `large`, of `tiny`, and one that fine-tunes.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.workflows.search.tiny_searches import workspace_in
from zoo.errors import SearchError
from zoo.interfaces import FeatureOptions, Sampling, State, TrainingOptions
from zoo.workflows import search as searches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.plugins import Plugins
    from zoo.workflows import Workspace

pytestmark = pytest.mark.large

ASSETS = Path(__file__).parent / "assets" / "schema-3"
SEVERAL, PLAIN, FINE_TUNING = "94171d1f777b", "af125970da20", "f6b920d762e7"


def unpack(folder: Path, *changes: str) -> None:
    """Put that registry into the folder, after these statements."""
    with closing(sqlite3.connect(folder / "registry.db")) as connection:
        connection.executescript((ASSETS / "registry.sql").read_text())
        for change in changes:
            connection.execute(change)
        connection.commit()
    shutil.copytree(ASSETS / "artifacts", folder / "artifacts")


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("older")
    unpack(folder)
    with workspace_in(folder, plugins) as workspace:
        yield workspace


def test_a_search_keeps_its_options(upgraded: Workspace) -> None:
    plan = upgraded.registry.search(SEVERAL).plan
    assert [
        (candidate.architecture, candidate.image_size, candidate.channels) for candidate in plan.candidates
    ] == [
        ("tiny", 8, 1),
        ("large", 16, 3),
    ]
    assert plan.training == TrainingOptions(
        3, seed=5, patience=4, sampling=Sampling(oversample=True), features=FeatureOptions(copies=2)
    )
    assert (plan.options.keep, plan.options.max_seconds) == (1, 3600.0)


@pytest.mark.parametrize("search", [SEVERAL, PLAIN, FINE_TUNING])
def test_a_search_resumes(upgraded: Workspace, search: str) -> None:
    registry = upgraded.registry
    before = registry.runs(search=search)
    epochs = registry.epochs(before[1].id)
    record, model = searches.resume(upgraded, search)
    after = registry.runs(search=search)
    assert (record.state, [run.state for run in after]) == (State.COMPLETED, [State.COMPLETED] * 3)
    assert [run.id for run in after[:2]] == [run.id for run in before]
    assert after[0] == before[0] or after[0].model_id is None  # only the best model is kept
    assert registry.epochs(before[1].id)[: len(epochs)] == epochs
    assert [run.plan.candidate for run in after] == [
        record.plan.candidate(run.plan.architecture) for run in after
    ]
    assert model.id in {run.model_id for run in after}


def test_a_search_that_cannot_be_read_is_refused_in_a_line(tmp_path: Path, plugins: Plugins) -> None:
    unpack(tmp_path, f"UPDATE searches SET architecture_version = '1' WHERE id = '{SEVERAL}'")
    with workspace_in(tmp_path, plugins) as workspace:
        with pytest.raises(SearchError) as caught:
            searches.resume(workspace, SEVERAL)
        assert {search.id for search in workspace.registry.searches()} == {PLAIN, FINE_TUNING}
    assert str(caught.value) == (
        f"search {SEVERAL} was stored by an older zoo and cannot be read: 2 architectures have 1 versions; "
        "start a new search (its trials stay in `zoo runs`)"
    )
