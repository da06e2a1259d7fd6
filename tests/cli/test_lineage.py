"""`zoo lineage`."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import on_a_terminal
from tests.plans import RUN_PLAN, SEARCH_PLAN, changed
from zoo.interfaces import RunKind
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TREE = """\
ID  tiny  blobs v1  {how}  val #.####  test #.####{alias}
└── ● ID  tiny  photos v1  finetune freeze=1 schedule=constant learning_rate=0.001  val #.####  test #.####
"""


@pytest.fixture
def models(zoo: Callable, trained: Path) -> list[dict]:
    """All models of the trained registry, the newest, a fine-tuned one, first."""
    return json.loads(zoo("models", "--json").out)


@pytest.fixture
def how(models: list[dict]) -> str:
    """The tree's description of the run that made the fine-tuned model's parent."""
    with open_registry("registry.db") as registry:
        run = registry.run(registry.model(models[0]["parent_id"]).run_id)
    return f"trial {run.trial.number} of search ID" if run.trial else "train"


def test_the_tree_of_a_child(zoo: Callable, models: list[dict], plain: Callable, how: str) -> None:
    assert plain(zoo("lineage", "photos@best").out) == TREE.format(how=how, alias="")


def test_aliases_are_shown(zoo: Callable, models: list[dict], plain: Callable, how: str) -> None:
    zoo("alias", models[0]["parent_id"], "champion")
    assert plain(zoo("lineage", "photos@best").out) == TREE.format(how=how, alias="  blobs@champion")


def test_each_line_names_its_own_model(zoo: Callable, models: list[dict]) -> None:
    lines = zoo("lineage", models[0]["id"]).out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [models[0]["parent_id"], f"└── ● {models[0]['id']}"]


def test_the_one_that_is_asked_for_is_marked(zoo: Callable, models: list[dict]) -> None:
    marked = [line.startswith("● ") for line in zoo("lineage", models[0]["parent_id"]).out.splitlines()]
    assert marked == [True, False]


def test_a_trial_names_its_search(zoo: Callable, trained: Path) -> None:
    (search,) = (row for row in json.loads(zoo("searches", "--json").out) if row["best_model_id"])
    (shown,) = (line for line in zoo("lineage", search["id"]).out.splitlines() if "●" in line)
    assert shown.startswith(f"● {search['best_model_id']}  tiny  blobs v1  trial ")
    assert f" of search {search['id']}  val " in shown


def test_a_deleted_parent_is_described_by_its_run(
    zoo: Callable, models: list[dict], plain: Callable, how: str
) -> None:
    zoo("delete", models[0]["parent_id"])
    first, *rest = plain(zoo("lineage", "photos@best").out).splitlines()
    assert first == f"ID (deleted)  tiny  blobs v1  {how}"
    assert rest == TREE.splitlines()[1:]


def test_a_failed_run_stands_for_itself(zoo: Callable, trained: Path) -> None:
    (run,) = json.loads(zoo("runs", "--state", "failed", "--json").out)
    output = zoo("lineage", run["id"]).out
    assert output == f"● run {run['id']}  moody  blobs v1  trial 1 of search {run['search_id']}  failed\n"


@pytest.fixture
def tuned(models: list[dict]) -> Callable[..., str]:
    """The line of a run that started from a model, with these hyperparameters."""

    def line_of(zoo: Callable, **hyperparameters: object) -> str:
        with open_registry("registry.db") as registry:
            plan = changed(
                RUN_PLAN,
                kind=RunKind.FINETUNE,
                hyperparameters=hyperparameters,
                parent_id=models[0]["id"],
            )
            run = registry.start_run(plan, registry.dataset("blobs"))
        (line,) = (line for line in zoo("lineage", run.id).out.splitlines() if "●" in line)
        return line.split("  ")[-2]

    return line_of


def test_the_parts_of_a_schedule_are_shown(zoo: Callable, tuned: Callable) -> None:
    parts = {
        "head_epochs": 31,
        "unfreeze_epochs": 32,
        "unfreeze_rate": 0.5,
        "layer_decay": 0.75,
        "warmup_epochs": 33,
        "batchnorm": "odd",
    }
    line = tuned(zoo, freeze="until:back", schedule="cosine", learning_rate=0.02, filters=2, **parts)
    assert line == (
        "finetune freeze=until:back schedule=cosine learning_rate=0.02 head_epochs=31 unfreeze_epochs=32 "
        "unfreeze_rate=0.5 layer_decay=0.75 warmup_epochs=33 batchnorm=odd"
    )


def test_parts_that_are_as_usual_are_left_out(zoo: Callable, tuned: Callable) -> None:
    from zoo.cli.lineage import UNUSUAL
    from zoo.models.hyperparameters import OWN

    usual = {name: OWN[name].default for name in UNUSUAL if name in OWN}
    assert tuned(zoo, freeze="all", **usual) == "finetune freeze=all"


def test_json_is_nested(zoo: Callable, models: list[dict]) -> None:
    oldest = json.loads(zoo("lineage", "photos@best", "--json").out)
    (child,) = oldest["children"]
    assert set(oldest) == {"model_id", "deleted", "asked", "run", "metrics", "aliases", "children"}
    assert (oldest["model_id"], oldest["asked"]) == (models[0]["parent_id"], False)
    assert (child["model_id"], child["asked"], child["children"]) == (models[0]["id"], True, [])
    assert child["run"]["plan"]["hyperparameters"]["freeze"] == "1"
    assert child["metrics"] == models[0]["metrics"]


def test_a_search_without_a_model_is_refused(refused: Callable, zoo: Callable, trained: Path) -> None:
    (failed,) = (
        search["id"] for search in json.loads(zoo("searches", "--json").out) if not search["best_model_id"]
    )
    assert refused("lineage", failed) == f"search {failed} has no model: see zoo show {failed}"


def test_a_search_that_has_not_begun_is_refused(refused: Callable, trained: Path) -> None:
    with open_registry("registry.db") as registry:
        search = registry.start_search(SEARCH_PLAN, registry.dataset("blobs"))
    assert "has no model" in refused("lineage", search.id)


def test_an_unknown_model_is_refused(refused: Callable, trained: Path) -> None:
    assert refused("lineage", "zzz").startswith("no model, run or search 'zzz': give an id")


def _descend(models: list[dict], *line: tuple[str, str]) -> None:
    """Write models like the oldest one, each given by its parent's id and its own, one after another."""
    with closing(sqlite3.connect("registry.db")) as connection, connection:
        for number, (parent, model) in enumerate(line):
            run = {"id": f"r{number:011}", "model_id": model, "made_id": model, "parent_id": parent}
            for table, key, changes in (
                ("models", models[-1]["id"], {"id": model}),
                (
                    "runs",
                    models[-1]["run_id"],
                    {**run, "started_at": f"2030-01-01 00:{number // 60:02}:{number % 60:02}"},
                ),
            ):
                rows = connection.execute(f"SELECT * FROM {table} WHERE id = ?", (key,))
                names = [column[0] for column in rows.description]
                row = {**dict(zip(names, rows.fetchone(), strict=True)), **changes}
                connection.execute(
                    f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", [*row.values()]
                )


def test_children_stand_below_their_parent_the_oldest_first(zoo: Callable, models: list[dict]) -> None:
    oldest = models[-1]["id"]
    _descend(models, (oldest, "one"), (oldest, "two"), ("one", "three"), ("two", "four"))
    lines = zoo("lineage", "three").out.splitlines()
    placed = [line.split("  tiny")[0] for line in lines if "photos" not in line]
    assert placed == [oldest, "├── one", "│   └── ● three", "└── two", "    └── four"]


@pytest.fixture
def long_line(models: list[dict]) -> Iterator[list[str]]:
    """Ids of many generations, one below the other; Python's stack may grow only within the test."""
    line = [f"m{number:011}" for number in range(400)]
    _descend(models, *zip([models[-1]["id"], *line], line, strict=False))
    limit = sys.getrecursionlimit()
    yield line
    sys.setrecursionlimit(limit)


def test_a_long_line_is_a_line_for_each_model(zoo: Callable, long_line: list[str]) -> None:
    lines = [line for line in zoo("lineage", long_line[0]).out.splitlines() if "photos" not in line]
    assert [name in line for name, line in zip(long_line, lines[1:], strict=True)] == [True] * 400


def test_a_narrow_terminal_cuts_no_id(long_line: list[str]) -> None:
    written = on_a_terminal(60, "lineage", long_line[0])
    assert [name for name in long_line if f"{name}  tiny" not in written] == []


def test_a_long_line_as_json(zoo: Callable, long_line: list[str]) -> None:
    result = zoo("lineage", long_line[0], "--json")
    assert (result.code, result.out.count('"model_id": "m')) == (
        0,
        2 * len(long_line),
    )  # of it and of its run
