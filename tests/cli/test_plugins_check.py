"""`zoo plugins check`: the contract in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from tests.testing.plugin_files import HEAD, IMAGES, NETWORK, write_plugin
from zoo.testing import ARCHITECTURE_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.processes import LeanProcess

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
        return write_plugin(tmp_path, text, body)

    return write


def rows(out: str) -> list[str]:
    """The rows of the table, check and result."""
    lines = [line.split("  ") for line in out.splitlines() if "  " in line]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    return ["  ".join(row[:2]) for row in cells[1:]]


@pytest.mark.large
def test_a_file_that_keeps_the_contract_with_the_value_that_it_needs(zoo: Callable, file: Callable) -> None:
    path = file(NETWORK, "assert hp.Fixed('mood', 'bad') == 'good'")
    result = zoo("plugins", "check", path, "--set", "mood=good")
    assert (result.code, rows(result.out)) == (
        0,
        [f"{check}  ok" for check in ("imports", *ARCHITECTURE_CHECKS)],
    )
    assert result.out.endswith("\nmine: 13 checks passed\n")


def test_a_failure_is_named_with_a_remedy(zoo: Callable, file: Callable) -> None:
    path = file(NETWORK, "if inputs.shape[1] > 8: raise ValueError('odd')")
    result = zoo("plugins", "check", path)
    assert result.code == 1
    assert "builds  failed" in rows(result.out)
    assert result.out.endswith(
        f"\nmine fails 'builds': with the defaults and images of 21×21×3: ValueError: odd ({path}:4): "
        "fix the backbone, or narrow the ranges it declares\nmine: 1 of 13 failed\n"
    )


LOADS = NETWORK.replace("{body}", "from zoo import load_weights").replace(
    'return layers.Conv2D(2, 3, name="only_conv")(inputs)',
    'x = layers.Conv2D(2, 3, name="only_conv")(inputs)\n    weights and load_weights(x, weights)\n    return x',
)


@pytest.mark.large
def test_the_table_of_weights_follows_that_of_the_checks(
    zoo: Callable, file: Callable, tmp_path: Path
) -> None:
    np.savez(
        tmp_path / "net.npz", **{"only_conv/kernel": np.ones((3, 3, 3, 2)), "only_conv/bias": np.ones(2)}
    )
    path = file(LOADS.replace("min_size=8", "min_size=8, weights=('own',)"))
    result = zoo("plugins", "check", path, "--weights", tmp_path / "net.npz")
    assert (result.code, "weights  ok" in rows(result.out)) == (0, True)
    assert f"\nweights of {tmp_path / 'net.npz'}: 2 of 2 variables loaded by name\n" in result.out


def test_weights_are_refused_where_nothing_loads_them(zoo: Callable, file: Callable) -> None:
    result = zoo("plugins", "check", file(IMAGES, "return 3"), "--weights", "net.npz")
    assert result.code == 1
    assert (
        "\nmine fails 'weights': it adds no architecture, which could load weights: leave --weights out\n"
        in (result.out)
    )


def test_json(zoo: Callable, file: Callable) -> None:
    answer = json.loads(zoo("plugins", "check", file(IMAGES, "return 3"), "--json").out)
    assert (answer["target"], answer["passed"]) == ("mine", False)
    assert [(check["check"], check["outcome"]) for check in answer["checks"]][:3] == [
        ("imports", "ok"),
        ("imports-without-tensorflow", "ok"),
        ("loads", "failed"),
    ]


def test_a_package_that_is_not_installed(zoo: Callable, tmp_path: Path) -> None:
    package = tmp_path / "somewhere" / "src"
    package.mkdir(parents=True)
    (package.parent / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (package / "my_module.py").write_text(HEAD + IMAGES.replace("{body}", "return 3"), encoding="utf-8")
    result = zoo("plugins", "check", package.parent)
    assert "\nmine fails 'loads': load() returns int: return zoo.LabeledImages\n" in result.out


def test_an_installed_plugin_by_name(zoo: Callable) -> None:
    assert zoo("plugins", "check", "digits").out.endswith("\ndigits: 7 checks passed\n")


def test_an_unknown_name_gets_the_nearest(refused: Callable) -> None:
    assert refused("plugins", "check", "digit").startswith("unknown plugin 'digit': did you mean 'digits'")


def test_a_quarantined_plugin_is_reported_in_one_line(
    refused: Callable, file: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file("raise ValueError('no')")
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(path.parent))
    message = f"plugin 'mine' of {path} is quarantined: ValueError: no ({path}:2): fix the plugin"
    assert refused("plugins", "check", "mine") == message


def test_a_plugin_that_cannot_be_imported(zoo: Callable, file: Callable) -> None:
    path = file("import a_library_that_is_not_there")
    result = zoo("plugins", "check", path)
    assert (result.code, rows(result.out)) == (1, ["imports  failed"])
    assert (
        f"No module named 'a_library_that_is_not_there' ({path}:2): install the package that provides "
        "'a_library_that_is_not_there', or correct the import\n"
    ) in result.out


def test_a_stopped_check_is_shown_with_the_checks_that_did_not_run(zoo: Callable, file: Callable) -> None:
    path = file(IMAGES, "import time; time.sleep(1000)")
    line = path.read_text().splitlines().index("    import time; time.sleep(1000)") + 1
    result = zoo("plugins", "check", path, "--timeout", 2)
    assert result.code == 1
    assert rows(result.out)[2:] == [
        "loads  stopped",
        "classes  not run",
        "decodes  not run",
        "loads-again  not run",
        "splits  not run",
    ]
    assert result.out.endswith(
        f"\nmine fails 'loads': stopped after 2 s ({path}:{line}): check for an endless loop, or allow more with "
        "--timeout SECONDS\nmine: 1 of 7 failed, 4 not run\n"
    )


def test_several_subjects_are_counted_together(zoo: Callable, file: Callable) -> None:
    twice = IMAGES.replace('r")]', 'r"), Dataset(name="other", load=load, summary="s", reference="r")]')
    out = zoo("plugins", "check", file(twice, "return 3")).out
    assert rows(out)[1:3] == ["mine  imports-without-tensorflow", "mine  loads"]
    assert out.endswith(
        "\nmine fails 'loads': load() returns int: return zoo.LabeledImages"
        "\nother fails 'loads': load() returns int: return zoo.LabeledImages\nmine: 2 of 13 failed, 8 not run\n"
    )


def test_nothing_large_is_imported_beside_the_checks(lean: LeanProcess, file: Callable) -> None:
    result = lean("plugins", "check", file(IMAGES, "return 3"))
    assert (result.code, result.imported) == (1, ())


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_the_child_ends_with_the_command(file: Callable, number: signal.Signals, code: int) -> None:
    path = file(IMAGES, "import time; time.sleep(1000)")
    command = [sys.executable, "-m", "zoo", "plugins", "check", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "imports-without-tensorflow: ok" not in process.stderr.readline():
        assert process.poll() is None
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert (process.returncode, len(children)) == (code, 1)
    assert psutil.wait_procs(children, timeout=10)[1] == []
