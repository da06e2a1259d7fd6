"""Hypermodels go all the way: trained, stored, loaded, fine-tuned from the middle, exported, searched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Result

PLUGINS = Path(__file__).parent / "hypermodel_plugins"


@pytest.fixture(autouse=True)
def _plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(PLUGINS))


@pytest.mark.large
@pytest.mark.parametrize(
    ("architecture", "values", "frozen"),
    [
        ("hyper-resnet", {"version": "v1"}, "conv3"),
        ("hyper-xception", {"num_residual_blocks": 2, "sep_num_filters": 128}, "50%"),
        ("hyper-efficientnet", {}, "block3"),
        ("hyper-blocks", {"kind": "separable", "blocks": 3}, "block1"),
    ],
)
def test_it_is_trained_stored_finetuned_and_exported(
    zoo: Callable[..., Result], photos: Path, architecture: str, values: dict[str, object], frozen: str
) -> None:
    settings = [part for name, value in values.items() for part in ("--set", f"net/{name}={value}")]
    trained = zoo("train", architecture, photos, "--epochs", 1, *settings)
    assert trained.code == 0, trained.err
    (model,) = (model["id"] for model in json.loads(zoo("models", "--json").out))
    chosen = json.loads(zoo("show", model, "--json").out)["run"]["plan"]["hyperparameters"]
    assert {f"net/{name}": value for name, value in values.items()}.items() <= chosen.items()
    assert chosen.keys().isdisjoint({"net/learning_rate", "net/optimizer", "net/units"})
    child = zoo("finetune", model, photos, "--epochs", 1, "--freeze", frozen)
    assert child.code == 0, child.err
    for export_format in ("keras", "saved-model"):
        exported = zoo("export", model, "--format", export_format)
        assert exported.code == 0, exported.err


@pytest.mark.large
def test_it_is_searched_with_others(zoo: Callable[..., Result], photos: Path) -> None:
    searched = zoo("search", "hyper-blocks,hyper-xception", photos, "--trials", 1, "--epochs", 1)
    assert searched.code == 0, searched.err
