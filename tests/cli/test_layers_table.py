"""The output of `zoo show MODEL --layers`, and its refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# photos@best was fine-tuned with --freeze 1.
TABLE = """\
index  name          point  parameters  frozen  N  type
    0  pixels        front           0  –       –  InputLayer
    1  rescaling     front           0  –       –  Rescaling
    2  front_conv    front          20  yes     1  Conv2D
    3  back_conv     back           76  no      2  Conv2D
    4  head_pooling  head            0  –       –  GlobalAveragePooling2D
    5  head_output   head           10  no      –  Dense
"""


def test_the_layers_of_a_model(zoo: Callable, trained: Path) -> None:
    assert zoo("show", "photos@best", "--layers").out == TABLE


def test_the_layers_of_a_model_as_json(zoo: Callable, trained: Path) -> None:
    answer = json.loads(zoo("show", "photos@best", "--layers", "--json").out)
    assert (answer["model"]["dataset"], len(answer["layers"]), answer["layers"][2]) == (
        "photos",
        6,
        {
            "index": 2,
            "name": "front_conv",
            "type": "Conv2D",
            "stage": "front",
            "parameters": 20,
            "frozen": "yes",
            "number": 1,
        },
    )


def test_python_returns_the_same_layers(zoo: Callable, trained: Path) -> None:
    answer = json.loads(zoo("show", "photos@best", "--layers", "--json").out)["layers"]
    with open_registry(trained / "registry.db") as registry:
        layers = registry.layers(registry.model("photos@best").id)
    assert [(layer.name, layer.number) for layer in layers] == [
        (layer["name"], layer["number"]) for layer in answer
    ]


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_run_has_no_layers(zoo: Callable, refused: Callable, trained: Path, arguments: list[str]) -> None:
    (run,) = json.loads(zoo("runs", "--kind", "finetune", "--json").out)
    assert refused("show", run["id"], "--layers", *arguments) == (
        f"{run['id']} is a run, --layers is for a model: zoo show {run['model_id']} --layers"
    )


def test_a_search_has_no_layers(zoo: Callable, refused: Callable, trained: Path) -> None:
    searches = {search["state"]: search for search in json.loads(zoo("searches", "--json").out)}
    done, failed = searches["completed"], searches["failed"]
    assert refused("show", done["id"], "--layers") == (
        f"{done['id']} is a search, --layers is for a model: zoo show {done['best_model_id']} --layers"
    )
    assert refused("show", failed["id"], "--layers") == (
        f"{failed['id']} is a search, --layers is for a model: `zoo models` lists them"
    )


def test_a_damaged_manifest(zoo: Callable, refused: Callable, trained: Path) -> None:
    model = json.loads(zoo("best", "photos", "--json").out)
    manifest = trained / "artifacts" / model["manifest"][:2] / model["manifest"][2:]
    manifest.write_bytes(b"{}")
    assert refused("show", "photos@best", "--layers").startswith(f"model {model['id']}: artifact ")
