"""A network that the registry could not return is refused before its first epoch, and checked once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import pytest

from tests.architectures import TINY, architecture_of, build
from zoo.data.cache_folder import cache_folder
from zoo.errors import ContractError, TimeLimitError
from zoo.plugins import load_plugins
from zoo.workflows import search as searches
from zoo.workflows import train
from zoo.workflows.round_trips import FOLDER, require_round_trip

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Architecture
    from zoo.workflows import Workspace


@keras.saving.register_keras_serializable("round-trips-of-runs")
class Scaled(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Its configuration lacks the factor."""

    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor

    def get_config(self) -> dict[str, Any]:
        return super().get_config()


@keras.saving.register_keras_serializable("round-trips-of-runs")
class Ending(Scaled):
    def get_config(self) -> dict[str, Any]:
        raise GeneratorExit("no more")


@keras.saving.register_keras_serializable("round-trips-of-runs")
class Endless(Scaled):
    """Does not end in this of its methods."""

    where = ""

    def call(self, inputs: Any) -> Any:
        while self.where == "call" and hasattr(inputs, "numpy"):
            pass
        return inputs

    def get_config(self) -> dict[str, Any]:
        while self.where == "get_config":
            pass
        return super().get_config()

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        while cls.where == "from_config":
            pass
        return cls(**config)


def scaled(factor: float) -> Architecture:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        x = keras.layers.Conv2D(hp.Int("filters", 1, 3), 3, name="conv")(inputs)
        return Scaled(factor, name="scaled")(x)

    return architecture_of(backbone, "scaled", custom_layers=lambda: [Scaled])


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def wrong(workspace: Workspace) -> Workspace:
    """A workspace with an architecture that would be loaded with other outputs."""
    architectures = {**workspace.plugins.architectures, "tiny": replace(scaled(3.0), name="tiny")}
    return replace(workspace, plugins=replace(workspace.plugins, architectures=architectures))


def marks() -> int:
    folder = cache_folder() / FOLDER
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_a_network_of_keras_layers_is_checked_once_for_all_its_hyperparameters() -> None:
    for filters in (2, 3):
        require_round_trip(build(TINY, filters=filters), "tiny", TINY)
    assert marks() == 1
    require_round_trip(build(TINY, image_size=16), "tiny", TINY)
    require_round_trip(build(TINY), "tiny", replace(TINY, version="2"))
    assert marks() == 3


def test_a_network_with_custom_layers_is_checked_for_each_graph() -> None:
    right = scaled(1.0)
    require_round_trip(build(right, filters=2), "scaled", right)
    with pytest.raises(ContractError, match="would be loaded with other outputs: layer 'scaled'"):
        require_round_trip(build(scaled(2.0), filters=3), "scaled", scaled(2.0))
    assert marks() == 1


def test_a_network_with_custom_layers_is_checked_once_for_all_heads_of_a_kind() -> None:
    right = scaled(1.0)
    for units in ("8", "16"):
        require_round_trip(build(right, head_units=units, dropout=0.1), "scaled", right)
    assert marks() == 1
    require_round_trip(build(right, head_units="8,8"), "scaled", right)
    assert marks() == 2


def test_custom_layers_that_are_no_longer_returned_are_noticed() -> None:
    right = scaled(1.0)
    require_round_trip(build(right), "scaled", right)
    without = replace(right, custom_layers=None)
    with pytest.raises(ContractError, match=r"only if Architecture\.custom_layers returns it"):
        require_round_trip(build(without), "scaled", without)


def test_a_configuration_that_raises_what_is_no_exception_is_refused() -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return Ending()(keras.layers.Conv2D(2, 3)(inputs))

    architecture = architecture_of(backbone, "ending", custom_layers=lambda: [Ending])
    with pytest.raises(ContractError, match="a trained model could not be stored"):
        require_round_trip(build(architecture), "ending", architecture)


@pytest.mark.parametrize(
    ("where", "activity"),
    [
        ("get_config", "the get_config of a layer"),
        ("from_config", "the from_config of a layer"),
        ("call", "the call of a layer"),
    ],
)
def test_a_layer_that_does_not_end_is_stopped_with_its_line(
    monkeypatch: pytest.MonkeyPatch, where: str, activity: str
) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return Endless()(keras.layers.Conv2D(2, 3)(inputs))

    architecture = architecture_of(backbone, "endless", custom_layers=lambda: [Endless])
    classifier = build(architecture)
    monkeypatch.setattr(Endless, "where", where)
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "0.5")
    with pytest.raises(TimeLimitError) as error:
        require_round_trip(classifier, "endless", architecture)
    assert str(error.value).startswith(
        f"architecture 'endless': {activity} has been running for 0.5 s ({__file__}:"
    )


def test_a_training_is_refused_before_it_is_recorded(wrong: Workspace) -> None:
    with pytest.raises(
        ContractError, match="architecture 'tiny': a trained model would be loaded with other"
    ):
        train(wrong, "tiny", "blobs")
    assert wrong.registry.runs() == []


def test_a_search_is_refused_before_it_is_recorded(wrong: Workspace) -> None:
    with pytest.raises(
        ContractError, match="architecture 'tiny': a trained model would be loaded with other"
    ):
        searches.search(wrong, "tiny", "blobs")
    assert wrong.registry.searches() == []


def flipped(axis: int) -> Architecture:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        x = keras.layers.Conv2D(hp.Int("filters", 1, 3), 3, name="conv")(inputs)
        return keras.ops.flip(x, axis=axis)

    return architecture_of(backbone, "flipped")


def test_another_computation_with_the_same_layers_is_checked_again() -> None:
    """Flipped along the batch, each prediction would be that of another image."""
    right, wrong = flipped(1), flipped(0)
    require_round_trip(build(right), "flipped", right)
    with pytest.raises(ContractError, match="depend on the other images of its batch"):
        require_round_trip(build(wrong), "flipped", wrong)


def test_a_change_of_the_plugins_code_is_checked_again(tmp_path: Path) -> None:
    plugin = tmp_path / "plugins"
    plugin.mkdir()
    (plugin / "own.py").write_text(OWN)
    architecture = load_plugins(plugin).architecture("own")
    require_round_trip(build(architecture), "own", architecture)
    (plugin / "own.py").write_text(OWN + "\n# another line\n")
    require_round_trip(build(architecture), "own", architecture)
    assert marks() == 2


OWN = """
from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    return layers.Conv2D(hp.Int("filters", 1, 3), 3, name="conv")(inputs)


@hookimpl
def zoo_architectures():
    return [Architecture("own", backbone, "a convolution", "none", min_size=8)]
"""
