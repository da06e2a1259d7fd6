"""`--json` of every command: it parses, and the fields that scripts rely on are there."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from zoo.interfaces import Model, Run, Search

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL, RUN, SEARCH = ({field.name for field in fields(kind)} for kind in (Model, Run, Search))


@pytest.fixture
def answer(zoo: Callable, trained: Path) -> Callable:
    def call(*arguments: object) -> object:
        result = zoo(*arguments, "--json")
        assert result.code == 0, result.err
        return json.loads(result.out)

    return call


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["models"], MODEL),
        (["runs"], RUN),
        (["searches"], SEARCH),
        (["datasets"], {"dataset", "summary", "source", "reference"}),
        (
            ["plugins"],
            {
                "name",
                "kinds",
                "origin",
                "version",
                "architectures",
                "datasets",
                "sources",
                "decoders",
                "state",
                "error",
                "notice",
            },
        ),
    ],
)
def test_lists(answer: Callable, command: list[str], names: set[str]) -> None:
    assert [set(row) for row in answer(*command)] == [names] * len(answer(*command))


def test_architectures(answer: Callable) -> None:
    (tiny,) = (architecture for architecture in answer("architectures") if architecture["name"] == "tiny")
    assert (tiny["presets"], tiny["min_size"]) == ({"wide": {"filters": 4, "dropout": 0.5}}, 4)


def test_one_architecture(answer: Callable) -> None:
    assert answer("architectures", "tiny")["freeze_points"] == ["front", "back"]


def test_best(answer: Callable) -> None:
    assert set(answer("best", "blobs")) == MODEL


def test_show_model(answer: Callable) -> None:
    assert set(answer("show", "blobs@best")) == {"model", "run", "metrics"}


def test_show_run(answer: Callable) -> None:
    shown = answer("show", answer("runs", "--kind", "train")[0]["id"])
    assert [epoch["number"] for epoch in shown["epochs"]] == [1, 2]


def test_show_search(answer: Callable) -> None:
    shown = answer("show", answer("searches")[1]["id"])
    assert [trial["trial"]["number"] for trial in shown["trials"]] == [1, 2]


def test_alias(answer: Callable) -> None:
    assert answer("alias", "blobs@best", "champion") == {
        "alias": "blobs@champion",
        "model": answer("best", "blobs")["id"],
    }


def test_evaluate(answer: Callable) -> None:
    evaluation = answer("evaluate", "blobs@best", "blobs")
    assert set(evaluation) == {"model", "dataset", "dataset_version", "split", "metrics", "classes"}
    assert set(evaluation["classes"]["dark"]) == {"precision", "recall", "f1", "images"}


def test_predict(answer: Callable, photos: Path) -> None:
    (prediction,) = answer("predict", "photos@best", "photos/cat/00.png")
    assert (set(prediction), sum(prediction["probabilities"].values())) == (
        {"file", "class", "probabilities"},
        pytest.approx(1),
    )


@pytest.mark.parametrize("command", ["train", "finetune"])
def test_trainings(trained_folder: Path, command: str) -> None:
    assert set(json.loads((trained_folder / f"{command}.json").read_text())) == MODEL


def test_search(trained_folder: Path) -> None:
    answer = json.loads((trained_folder / "search.json").read_text())
    assert (set(answer), set(answer["model"])) == ({"search", "model"}, MODEL)
