"""The check of pre-trained weights that the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.testing.plugin_files import write_plugin
from zoo.errors import ContractError
from zoo.plugins import load_plugins
from zoo.testing.weights import check_weights

if TYPE_CHECKING:
    from pathlib import Path

    from zoo import Architecture

PLUGIN = """
def backbone(hp, inputs, *, weights=None):
    from keras import layers
    from zoo import load_weights
    layer = layers.Conv2D(hp.Int("filters", 2, 3), 3, name="conv")
    x = layer(inputs)
    {body}
    return x

@hookimpl
def zoo_architectures():
    return [
        Architecture("mine", backbone, "s", "r", min_size=8, weights=("own",), fetch_weights=lambda name: "/none"),
        Architecture("bare", backbone, "s", "r", min_size=8),
    ]
"""
LOADS = "if weights: load_weights(x, weights)"
ITSELF = "if weights: layer.bias.assign([1.0, 2.0])"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "net.npz"
    np.savez(path, **{"conv/kernel": np.ones((3, 3, 3, 2)), "conv/bias": np.ones(2), "top": np.ones(1)})
    return str(path)


def check(tmp_path: Path, body: str, weights: str, name: str = "mine", **hyperparameters: int) -> str:
    """The tables of the check."""
    write_plugin(tmp_path, PLUGIN, body)
    architecture: Architecture = load_plugins(tmp_path).architecture(name)
    shown: list[str] = []
    try:
        check_weights(architecture, weights, hyperparameters, shown.append)
    except ContractError as error:
        shown.append(str(error))
    return "\n".join(shown)


def test_the_table_shows_every_tensor(tmp_path: Path, file: str) -> None:
    assert check(tmp_path, LOADS, file).splitlines() == [
        f"weights of {file}: 2 of 2 variables loaded by name, 1 tensor of the file unused",
        "        tensor       shape         variable     shape",
        "loaded  conv/kernel  (3, 3, 3, 2)  conv/kernel  (3, 3, 3, 2)",
        "loaded  conv/bias    (2,)          conv/bias    (2,)",
        "unused  top          (1,)",
    ]


def test_weights_of_another_shape_show_the_table_and_what_to_do(tmp_path: Path, file: str) -> None:
    *table, error = check(tmp_path, LOADS, file, filters=3).splitlines()
    assert len(table) == 5
    assert error.startswith(f"mine fails 'weights': weights {file} do not fit the network: 2 of 2 variables ")


def test_a_backbone_that_ignores_its_weights_fails(tmp_path: Path, file: str) -> None:
    assert check(tmp_path, "pass", file) == (
        f"mine fails 'weights': architecture 'mine': its backbone loads nothing of the weights {file} "
        f"({tmp_path}/mine.py:3): load them there, as with zoo.load_weights(features, weights), or leave --weights out"
    )


def test_a_backbone_may_load_them_itself(tmp_path: Path, file: str) -> None:
    assert check(tmp_path, ITSELF, file) == (
        f"weights of {file}: 1 of 2 variables loaded by the backbone itself, 1 with random values (conv/kernel)"
    )


@pytest.mark.parametrize(
    ("name", "weights", "problem"),
    [
        ("mine", "./gone.npz", "there is no weights file ./gone.npz: check --weights"),
        (
            "mine",
            "own",
            "architecture 'mine': fetch_weights must return the path of a file or folder that exists",
        ),
        ("bare", "own", "architecture 'bare' has no pre-trained weights to load: leave --weights out"),
    ],
)
def test_weights_that_cannot_be_found(tmp_path: Path, name: str, weights: str, problem: str) -> None:
    assert check(tmp_path, LOADS, weights, name).startswith(f"{name} fails 'weights': {problem}")
