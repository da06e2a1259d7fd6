"""`zoo.from_hypermodel`: its arguments, and that it imports nothing before a network is built."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.models.hypermodels import Loops, plain
from zoo.errors import ContractError
from zoo.models.source_code import source_files
from zoo.plugin_code.places import file_of
from zoo.plugins import load_plugins
from zoo.workflows.architectures import code_of


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


OF_KERAS_TUNER = """
import zoo
from keras_tuner.applications import HyperResNet

@zoo.hookimpl
def zoo_architectures():
    resnet = HyperResNet(include_top=False, input_shape=({size}, 32, 3))
    return [zoo.from_hypermodel(resnet, name="hyper", summary="a hypermodel", reference="none")]
"""


def test_the_code_of_a_hypermodel_of_keras_tuner_is_that_of_the_plugin_too(tmp_path: Path) -> None:
    file = tmp_path / "hyper.py"
    digests = []
    for size in (32, 64):
        file.write_text(OF_KERAS_TUNER.format(size=size))
        architecture = load_plugins(tmp_path).architecture("hyper")
        digests.append(code_of(architecture))
    assert digests[0] != digests[1]
    assert file_of(architecture.backbone) == str(file)


def test_the_code_of_a_hypermodel_with_a_file_of_its_own_is_part_of_the_plugins(tmp_path: Path) -> None:
    """The plugin's own file is another: this one."""
    module = tmp_path / "its_own.py"
    digests = []
    for units in (8, 16):
        module.write_text(f"import keras_tuner\nclass Net(keras_tuner.HyperModel):\n    units = {units}\n")
        spec = importlib.util.spec_from_file_location("zoo_test_its_own", module)
        assert spec is not None
        assert spec.loader is not None
        own = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = own
        spec.loader.exec_module(own)
        architecture = architecture_of(own.Net())
        digests.append(code_of(architecture))
    del sys.modules["zoo_test_its_own"]
    assert digests[0] != digests[1]
    assert file_of(architecture.backbone) == __file__


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"features": 4}, "features must be the name of a layer, got 4"),
        ({"scaling": "x"}, "scaling must be a number other than 0, got 'x'"),
        ({"scaling": 0}, "scaling must be a number other than 0, got 0"),
        ({"ignore": "pooling"}, "ignore must be a tuple of patterns, such as ('dense_*',), got 'pooling'"),
        ({"ignore": 3}, "ignore must be a tuple of patterns, such as ('dense_*',), got 3"),
    ],
)
def test_an_argument_of_another_type_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractError) as error:
        architecture_of(plain, **fields)
    assert str(error.value) == f"architecture 'hyper': {problem}"


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
