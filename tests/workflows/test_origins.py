"""Weights that a backbone loads by its own code are shown before it trains, and refused where it ignores them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.workflows.search.tiny_searches import FIXED, search
from zoo import workflows
from zoo.errors import ContractError
from zoo.plugins import load_plugins
from zoo.workflows import TrainingOptions
from zoo.workflows.search.forecast import forecast_search

if TYPE_CHECKING:
    from zoo.interfaces import Model
    from zoo.workflows import Workspace

TINY = Path(__file__).parent.parent / "cli" / "plugin_files" / "tiny.py"  # with the dataset
PLUGIN = """
from pathlib import Path

from zoo import Architecture, hookimpl


def backbone_that(loads):
    def backbone(hp, inputs, *, weights=None):
        import numpy as np
        from keras import layers

        conv, last = (layers.Conv2D(hp.Int("filters", 2, 3), 3, name=name) for name in ("conv", "last"))
        features = last(conv(inputs))
        if weights is not None:
            with Path(__file__).with_name("builds").open("a") as file:
                file.write("x")
            stored = np.load(weights)
            for layer in (conv, last)[:loads]:
                layer.set_weights([stored[f"{layer.name}_{what}"] for what in ("kernel", "bias")])
        return features

    return backbone


@hookimpl
def zoo_architectures():
    names = ("none", "some", "all")
    return [
        Architecture(name, backbone_that(loads), "two layers", "none", min_size=8, weights=("*.npz",))
        for loads, name in enumerate(names)
    ]
"""
VALUES = {**FIXED, "freeze": "all"}
SOME = (
    ": 2 of 4 variables loaded by the backbone itself, 1 with random values (last/kernel), "
    "1 as without weights (last/bias)"
)
ALL = ": 4 of 4 variables loaded by the backbone itself"


@pytest.fixture
def own(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace with three backbones that load none, one or both of their layers, and an empty cache."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "own.py").write_text(PLUGIN)
    (tmp_path / "plugins" / "tiny.py").symlink_to(TINY)
    np.savez(
        tmp_path / "net.npz",
        conv_kernel=np.full((3, 3, 1, 2), 0.5),
        conv_bias=np.ones(2),
        last_kernel=np.full((3, 3, 2, 2), 0.5),
        last_bias=np.ones(2),
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return replace(workspace, plugins=load_plugins(tmp_path / "plugins"))


def train(workspace: Workspace, name: str) -> Model:
    options = TrainingOptions(epochs=1, seed=3)
    return workflows.train(
        workspace, name, "blobs", hyperparameters=VALUES, weights="net.npz", options=options
    )


def shown(workspace: Workspace) -> list[str]:
    notices: list[str] = workspace.progress.notices  # type: ignore[attr-defined]  # the watcher's
    return [notice for notice in notices if notice.startswith("weights of ")]


def builds(folder: Path) -> int:
    return len((folder / "plugins" / "builds").read_text())


def test_a_training_with_weights_that_are_ignored_is_refused(own: Workspace, tmp_path: Path) -> None:
    with pytest.raises(
        ContractError,
        match=rf"^architecture 'none': its backbone loads nothing of the weights {tmp_path}/net\.npz "
        rf"\({tmp_path}/plugins/own\.py:8\): load them there, as with zoo\.load_weights\(features, weights\), "
        "or leave --weights out$",
    ):
        train(own, "none")
    assert own.registry.runs() == []


@pytest.mark.parametrize(("name", "notice"), [("some", SOME), ("all", ALL)], ids=["some", "all"])
def test_a_training_shows_what_the_backbone_loads(
    own: Workspace, tmp_path: Path, name: str, notice: str
) -> None:
    train(own, name)
    assert shown(own) == [f"weights of {tmp_path}/net.npz{notice}"]


def test_a_backbone_that_loads_everything_is_built_again_once(own: Workspace, tmp_path: Path) -> None:
    first = train(own, "all")
    assert builds(tmp_path) == 2
    second = train(own, "all")
    assert builds(tmp_path) == 3
    assert len(shown(own)) == 2
    assert first.metrics == second.metrics
    tensors = [own.registry.load_content(model.id).tensors for model in (first, second)]
    assert all(np.array_equal(tensors[0][name], tensors[1][name]) for name in tensors[0])


def test_a_backbone_with_random_values_is_looked_at_each_time(own: Workspace, tmp_path: Path) -> None:
    train(own, "some")
    train(own, "some")
    assert builds(tmp_path) == 4


def test_a_search_and_its_forecast_refuse_weights_that_are_ignored(own: Workspace) -> None:
    values = {name: value for name, value in VALUES.items() if name != "head_units"} | {"filters": 2}
    with pytest.raises(ContractError, match="its backbone loads nothing of the weights"):
        search(own, "none", values, weights="net.npz")
    with pytest.raises(ContractError, match="its backbone loads nothing of the weights"):
        forecast_search(own, "none", "blobs", hyperparameters=values, weights="net.npz")
    assert own.registry.searches() == []


def test_a_search_of_backbones_shows_that_the_default_one_loads_nothing(own: Workspace) -> None:
    searched = search(own, "none", VALUES, weights="net.npz", trials=1)
    assert len(searched.trials) == 1
    (notice,) = (each for each in own.progress.notices if "loads nothing of the weights" in each)  # type: ignore[attr-defined]
    assert notice.endswith("; that is with its defaults, and others in the search may load them")


def test_a_search_shows_what_the_backbone_loads_once(own: Workspace, tmp_path: Path) -> None:
    values = {name: value for name, value in VALUES.items() if name != "head_units"}
    searched = search(own, "some", {**values, "filters": 2}, weights="net.npz", trials=2)
    assert len(searched.trials) == 2
    assert shown(own) == [f"weights of {tmp_path}/net.npz{SOME}"]
