"""`zoo plugins check`: the contract in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
PYPROJECT = """
[project]
name = "my-package"
version = "1.2"
[project.entry-points.zoo]
mine = "my_module"
"""


@pytest.fixture(autouse=True)
def _no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZOO_PLUGINS_DIR")


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a plugin file."""

    def write(text: str, body: str = "pass") -> Path:
        path = tmp_path / "mine.py"
        path.write_text(HEAD + text.replace("{body}", body), encoding="utf-8")
        return path

    return write


def rows(out: str) -> list[str]:
    """The lines of the table, without seconds."""
    lines = [re.sub(r" +[0-9.]+ s$", "", line) for line in out.split("\n\n")[0].splitlines()]
    return ["  ".join(line.split("  ")).strip() for line in (re.sub(r" {2,}", "  ", line) for line in lines)]


def test_a_file_that_keeps_the_contract(zoo: Callable, file: Callable) -> None:
    path = file(NETWORK)
    result = zoo("plugins", "check", path)
    assert (result.code, rows(result.out)) == (
        0,
        [
            "mine",
            "loads-as-plugin  ok",
            "imports-without-tensorflow  ok",
            "builds  ok",
            "defaults  ok",
            "presets  ok",
            "draws  ok",
            "trains  ok",
            "freezes-at  ok",
            "frozen  ok",
            "reloads  ok",
            "exports  ok",
        ],
    )
    assert result.out.endswith(f"\n{path} keeps the contract: 11 ok\n")


def test_a_failure_is_named_with_what_to_do(zoo: Callable, file: Callable) -> None:
    path = file(NETWORK, "if inputs.shape[1] == 21: raise ValueError('odd')")
    result = zoo("plugins", "check", path)
    assert result.code == 1
    assert "builds  failed" in rows(result.out)
    assert (
        "\n\nmine fails builds: with the defaults and images of 21×21×3: ValueError: odd (mine.py:4): "
        "mend the backbone, or narrow what it declares\n"
    ) in result.out
    assert result.err == f"Error: {path} does not keep the contract: 10 ok, 1 failed\n"


def test_json(zoo: Callable, file: Callable) -> None:
    told = json.loads(zoo("plugins", "check", file(IMAGES, "return 3"), "--json").out)
    assert [(one["check"], one["outcome"]) for one in told][:3] == [
        ("loads-as-plugin", "ok"),
        ("imports-without-tensorflow", "ok"),
        ("loads", "failed"),
    ]


def test_a_package_that_is_not_installed(zoo: Callable, tmp_path: Path) -> None:
    package = tmp_path / "somewhere" / "src"
    package.mkdir(parents=True)
    (package.parent / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (package / "my_module.py").write_text(HEAD + IMAGES.replace("{body}", "return 3"), encoding="utf-8")
    result = zoo("plugins", "check", package.parent)
    assert "mine fails loads: load() gives int: return zoo.LabeledImages\n" in result.out


@pytest.mark.parametrize("name", ["digits", "keras-zoo/digits"])
def test_an_installed_plugin_by_name(zoo: Callable, refused: Callable, name: str) -> None:
    if "/" in name:
        assert refused("plugins", "check", name) == (
            f"there is no plugin at {name}: give a .py file, or a folder with pyproject.toml"
        )
        return
    assert zoo("plugins", "check", name).out.endswith("\ndigits keeps the contract: 7 ok\n")


def test_an_unknown_name_tells_the_nearest(refused: Callable) -> None:
    assert refused("plugins", "check", "digit").startswith("unknown plugin 'digit': did you mean 'digits'")


def test_a_folder_without_a_plugin(refused: Callable, tmp_path: Path) -> None:
    assert refused("plugins", "check", tmp_path) == (
        f"there is no plugin at {tmp_path}: give a .py file, or a folder with pyproject.toml"
    )


def test_a_pyproject_without_an_entry_point(refused: Callable, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'mine'\n", encoding="utf-8")
    assert refused("plugins", "check", tmp_path) == (
        f"{tmp_path}/pyproject.toml names no plugin ('entry-points'): it needs [project] with a name, and "
        "[project.entry-points.zoo]"
    )


def test_a_plugin_that_cannot_be_imported(zoo: Callable, file: Callable) -> None:
    result = zoo("plugins", "check", file("import a_library_that_is_not_there"))
    assert (result.code, rows(result.out)) == (1, ["mine", "loads-as-plugin  failed"])
    assert "No module named 'a_library_that_is_not_there': mend that first\n" in result.out


@pytest.mark.parametrize(
    ("text", "body"),
    [("while True: pass", ""), (IMAGES, "while True: pass"), (IMAGES, "import time; time.sleep(1000)")],
    ids=["while it is imported", "in a loop", "asleep"],
)
def test_a_plugin_that_hangs_is_stopped(zoo: Callable, file: Callable, text: str, body: str) -> None:
    result = zoo("plugins", "check", file(text, body), "--timeout", 3)
    assert result.code == 1
    assert "stopped" in result.out
    assert "it took more than 3 seconds: look for an endless loop, or give --timeout\n" in result.out


def test_what_comes_after_a_stop_is_not_run(zoo: Callable, file: Callable) -> None:
    result = zoo("plugins", "check", file(IMAGES, "while True: pass"), "--timeout", 3)
    assert rows(result.out)[3:] == [
        "loads  stopped",
        "classes  not run",
        "decodes  not run",
        "loads-again  not run",
        "splits  not run",
    ]


def test_a_plugin_that_eats_memory_is_stopped(zoo: Callable, file: Callable) -> None:
    eat = "eaten = []\n    while True: eaten.append(bytearray(20_000_000))"
    result = zoo("plugins", "check", file(IMAGES, eat), "--memory", 0.5)
    assert result.code == 1
    assert "it took more than 0.5 GB of memory: make less of it at once, or give --memory\n" in result.out


def test_a_child_of_the_plugin_counts_too(zoo: Callable, file: Callable) -> None:
    script = "x = bytearray(900_000_000); import time; time.sleep(1000)"
    body = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"
    result = zoo("plugins", "check", file(IMAGES, body), "--memory", 0.5)
    assert "it took more than 0.5 GB of memory" in result.out
    assert [one for one in psutil.process_iter(["cmdline"]) if script in (one.info["cmdline"] or [])] == []


def test_a_plugin_that_ends_the_process(zoo: Callable, file: Callable) -> None:
    result = zoo("plugins", "check", file(IMAGES, "import os; os._exit(3)"))
    assert result.code == 1
    assert "mine fails loads: the process ended with exit code 3: a plugin must not end it\n" in result.out


def test_a_plugin_that_prints_breaks_nothing(zoo: Callable, file: Callable) -> None:
    path = file("import os; print('{}'); os.write(1, b'{}')\n" + IMAGES, "print('[1]'); return 3")
    assert "mine fails loads: load() gives int" in zoo("plugins", "check", path).out


def test_nothing_heavy_is_imported_here(file: Callable) -> None:
    look = (
        "import sys; from zoo.cli import run; run(sys.argv[1:]); "
        "print('tensorflow' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", look, "plugins", "check", str(file(IMAGES, "return 3"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "False"


def test_an_interruption_ends_the_child(file: Callable) -> None:
    path = file(IMAGES, "import time; time.sleep(1000)")
    command = [sys.executable, "-m", "zoo", "plugins", "check", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
    children = []
    while not children:
        time.sleep(0.1)
        children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert psutil.wait_procs(children, timeout=10)[1] == []
