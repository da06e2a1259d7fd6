"""`zoo delete`, and what works with the children of a deleted model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def child(zoo: Callable, trained: Path) -> dict:
    """A fine-tuned model whose parent is deleted."""
    (model,) = json.loads(zoo("models", "--dataset", "photos", "--json").out)
    assert zoo("delete", model["parent_id"]).code == 0
    return model


def test_a_deleted_model_is_reported_and_gone(zoo: Callable, trained: Path) -> None:
    (model,) = json.loads(zoo("models", "--dataset", "photos", "--json").out)
    assert zoo("delete", "photos@best").out == f"deleted {model['id']}: tiny on photos v1\n"
    assert zoo("models", "--dataset", "photos").out == "no such model\n"


def test_several_are_deleted_each_once(zoo: Callable, trained: Path) -> None:
    ids = [model["id"] for model in json.loads(zoo("models", "--json").out)]
    lines = zoo("delete", *ids, "photos@best").out.splitlines()
    assert [line.split()[1].rstrip(":") for line in lines] == ids
    assert zoo("models").out.startswith("no models yet")


def test_json(zoo: Callable, trained: Path) -> None:
    best = json.loads(zoo("best", "blobs", "--json").out)
    assert json.loads(zoo("delete", "blobs@best", "--json").out) == [best]


def test_a_model_with_an_alias_is_refused(zoo: Callable, trained: Path, refused: Callable) -> None:
    zoo("alias", "photos@best", "champion")
    (model,) = json.loads(zoo("models", "--dataset", "photos", "--json").out)
    assert refused("delete", "photos@champion") == (
        f"model {model['id']} is photos@champion: set the alias on another model with `zoo alias MODEL champion`, or "
        "delete the model anyway with --force"
    )
    assert json.loads(zoo("models", "--dataset", "photos", "--json").out) == [model]


def test_a_model_with_an_alias_is_deleted_by_force(zoo: Callable, trained: Path, refused: Callable) -> None:
    zoo("alias", "photos@best", "champion")
    assert zoo("delete", "photos@champion", "--force").code == 0
    assert "which was deleted: `zoo alias MODEL champion`" in refused("show", "photos@champion")


def test_a_dataset_without_a_model_left_says_so(zoo: Callable, trained: Path, refused: Callable) -> None:
    zoo("delete", "photos@best")
    assert refused("best", "photos") == "no model yet for photos: run `zoo search ARCH photos`"


def test_an_unknown_model_is_refused_and_nothing_deleted(
    zoo: Callable, trained: Path, refused: Callable
) -> None:
    before = zoo("models").out
    assert refused("delete", "photos@best", "zzz").startswith("no model 'zzz'")
    assert zoo("models").out == before


def test_a_search_is_no_model(zoo: Callable, trained: Path, refused: Callable) -> None:
    search = json.loads(zoo("searches", "--json").out)[0]["id"]
    assert refused("delete", search).startswith(f"no model '{search}'")


def test_a_model_whose_files_are_gone_or_damaged_is_deleted(zoo: Callable, trained: Path) -> None:
    for number, path in enumerate(path for path in Path("artifacts").rglob("*") if path.is_file()):
        path.unlink() if number % 2 else path.write_bytes(b"damaged")
    assert zoo("delete", "photos@best", "blobs@best").code == 0


def test_without_a_model_usage_is_shown(zoo: Callable) -> None:
    assert zoo("delete").code == 2


# The children of a deleted model -------------------------------------------------------------------------


def test_a_child_predicts(zoo: Callable, child: dict, photos: Path) -> None:
    (prediction,) = json.loads(zoo("predict", child["id"], photos / "cat" / "00.png", "--json").out)
    assert sum(prediction["probabilities"].values()) == pytest.approx(1)


def test_a_child_is_evaluated(zoo: Callable, child: dict) -> None:
    answer = json.loads(zoo("evaluate", child["id"], "photos", "--json").out)
    assert answer["metrics"]["accuracy"] == pytest.approx(child["metrics"]["test_accuracy"])


def test_a_child_is_fine_tuned(zoo: Callable, child: dict) -> None:
    model = json.loads(zoo("finetune", child["id"], "photos", "--epochs", 1, "--json").out)
    assert (model["parent_id"], model["parent_deleted"]) == (child["id"], False)
    lines = zoo("lineage", model["id"]).out.splitlines()
    assert [line.replace("└── ", "").replace("● ", "").split()[0] for line in lines] == [
        child["parent_id"],
        child["id"],
        model["id"],
    ]


def test_a_child_is_shown_with_its_deleted_parent(zoo: Callable, child: dict) -> None:
    lines = [line.split() for line in zoo("show", child["id"]).out.splitlines()]
    assert ["parent", child["parent_id"], "(deleted)"] in lines


def test_models_marks_a_deleted_parent(zoo: Callable, child: dict) -> None:
    assert f"{child['parent_id']} (deleted)" in zoo("models", "--dataset", "photos").out


def test_the_error_of_a_deleted_model_names_what_is_left(child: dict, refused: Callable) -> None:
    with open_registry("registry.db") as registry:
        run = registry.lineage(child["parent_id"]).run
    assert run is not None
    advice = (
        f"that model was deleted; `zoo show {run.id}` and `zoo lineage {run.id}` show what is known of it"
    )
    assert refused("show", child["parent_id"]) == f"no model, run or search '{child['parent_id']}': {advice}"
    assert refused("predict", child["parent_id"], "x.png") == f"no model '{child['parent_id']}': {advice}"
