"""The source code of classes and functions: what it covers, and when its digest changes."""

from __future__ import annotations

import importlib
import sys
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from zoo.models.source_code import code_digest, distributions_of, is_of_keras, source_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    Importer = Callable[[str, str], ModuleType]


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Importer]:
    """Write a module in a folder of its own, and import it anew."""
    written: set[str] = set()

    def write(name: str, code: str) -> ModuleType:
        folder = tmp_path / f"folder_of_{name}"
        folder.mkdir(exist_ok=True)
        monkeypatch.syspath_prepend(str(folder))
        (folder / f"{name}.py").write_text(code)
        sys.modules.pop(name, None)
        written.add(name)
        return importlib.import_module(name)

    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("module", "own"),
    [("keras.src.layers", True), ("builtins", True), ("keras_hub.layers", False), ("tensorflow", False)],
)
def test_only_what_is_in_keras_is_its_own(module: str, *, own: bool) -> None:
    assert is_of_keras(module) is own


def test_an_object_without_a_module_is_not_of_keras() -> None:
    assert not is_of_keras(None)


def test_the_files_beside_a_class_and_its_bases_are_its_source(imported: Importer) -> None:
    base = imported("source_code_base", "class Base:\n    pass\n")
    child = imported("source_code_child", "from source_code_base import Base\nclass Child(Base):\n    pass\n")
    assert {file.stem for file in source_files(child.Child)} == {"source_code_base", "source_code_child"}
    assert {file.stem for file in source_files(child.Child())} == {"source_code_base", "source_code_child"}
    assert [file.stem for file in source_files(base.Base)] == ["source_code_base"]


def test_the_files_beside_what_a_function_wraps_are_its_source(imported: Importer) -> None:
    inner = imported("source_code_inner", "def double(x):\n    return 2 * x\n").double

    @wraps(inner)
    def outer(x: float) -> float:
        return float(inner(x))

    for function in (outer, partial(outer, 1.0)):
        names = {file.stem for file in source_files(function)}
        assert {"source_code_inner", Path(__file__).stem} <= names


def test_keras_python_and_what_has_no_file_have_no_source() -> None:
    import keras

    typed: dict[str, Any] = {"__name__": "typed at a prompt"}
    exec("class Typed: pass", typed)
    for definition in (keras.layers.Dense, int, Path, typed["Typed"]):
        assert source_files(definition) == []


def test_a_change_of_a_base_in_another_folder_changes_the_digest(imported: Importer) -> None:
    digests = []
    for factor in (2, 2, 3):
        imported("source_code_base", f"class Base:\n    factor = {factor}\n")
        child = imported(
            "source_code_child", "from source_code_base import Base\nclass Child(Base):\n    pass\n"
        )
        digests.append(code_digest([child.Child]))
    assert (digests[0] == digests[1], digests[0] == digests[2]) == (True, False)


def test_classes_of_one_file_have_different_digests(imported: Importer) -> None:
    module = imported("source_code_two", "class First:\n    pass\nclass Second:\n    pass\n")
    assert code_digest([module.First]) != code_digest([module.Second])


def test_another_version_of_the_package_changes_the_digest(tmp_path: Path, imported: Importer) -> None:
    digests = []
    for version in ("1.0", "1.1"):
        metadata = tmp_path / "folder_of_source_code_library" / "source_code_library-1.dist-info"
        metadata.mkdir(parents=True, exist_ok=True)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: source-code-library\nVersion: {version}\n"
        )
        (metadata / "top_level.txt").write_text("source_code_library\n")
        library = imported("source_code_library", "class Layer:\n    pass\n")
        distributions_of.cache_clear()
        assert distributions_of("source_code_library") == ["source-code-library"]
        digests.append(code_digest([library.Layer]))
    distributions_of.cache_clear()
    assert digests[0] != digests[1]
