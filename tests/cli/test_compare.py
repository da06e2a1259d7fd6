"""`zoo compare`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def models(zoo: Callable, trained: Path) -> list[dict]:
    """All models of the trained registry, the newest, a fine-tuned one, first."""
    return json.loads(zoo("models", "--json").out)


def rows(out: str) -> dict[str, list[str]]:
    """First cell -> the others."""
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.splitlines()]
    return {first: rest for first, *rest in lines}


def test_models_stand_side_by_side(zoo: Callable, models: list[dict]) -> None:
    child, other = models[0], models[-1]
    shown = rows(zoo("compare", child["id"], other["id"]).out)
    assert shown["model"] == [child["id"], other["id"]]
    assert shown["parent"] == [child["parent_id"], "–"]
    assert shown["val accuracy"] == [f"{model['metrics']['val_accuracy']:.4f}" for model in (child, other)]
    assert shown["trainable"] == [str(model["trainable_parameters"]) for model in (child, other)]


def test_only_differing_hyperparameters_are_shown(zoo: Callable, models: list[dict]) -> None:
    shown = rows(zoo("compare", models[0]["id"], models[-1]["id"]).out)
    assert shown["freeze"] == ["1", "none"]
    assert "optimizer" not in shown


def test_models_of_different_datasets_get_a_note(zoo: Callable, models: list[dict]) -> None:
    note = zoo("compare", models[0]["id"], models[-1]["id"]).err
    assert note == "measured on different images (photos v1, blobs v1): see zoo evaluate\n"


def test_models_of_one_dataset_get_no_note(zoo: Callable, models: list[dict]) -> None:
    assert zoo("compare", models[-1]["id"], models[-2]["id"]).err == ""


def test_a_run_and_a_search_stand_for_their_models(zoo: Callable, models: list[dict]) -> None:
    searches = json.loads(zoo("searches", "--json").out)
    (completed,) = (search for search in searches if search["best_model_id"])
    shown = rows(zoo("compare", models[0]["run_id"], completed["id"]).out)
    assert shown["model"] == [models[0]["id"], completed["best_model_id"]]


def test_a_search_without_a_model_is_refused(refused: Callable, zoo: Callable, trained: Path) -> None:
    (failed,) = (
        search["id"] for search in json.loads(zoo("searches", "--json").out) if not search["best_model_id"]
    )
    assert refused("compare", failed) == f"{failed} has no model to compare: see zoo show {failed}"


def test_json(zoo: Callable, models: list[dict]) -> None:
    (column,) = json.loads(zoo("compare", models[0]["id"], "--json").out)
    assert (column["model"], set(column), column["epochs"]) == (
        models[0],
        {"model", "run", "epochs", "seconds"},
        2,
    )
