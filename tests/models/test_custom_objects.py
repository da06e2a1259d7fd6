"""Who registers the custom classes and functions of a stored graph, and whether another process finds them."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

import keras
import pytest

from tests.architectures import architecture_of
from zoo.errors import ContractError
from zoo.models.custom_objects import (
    is_importable,
    is_keras_own,
    is_of_plugin,
    is_registered,
    module_of,
    name_of,
    register_layers,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@keras.saving.register_keras_serializable("objects")
class Known(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A registered layer."""


@keras.saving.register_keras_serializable("objects")
def known(x: Any) -> Any:
    return x


def config_of(layer: Any) -> Any:
    return keras.saving.serialize_keras_object(layer)


def test_layers_of_an_architecture_are_registered_and_returned() -> None:
    architecture = architecture_of(lambda hp, inputs, *, weights=None: inputs, custom_layers=lambda: [Known])
    assert register_layers(architecture) == (Known,)
    assert (
        register_layers(None)
        == register_layers(architecture_of(lambda hp, inputs, *, weights=None: inputs))
        == ()
    )


def test_custom_layers_that_fail_are_reported_with_their_place() -> None:
    def custom_layers() -> Any:
        raise ModuleNotFoundError("No module named 'gone'")

    architecture = architecture_of(lambda hp, inputs, *, weights=None: inputs, custom_layers=custom_layers)
    with pytest.raises(ContractError, match=r"its custom_layers fails: .*'gone'.*test_custom_objects.py"):
        register_layers(architecture)


@pytest.mark.parametrize(
    ("result", "what"),
    [
        ({"Known": Known}, "a dict"),
        (Known, "a type"),
        ("Known", "a str"),
        ([Known, Known()], "a list with a Known object"),
    ],
)
def test_custom_layers_that_return_anything_but_classes_are_refused_with_their_place(
    result: Any, what: str
) -> None:
    def custom_layers() -> Any:
        return result

    architecture = architecture_of(lambda hp, inputs, *, weights=None: inputs, custom_layers=custom_layers)
    place = f" ({__file__}:{custom_layers.__code__.co_firstlineno})"
    with pytest.raises(ContractError) as caught:
        register_layers(architecture)
    assert str(caught.value) == (
        f"architecture '{architecture.name}': its custom_layers returned {what}: return a list of classes and "
        f"functions, such as [MyLayer]{place}"
    )


@pytest.mark.parametrize(
    ("config", "own"),
    [
        (config_of(keras.layers.Dense(1)), True),
        (config_of(Known()), False),
        (config_of(keras.layers.Dense(1, activation=known))["config"]["activation"], False),
        ({"module": "", "class_name": "__keras_tensor__", "config": {}}, True),
        ({"module": "keras_evil", "class_name": "Dense", "config": {}}, False),
        (config_of(keras.activations.relu), True),
        (config_of(keras.losses.mean_squared_error), True),
        ({"module": "builtins", "class_name": "function", "config": "mine>relu"}, False),
        ({"module": "builtins", "class_name": "function", "config": "system"}, False),
        ({"module": "os", "class_name": "function", "config": "relu"}, False),
        ({"class_name": "RandomNormal", "config": {"stddev": 0.1}}, True),
        ({"class_name": "RandomNormal", "config": {}, "registered_name": "mine>RandomNormal"}, False),
        ({"module": None, "class_name": "RandomNormal", "config": {}}, False),
        ({"class_name": "Scale", "config": {}}, False),
    ],
)
def test_objects_of_keras_itself_are_known(config: Any, own: bool) -> None:
    assert is_keras_own(config) is own


@pytest.mark.parametrize(
    ("module", "name", "own"),
    [
        ("zoo_plugin_file_net", "net>Scale", True),
        ("my_net.layers", "net>Scale", True),
        ("zoo_plugins.tfhub_layers", "zoo>Scale", False),
        ("keras.layers", "Dense", False),
    ],
)
def test_objects_of_plugins_are_neither_of_keras_nor_of_zoo(module: str, name: str, *, own: bool) -> None:
    config = {"module": module, "class_name": name.rpartition(">")[2], "registered_name": name}
    assert is_of_plugin(config) is own


def test_functions_and_classes_are_found_by_the_names_under_which_they_are_registered() -> None:
    activation = config_of(keras.layers.Dense(1, activation=known))["config"]["activation"]
    assert (name_of(activation), name_of(config_of(Known()))) == ("objects>known", "objects>Known")
    assert is_registered(activation)
    assert is_registered(config_of(Known()))
    assert not is_registered({"module": "os", "class_name": "system", "registered_name": "os>system"})


def test_another_process_finds_what_custom_layers_returns_and_its_module() -> None:
    assert is_importable(config_of(Known()), [Known])
    assert is_importable(config_of(Known()), [known])
    assert not is_importable(config_of(Known()), [])


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Install a package that registers a function and, in a module, a layer; returns that module."""

    def write(package: str, requirement: str) -> str:
        folder, installed = tmp_path / package, tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "layers.py").write_text(
            "import keras\n\n"
            f"@keras.saving.register_keras_serializable('{package}')\n"
            "class Doubled(keras.layers.Layer):\n    pass\n"
        )
        (folder / "__init__.py").write_text(
            "import keras\n\n"
            f"@keras.saving.register_keras_serializable('{package}')\n"
            "def halved(x):\n    return x / 2\n"
        )
        installed.mkdir()
        (installed / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nRequires-Dist: {requirement}\n"
        )
        (installed / "RECORD").write_text(f"{package}/__init__.py,,\n")
        monkeypatch.syspath_prepend(tmp_path)
        for name in (package, f"{package}.layers"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        assert metadata.version(package) == "1.0"
        return f"{package}.layers"

    return write


@pytest.fixture
def library(install: Callable[[str, str], str]) -> str:
    """The module of an installed package that requires Keras."""
    return install("objects_library", "keras>=3")


def test_a_class_of_an_installed_library_is_found_by_importing_its_module(library: str) -> None:
    config = {"module": library, "class_name": "Doubled", "registered_name": "objects_library>Doubled"}
    assert is_registered(config)
    assert is_importable(config, [])


def test_a_function_of_an_installed_library_is_found_by_importing_its_package(library: str) -> None:
    package = library.partition(".")[0]
    config = {"module": "builtins", "class_name": "function", "config": f"{package}>halved"}
    assert is_registered(config)
    assert is_importable(config, [])
    assert not is_of_plugin(config)
    assert module_of(config) == package


def test_no_other_package_is_imported_because_a_function_is_named_after_it() -> None:
    for name in ("antigravity>fly", "this>s", "zoo.__main__>main", "keras_absent>act", "fly"):
        assert not is_registered({"module": "builtins", "class_name": "function", "config": name})
    assert {"antigravity", "this", "zoo.__main__"} & set(sys.modules) == set()


@pytest.mark.parametrize(
    "module",
    ["antigravity", "this", "os.path", "tests.assets", "../evil", "", "zoo.__main__", "zoo_plugins.vgg"],
)
def test_no_other_module_is_imported_because_a_graph_names_it(module: str) -> None:
    before = set(sys.modules)
    package = module.partition(".")[0]
    assert not is_registered({"module": module, "class_name": "Odd", "registered_name": f"{package}>Odd"})
    assert {"antigravity", "this", "zoo.__main__"} & (set(sys.modules) - before) == set()


@pytest.mark.parametrize(
    ("package", "requirement", "own"),
    [("objects_net", "Keras_Zoo>=0.1", True), ("objects_layers", "keras>=3", False)],
)
def test_an_installed_package_is_a_plugin_if_it_requires_zoo(
    install: Callable[[str, str], str], package: str, requirement: str, *, own: bool
) -> None:
    module = install(package, requirement)
    config = {"module": module, "class_name": "Doubled", "registered_name": f"{package}>Doubled"}
    assert is_of_plugin(config) is own


def test_a_library_registers_under_its_own_name_alone(library: str) -> None:
    assert not is_registered({"module": library, "class_name": "Odd", "registered_name": "another>Odd"})
    assert library not in sys.modules


def test_a_module_that_is_run_is_not_imported(library: str, tmp_path: Path) -> None:
    (tmp_path / "objects_library" / "__main__.py").write_text("raise RuntimeError('it ran')")
    main = "objects_library.__main__"
    assert not is_registered({"module": main, "class_name": "Odd", "registered_name": "objects_library>Odd"})
