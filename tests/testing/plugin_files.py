"""Plugin files of one architecture or one dataset, `mine`, and what the contract says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from zoo.errors import ContractError
from zoo.plugins import load_plugins
from zoo.testing import check_architecture

if TYPE_CHECKING:
    from pathlib import Path

    from zoo import Architecture

HEAD = "from zoo import Architecture, Dataset, hookimpl\n"
NETWORK = """
def backbone(hp, inputs, *, weights=None):
    {body}
    from keras import layers
    return layers.Conv2D(2, 3, name="only_conv")(inputs)

@hookimpl
def zoo_architectures():
    return [Architecture(name="mine", backbone=backbone, summary="s", reference="r", min_size=8)]
"""
IMAGES = """
def load():
    {body}

@hookimpl
def zoo_datasets():
    return [Dataset(name="mine", load=load, summary="s", reference="r")]
"""


def write_plugin(folder: Path, text: str, body: str = "pass", name: str = "mine") -> Path:
    """Write a plugin file whose function has this body."""
    path = folder / f"{name}.py"
    path.write_text(HEAD + text.replace("{body}", body), encoding="utf-8")
    return path


def loaded(folder: Path, top: str) -> Architecture:
    """The architecture of a plugin file that begins so."""
    return load_plugins(write_plugin(folder, f"{top}\n{NETWORK}").parent).architecture("mine")


def failure_of(architecture: Architecture, check: str | None = None, **options: Any) -> str:
    """The message of the check, which fails."""
    with pytest.raises(ContractError) as caught:
        check_architecture(architecture, check, **options)
    return str(caught.value)
