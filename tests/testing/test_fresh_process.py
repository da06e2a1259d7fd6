"""A stored model is loaded in a process that has imported only the plugin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.testing.bad_architectures import GOOD, architecture, forgets, own_layers
from tests.testing.plugin_files import NETWORK, loaded, write_plugin
from zoo.errors import ContractError
from zoo.models.content import to_content
from zoo.plugins import load_plugins
from zoo.testing.architectures import networks_of
from zoo.testing.fresh_process import load_elsewhere

if TYPE_CHECKING:
    from pathlib import Path

    from zoo import Architecture
    from zoo.testing.fresh_process import Loaded


def load(architecture: Architecture, **options: bool) -> Loaded:
    """Load the default network of the architecture there."""
    networks = networks_of(architecture, {})
    return load_elsewhere(architecture, to_content(networks.classifier), networks.pixels, **options)


def test_it_returns_the_same_bits() -> None:
    networks = networks_of(GOOD, {})
    outputs = load(GOOD).outputs
    assert np.array_equal(outputs, networks.classifier.network(networks.pixels, training=False))


def test_it_describes_the_inside_if_asked() -> None:
    assert load(GOOD).inside is None
    inside = load(GOOD, in_detail=True).inside
    assert inside is not None
    assert "block1_conv#1" in inside.calls


def test_a_plugin_file_is_imported_there_whatever_it_prints(tmp_path: Path) -> None:
    assert load(loaded(tmp_path, "print('{}')")).outputs.shape == (8, 2)


HIDDEN = """
def own():
    import keras

    @keras.saving.register_keras_serializable(package="hidden")
    class Hidden(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    return Hidden
"""


def test_a_layer_that_is_not_returned_is_unknown_there(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, HIDDEN + NETWORK.replace("(inputs)", "(own()()(inputs))"))
    mine = load_plugins(path.parent).architecture("mine")
    with pytest.raises(
        ContractError, match=r"^stored, it cannot be loaded in a new process: .*hidden>Hidden"
    ):
        load(mine)


def test_custom_layers_without_a_name_cannot_be_called_there() -> None:
    with pytest.raises(
        ContractError, match="no hook of its module returns the architecture, and custom_layers is a"
    ):
        load(replace(architecture(forgets), custom_layers=lambda: own_layers()))
