"""Models whose plugin is gone: the registry is enough, except for layers of the plugin's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zoo.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.large

OWN_LAYER = '''
"""Doubles its input, by a layer of its own."""

from zoo import Architecture, hookimpl


def layers_of_its_own():
    import keras

    @keras.saving.register_keras_serializable(package="lost")
    class Double(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    return [Double]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    (double,) = layers_of_its_own()
    return layers.Conv2D(2, 3, strides=2, name="only_conv")(double(name="double")(inputs))


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="doubling",
            backbone=backbone,
            summary="doubles",
            reference="none",
            min_size=4,
            version="7",
            custom_layers=layers_of_its_own,
        )
    ]
'''


@pytest.fixture(scope="session")
def lost_folder(tmp_path_factory: pytest.TempPathFactory, trained_folder: Path) -> Path:
    """A folder with photos, and two models of them; the plugins that they were trained with lie beside it."""
    folder = tmp_path_factory.mktemp("lost")
    shutil.copytree(trained_folder / "photos", folder / "photos")
    plugins = folder / "plugins"
    plugins.mkdir()
    shutil.copy(Path(__file__).parent / "plugin_files" / "tiny.py", plugins)
    (plugins / "doubling.py").write_text(OWN_LAYER, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ZOO_PLUGINS_DIR", str(plugins))
        for name in ("tiny", "doubling"):
            assert run(["train", name, "photos", "--epochs", "1"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _without_the_plugins(lost_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(lost_folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.delenv("ZOO_PLUGINS_DIR")


@pytest.fixture
def apart() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call `zoo` in a process of its own, which has never seen the layers of a plugin."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "zoo", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)

    return call


@pytest.fixture
def model(lost_folder: Path) -> Callable[[str], str]:
    """The id of the model of this architecture."""

    def find(architecture: str) -> str:
        from zoo import open_registry

        with open_registry(lost_folder / "registry.db") as registry:
            (stored,) = registry.models(architecture=architecture)
            return stored.id

    return find


def test_models_are_still_listed(zoo: Callable) -> None:
    listed = json.loads(zoo("models", "--json").out)
    assert {model["architecture"] for model in listed} == {"tiny", "doubling"}


@pytest.mark.parametrize("architecture", ["tiny", "doubling"])
def test_a_model_is_still_shown(zoo: Callable, model: Callable, architecture: str) -> None:
    shown = zoo("show", model(architecture), "--json")
    assert json.loads(shown.out)["run"]["plan"]["candidate"]["architecture"] == architecture


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "MODEL", "./photos"],
        ["predict", "MODEL", "photos/cat/00.png"],
        ["export", "MODEL", "--output", "written.keras"],
        ["finetune", "MODEL", "./photos", "--epochs", "1", "--freeze", "front"],
    ],
    ids=lambda command: command[0],
)
def test_a_model_can_still_be_used(zoo: Callable, model: Callable, command: list[str]) -> None:
    done = zoo(*(part.replace("MODEL", model("tiny")) for part in command), "--json")
    assert (done.code, bool(json.loads(done.out))) == (0, True), done.err


def test_a_model_predicts_the_same_without_its_plugin(
    zoo: Callable, model: Callable, lost_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = ["predict", model("tiny"), "photos/cat/00.png", "--json"]
    without = zoo(*predict).out
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(lost_folder / "plugins"))
    assert zoo(*predict).out == without


@pytest.mark.parametrize("command", ["evaluate", "finetune"])
def test_a_layer_of_its_own_needs_its_plugin(
    apart: Callable, model: Callable, lost_folder: Path, command: str
) -> None:
    done = apart(command, model("doubling"), "./photos")
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    plugin = lost_folder / "plugins" / "doubling.py"
    expected = (
        f"Error: model {model('doubling')} needs the layer 'lost>Double' of architecture 'doubling', version 7, "
        f"which came from {plugin} and is not loaded: install that plugin, or name its folder with --plugins-dir"
    )
    assert (done.returncode, errors) == (1, [expected])


def test_with_its_plugin_it_works_in_a_new_process(
    apart: Callable, model: Callable, lost_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(lost_folder / "plugins"))
    done = apart("evaluate", model("doubling"), "./photos", "--json")
    assert (done.returncode, bool(json.loads(done.stdout))) == (0, True), done.stderr
