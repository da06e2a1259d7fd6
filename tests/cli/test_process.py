"""`zoo` as a process: what it imports, how it exits, and what it leaves on the screen."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

import zoo as package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZOO = [sys.executable, "-m", "zoo"]
HEAVY = ("tensorflow", "keras", "keras_tuner", "ray")
LOOK = """
import json, sys
from zoo.cli import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*ZOO, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def on_a_terminal(columns: int, *arguments: object) -> str:
    """All that `zoo` writes to a terminal of that width, without colours and movements of the cursor."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = [*ZOO, *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env={**environment, "TERM": "xterm"}
    ):
        os.close(follower)
        written = b""
        while chunk := _read(leader):
            written += chunk
    os.close(leader)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]| *\r(?=\n)", "", written.decode())


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # how Linux tells that the other side is closed
        return b""


@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["architectures"],
        ["best", "blobs"],
        ["models"],
        ["show", "blobs@best"],
        ["lineage", "blobs@best"],
    ],
)
def test_looking_up_imports_nothing_heavy(command: list[str], trained: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOOK, *command], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert (code, [name for name in HEAVY if name in modules]) == (0, [])


def test_python_dash_m() -> None:
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"zoo, version {package.__version__}\n")


def test_a_reader_that_goes_away_is_no_error(trained: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*ZOO, "models"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""


def test_an_error_exits_1_with_one_line(tmp_path: Path) -> None:
    done = process("models")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["models", "--no-such-option"],
        ["train", "tiny"],
        ["best"],
        ["predict", "blobs@best"],
        ["search"],
        ["search", "tiny"],
        ["search", "--resume", "abc", "tiny", "blobs"],
        ["search", "--resume", "abc", "--epochs", "20"],
        ["train", "tiny", "blobs", "--set", "filters"],
        ["train", "tiny", "blobs", "--set", "=3"],
        ["train", "tiny", "blobs", "--epochs", "0"],
        ["train", "tiny", "blobs", "--seed", "x"],
        ["train", "tiny", "blobs", "--seed", "4294967296"],
        ["evaluate", "blobs@best", "blobs", "--split", "tests"],
    ],
)
def test_wrong_usage_exits_2(zoo: Callable, arguments: list[str], tmp_path: Path) -> None:
    result = zoo(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Error: " in result.err
    assert not (tmp_path / "registry.db").exists()


def test_help_of_every_command(zoo: Callable) -> None:
    names = [
        line.split()[0] for line in zoo("--help").out.split("Work:")[1].splitlines() if line[:3] == "  z"
    ]
    assert [zoo(name, "--help").code for name in names] == [0] * len(names)


def test_help_cuts_no_sentence(zoo: Callable) -> None:
    assert "..." not in zoo("--help").out.split("Work:")[1]


def test_tensorflow_does_not_chatter(tmp_path: Path, plain: Callable) -> None:
    done = process("train", "tiny", "blobs", "--epochs", 1)
    assert plain(done.stderr) == (
        "· reading blobs …\n"
        "· starting TensorFlow …\n"
        "· 106 trainable and 0 non-trainable parameters\n"
        "run ID: tiny on blobs\n"
        "epoch  1/1  loss #.####  acc #.####  val_loss #.####  val_acc #.####  #.# s\n"
    )


def test_a_narrow_terminal_cuts_no_id(trained: Path) -> None:
    ids = [model["id"] for model in json.loads(process("models", "--json").stdout)]
    lines = on_a_terminal(80, "models").splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ids
    assert lines[-1] == "no room for parent, made: widen the terminal, or use --json"
    assert max(map(len, lines)) <= 80


def test_a_narrow_terminal_shortens_texts(tmp_path: Path) -> None:
    (line,) = [line for line in on_a_terminal(80, "datasets").splitlines() if line.startswith("digits ")]
    assert line.startswith("digits          1,797 handwritten")
    assert "…" in line


def test_a_search_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Callable) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    written = plain(on_a_terminal(140, "search", "tiny", "blobs", "--trials", 1, "--epochs", 1))
    assert f"\rdecoding images {'━' * 30} 120/120\n" in written
    assert f"\rchecking images {'━' * 30} 120/120\nsearch ID: random, up to 1 trial of tiny" in written
    assert "trial  state  val_accuracy  epoch  curve  hyperparameters" in written
    assert "  1  completed  #.####  1/1  ▁█  filters=2 learning_rate=0.001" in written
    assert "1 of 1 trials, best val_accuracy #.#### in trial 1\n\nsearch  ID\nmodel  ID\n" in written


@pytest.mark.usefixtures("trained")
def test_a_search_for_a_fine_tuning_ends_with_the_model_below_its_table(plain: Callable) -> None:
    asked = ["finetune", "blobs@best", "blobs", "--search", "--trials", 1, "--epochs", 1]
    written = plain(on_a_terminal(140, *asked))
    assert "1 of 1 trials, best val_accuracy #.#### in trial 1\n\nsearch  ID\nmodel  ID\n" in written
