"""`zoo` as a process: its imports, exit codes and output."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

import zoo as package
from tests.cli.processes import ZOO, process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result
    from tests.cli.processes import LeanProcess


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["architectures"],
        ["best", "blobs"],
        ["models"],
        ["show", "blobs@best"],
        ["lineage", "blobs@best"],
    ],
)
def test_looking_up_imports_nothing_large(lean: LeanProcess, command: list[str], trained: Path) -> None:
    result = lean(*command)
    assert (result.code, result.imported) == (0, ())


def test_python_dash_m() -> None:
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"zoo, version {package.__version__}\n")


def test_a_closed_pipe_is_no_error(trained: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*ZOO, "models"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""


FORGETFUL = '''"""A layer whose configuration lacks an argument."""

from functools import cache

from zoo import Architecture, hookimpl


@cache
def custom_layers():
    import keras

    @keras.saving.register_keras_serializable(package="forgetful")
    class Scale(keras.layers.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, inputs):
            return inputs * self.factor

        def get_config(self):
            return super().get_config()

    return [Scale]


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    x = layers.Conv2D(hp.Int("filters", 2, 4), 3, name="conv")(inputs)
    return custom_layers()[0](2.0, name="scale")(x)


@hookimpl
def zoo_architectures():
    return [
        Architecture(
            name="forgetful", backbone=backbone, summary="a scale", reference="none", min_size=8,
            custom_layers=custom_layers,
        )
    ]
'''


def test_a_network_that_would_not_come_back_is_refused_in_three_lines(
    zoo: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plugin = tmp_path / "plugins" / "forgetful.py"
    plugin.parent.mkdir()
    plugin.write_text(FORGETFUL)
    done = zoo("--plugins-dir", plugin.parent, "train", "forgetful", "digits", "--epochs", 1)
    line = 1 + FORGETFUL.splitlines().index(
        '    @keras.saving.register_keras_serializable(package="forgetful")'
    )
    assert done.code == 1
    where, because, fix = done.err.splitlines()[-3:]
    assert where == (
        "Error: architecture 'forgetful': a trained model could not be loaded: layer 'scale' "
        f"(Scale, {plugin}:{line})"
    )
    assert because.startswith(
        "  because  custom_layers.<locals>.Scale.__init__() missing 1 required positional"
    )
    assert fix.startswith("  fix      give it get_config() with every argument of its constructor")
    assert zoo("runs", "--json").out.strip() == "[]"
