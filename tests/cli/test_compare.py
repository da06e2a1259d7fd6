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
    assert shown["val accuracy"] == [f"{one['metrics']['val_accuracy']:.4f}" for one in (child, other)]
    assert shown["trainable"] == [str(one["trainable_parameters"]) for one in (child, other)]


def test_only_differing_hyperparameters_are_shown(zoo: Callable, models: list[dict]) -> None:
    shown = rows(zoo("compare", models[0]["id"], models[-1]["id"]).out)
    assert shown["freeze"] == ["1", "none"]
    assert "optimizer" not in shown


def test_models_of_different_datasets_are_told_of(zoo: Callable, models: list[dict]) -> None:
    told = zoo("compare", models[0]["id"], models[-1]["id"]).err
    assert told == "measured on different images (photos v1, blobs v1): see zoo evaluate\n"


def test_models_of_one_dataset_need_no_word(zoo: Callable, models: list[dict]) -> None:
    assert zoo("compare", models[-1]["id"], models[-2]["id"]).err == ""


def test_a_run_and_a_search_stand_for_their_models(zoo: Callable, models: list[dict]) -> None:
    searches = json.loads(zoo("searches", "--json").out)
    (best,) = (one["best_model_id"] for one in searches if one["best_model_id"])
    (search,) = (one["id"] for one in searches if one["best_model_id"])
    shown = rows(zoo("compare", models[0]["run_id"], search).out)
    assert shown["model"] == [models[0]["id"], best]


def test_a_search_without_a_model_is_refused(refused: Callable, zoo: Callable, trained: Path) -> None:
    (failed,) = (one["id"] for one in json.loads(zoo("searches", "--json").out) if not one["best_model_id"])
    assert refused("compare", failed) == f"{failed} has no model to compare: see zoo show {failed}"


def test_json(zoo: Callable, models: list[dict]) -> None:
    (one,) = json.loads(zoo("compare", models[0]["id"], "--json").out)
    assert (one["model"], set(one), one["epochs"]) == (models[0], {"model", "run", "epochs", "seconds"}, 2)
