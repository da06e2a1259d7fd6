"""`zoo.from_hypermodel`: its arguments, and that it imports nothing before a network is built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.models.hypermodels import Loops, plain
from zoo.errors import ContractError
from zoo.models.source_code import source_files


def architecture_of(hypermodel: Any, **fields: Any) -> zoo.Architecture:
    return zoo.from_hypermodel(hypermodel, name="hyper", summary="a hypermodel", reference="none", **fields)


def test_the_fields_of_the_architecture_are_passed_on() -> None:
    architecture = architecture_of(plain, min_size=28, freeze_points=("conv2d",))
    assert (architecture.name, architecture.min_size, architecture.freeze_points) == (
        "hyper",
        28,
        ("conv2d",),
    )
    with pytest.raises(ContractError, match="channels must be 1, 3 or None"):
        architecture_of(plain, channels=2)


@pytest.mark.parametrize("hypermodel", [5, Loops, "net"])
def test_another_value_is_refused(hypermodel: Any) -> None:
    with pytest.raises(ContractError, match=r"'hyper': hypermodel must be a keras_tuner\.HyperModel, .* got"):
        architecture_of(hypermodel)


@pytest.mark.parametrize("hypermodel", [Loops(), plain, lambda: Loops()], ids=["object", "build", "maker"])
def test_the_sources_of_the_plugin_are_found(hypermodel: Any) -> None:
    assert Path(__file__) in source_files(architecture_of(hypermodel).backbone)


def test_a_plugin_imports_no_keras_until_a_network_is_built() -> None:
    code = """
import sys, zoo
def hypermodel():
    from keras_tuner.applications import HyperResNet
    return HyperResNet(include_top=False, input_shape=(32, 32, 3))
zoo.from_hypermodel(hypermodel, name="hyper", summary="a hypermodel", reference="none")
print([name for name in ("keras", "keras_tuner", "tensorflow") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
