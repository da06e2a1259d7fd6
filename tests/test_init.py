"""`import zoo`: its names, its cost, and that `zoo.search` is the function whatever is imported."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys

import pytest

import zoo

FACE = [
    "Architecture",
    "Dataset",
    "Decoder",
    "LabeledImages",
    "Sizes",
    "Source",
    "ZooError",
    "evaluate",
    "finetune",
    "flatten",
    "from_hypermodel",
    "hookimpl",
    "load",
    "load_weights",
    "open_registry",
    "search",
    "train",
]


def python(code: str) -> str:
    """Return the output of this code in a new Python process."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dir_shows_the_face_and_nothing_else() -> None:
    shown = python("import zoo, zoo.cli, zoo.workflows; print(*dir(zoo))").split()
    assert [name for name in shown if not name.startswith("__")] == FACE
    assert "__version__" in shown


def test_every_name_of_the_face_is_there_and_documented() -> None:
    assert all(getattr(zoo, name).__doc__ for name in FACE if name != "hookimpl")


def test_a_star_import_brings_the_face() -> None:
    names: dict[str, object] = {}
    exec("from zoo import *", names)
    assert set(FACE) == set(names) - {"__builtins__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'zoo' has no attribute 'serach'"):
        _ = zoo.serach


def test_importing_zoo_imports_nothing_heavy() -> None:
    heavy = ("tensorflow", "keras", "sqlalchemy", "numpy", "rich", "pluggy", "click")
    assert python(f"import sys, zoo; print([name for name in {heavy} if name in sys.modules])") == "[]\n"


@pytest.mark.parametrize(
    "name", ["search", "train", "load", "open_registry", "load_weights", "from_hypermodel"]
)
def test_a_function_of_the_face_imports_no_tensorflow_before_it_works(name: str) -> None:
    assert python(f"import sys, zoo; zoo.{name}; print('tensorflow' in sys.modules)") == "False\n"


def test_loading_the_shipped_plugins_imports_no_tensorflow() -> None:
    load = "import sys; from zoo.plugins import load_plugins; load_plugins()"
    assert python(f"{load}; print('tensorflow' in sys.modules, 'keras' in sys.modules)") == "False False\n"


PACKAGE = "zoo.search.executors.reporter"  # a module of the package that imports no TensorFlow


@pytest.mark.parametrize(
    "code",
    [
        f"import zoo; import {PACKAGE}",
        f"import {PACKAGE}; import zoo",
        f"import zoo; zoo.search; import {PACKAGE}; zoo.search",
        f"import {PACKAGE} as module; assert module.__name__ == '{PACKAGE}'; import zoo",
        "from zoo import search; import zoo.search.executors; import zoo; assert zoo.search is search",
        "from zoo.search.executors import reporter; import zoo; assert reporter.__name__.startswith('zoo.search.')",
        (
            "import zoo; import importlib; importlib.import_module('zoo.search'); import zoo.search as search; "
            "assert search is zoo.search"
        ),
    ],
)
def test_zoo_search_is_the_function_in_whatever_order_the_package_is_imported(code: str) -> None:
    question = "; print(zoo.search.__module__, callable(zoo.search), sys.modules['zoo.search'].__name__)"
    assert python(f"import sys; {code}{question}") == "zoo.face.searching True zoo.search\n"


def test_the_function_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(zoo.search)) is zoo.search


def test_a_spawned_child_gets_the_function() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(callable, (zoo.search,)) is True


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert zoo.__version__ == version("keras-zoo")
