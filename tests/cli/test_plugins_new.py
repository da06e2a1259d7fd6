"""`zoo plugins new`: its files, output and refusals."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.processes import LeanProcess


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file can grow beyond 1000 bytes, which looks to a program as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def everything_in(folder: Path) -> dict[str, str]:
    """Path -> text of every file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_a_package(zoo: Callable) -> None:
    assert zoo("plugins", "new", "my-net").out == (
        "wrote my-net/pyproject.toml\n"
        "wrote my-net/my_net.py\n"
        "wrote my-net/tests/test_my_net.py\n"
        "wrote my-net/README.md\n"
        "next:\n"
        "  try it    zoo --plugins-dir my-net train my-net digits --epochs 2\n"
        "  check it  zoo plugins check my-net\n"
        "  test it   pip install pytest && pytest my-net\n"
        "  keep it   pip install -e my-net && zoo plugins\n"
    )


def test_a_package_is_all_that_is_written(zoo: Callable, tmp_path: Path) -> None:
    zoo("plugins", "new", "my-net")
    assert set(everything_in(tmp_path)) == {
        "my-net/pyproject.toml",
        "my-net/my_net.py",
        "my-net/tests/test_my_net.py",
        "my-net/README.md",
    }


def test_a_single_file(zoo: Callable) -> None:
    assert zoo("plugins", "new", "my-net", "--single-file").out == (
        "wrote my_net.py\n"
        "next:\n"
        "  try it    zoo --plugins-dir . train my-net digits --epochs 2\n"
        "  check it  zoo plugins check my_net.py\n"
    )


def test_a_single_file_is_all_that_is_written(zoo: Callable, tmp_path: Path) -> None:
    zoo("plugins", "new", "my-net", "--single-file")
    assert set(everything_in(tmp_path)) == {"my_net.py"}


def test_into_another_folder(zoo: Callable, tmp_path: Path) -> None:
    (tmp_path / "my nets").mkdir()
    result = zoo("plugins", "new", "my-net", "--single-file", "--into", "my nets")
    assert result.out == (
        "wrote my nets/my_net.py\n"
        "next:\n"
        "  try it    zoo --plugins-dir 'my nets' train my-net digits --epochs 2\n"
        "  check it  zoo plugins check 'my nets/my_net.py'\n"
    )


@pytest.mark.parametrize("arguments", [["my-net"], ["my-net", "--single-file"]])
def test_the_plugin_is_well(zoo: Callable, tmp_path: Path, arguments: list[str]) -> None:
    zoo("plugins", "new", *arguments)
    folder = tmp_path if "--single-file" in arguments else tmp_path / "my-net"
    rows = json.loads(zoo("--plugins-dir", folder, "plugins", "--json").out)
    assert [(row["architectures"], row["error"]) for row in rows if row["version"] is None] == [
        (["my-net"], None)
    ]


def test_it_imports_nothing_large(lean: LeanProcess) -> None:
    result = lean("plugins", "new", "my-net")
    assert (result.code, result.imported) == (0, ())


RULE = (
    "invalid plugin name '{}': use lower-case letters and digits, beginning with a letter, with '-' or '_' in "
    "between, such as my-net"
)


@pytest.mark.parametrize("single_file", [[], ["--single-file"]], ids=["package", "file"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My-Net", RULE.format("My-Net")),
        ("3d-net", RULE.format("3d-net")),
        ("my net", RULE.format("my net")),
        ("my.net", RULE.format("my.net")),
        ("my-", RULE.format("my-")),
        ("nets/my-net", RULE.format("nets/my-net")),
        ("..", RULE.format("..")),
        ("", RULE.format("")),
        ("class", "'class' is a Python keyword and cannot name a module: choose another name"),
        ("zoo", "a Python module 'zoo' already exists, and the plugin would shadow it: choose another name"),
        (
            "keras",
            "a Python module 'keras' already exists, and the plugin would shadow it: choose another name",
        ),
        (
            "json",
            "a Python module 'json' already exists, and the plugin would shadow it: choose another name",
        ),
        (
            "winreg",
            "a Python module 'winreg' already exists, and the plugin would shadow it: choose another name",
        ),
        (
            "keras-tuner",
            "a Python module 'keras_tuner' already exists, and the plugin would shadow it: choose another name",
        ),
        (
            "keras-zoo",
            "a package 'keras-zoo' is already installed, and pip would replace it: choose another name",
        ),
    ],
)
def test_a_name_that_cannot_be(
    refused: Callable, tmp_path: Path, name: str, message: str, single_file: list[str]
) -> None:
    assert (refused("plugins", "new", *single_file, "--", name), everything_in(tmp_path)) == (message, {})


def test_the_name_of_an_architecture(refused: Callable, plain: Callable) -> None:
    assert plain(refused("plugins", "new", "moody")) == (
        "an architecture or plugin 'moody' already exists, from PLUGINS/tiny.py: choose another name"
    )


def test_the_name_of_a_plugin(refused: Callable, plain: Callable) -> None:
    assert plain(refused("plugins", "new", "digits")) == (
        "an architecture or plugin 'digits' already exists, from keras-zoo VERSION: choose another name"
    )


def test_the_name_of_a_plugin_that_is_quarantined(
    refused: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_net.py").write_text("import nothing_of_that_name\n")
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(tmp_path))
    assert refused("plugins", "new", "my-net") == (
        f"an architecture or plugin 'my_net' already exists, from {tmp_path}/my_net.py: choose another name"
    )


@pytest.mark.parametrize(
    ("existing", "arguments"),
    [
        ("my-net/notes.txt", ["my-net"]),
        ("my-net", ["my-net"]),
        ("my_net.py", ["my-net", "--single-file"]),
        ("my_net.py/notes.txt", ["my-net", "--single-file"]),
    ],
)
def test_existing_files_are_kept(
    refused: Callable, tmp_path: Path, existing: str, arguments: list[str]
) -> None:
    (tmp_path / existing).parent.mkdir(exist_ok=True)
    (tmp_path / existing).write_text("mine")
    target = existing.partition("/")[0]
    assert (refused("plugins", "new", *arguments), everything_in(tmp_path)) == (
        f"{target} already exists: choose another name, or another folder with --into",
        {existing: "mine"},
    )


def test_a_folder_that_is_missing(refused: Callable, tmp_path: Path) -> None:
    message = refused("plugins", "new", "my-net", "--into", "gone")
    assert (message, list(tmp_path.iterdir())) == (
        "gone is not a folder: create it first, or choose another with --into",
        [],
    )


def test_a_folder_that_takes_no_new_files(refused: Callable) -> None:
    assert refused("plugins", "new", "my-net", "--into", "/proc") == (
        "cannot write /proc/my-net: no such file or directory; choose another folder with --into"
    )


def test_a_name_that_is_too_long_for_a_file(refused: Callable) -> None:
    name = "a" * 300
    assert refused("plugins", "new", name) == (
        f"cannot write {name}: file name too long; choose another folder with --into"
    )


@pytest.mark.parametrize(
    ("arguments", "path"), [(["my-net"], "my-net"), (["my-net", "--single-file"], "my_net.py")]
)
@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_leaves_nothing_behind(
    refused: Callable, tmp_path: Path, arguments: list[str], path: str
) -> None:
    assert (refused("plugins", "new", *arguments), list(tmp_path.iterdir())) == (
        f"cannot write {path}: file too large; choose another folder with --into",
        [],
    )
