"""Runs the command line in this process, on a tiny plugin, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import zoo as package
from tests.cli.processes import LeanProcess, terminal
from zoo.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLUGIN_FILES = Path(__file__).parent / "plugin_files"
PROGRESS = ("· ", "  ", "run ", "search ", "trial ", "epoch ")
KEPT = ("models", "aliases", "metrics", "searches")
UNFINISHED = "SELECT count(*) FROM runs WHERE state NOT IN ('completed', 'failed')"
# What a search of `tiny` would choose, at one value each, but for its augmentation, or for the network's own.
ALL_BUT_AUGMENTATION = ["filters=2", "learning_rate=0.01", "pooling=avg", "head_units=0", "dropout=0"]
ALL_BUT_FILTERS = ["learning_rate=0.01", "pooling=avg", "head_units=0", "dropout=0", "augmentation=none"]


@dataclass(frozen=True)
class Result:
    """The result of one call of `zoo`."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))


@pytest.fixture
def zoo(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Call `zoo` with these arguments."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        # Whether TensorFlow must be started depends on the tests before this one.
        return Result(code, captured.out, captured.err.replace("· starting TensorFlow …\n", ""))

    return call


@pytest.fixture(scope="session")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeanProcess]:
    """Call `zoo` in a process that has imported nothing large."""
    calls = LeanProcess(tmp_path_factory.mktemp("lean"))
    yield calls
    calls.close()


@pytest.fixture
def zoo_on_screen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Call `zoo` in this process, which writes to a terminal of 140 columns; all that it writes there."""

    def call(*arguments: object) -> str:
        with (
            terminal(140) as screen,
            monkeypatch.context() as patch,
            os.fdopen(os.dup(screen.follower), "w", buffering=1, encoding="utf-8") as stream,
        ):
            for name in ("stdout", "stderr"):
                patch.setattr(sys, name, stream)
            patch.setenv("TERM", "xterm")
            patch.setenv("COLUMNS", "140")
            run([str(argument) for argument in arguments])
        return screen.text

    return call


@pytest.fixture
def refused(zoo: Callable[..., Result]) -> Callable[..., str]:
    """Call `zoo` with bad input and return its one line of error, without `Error: `."""

    def call(*arguments: object) -> str:
        result = zoo(*arguments)
        lines = [line for line in result.err.splitlines() if not line.startswith(PROGRESS)]
        assert (result.code, result.out, len(lines)) == (1, "", 1), result
        assert lines[0].startswith("Error: ")
        return lines[0].removeprefix("Error: ")

    return call


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of two classes, `cat` and `dog`, with 30 RGB images of 12×12 each."""
    root = tmp_path / "photos"
    _draw_photos(root)
    return root


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose registry has a training, two searches, of which one failed, and a fine-tuning.

    What each of these commands printed as JSON is beside it, as `train.json`.
    """
    folder = tmp_path_factory.mktemp("trained")
    _draw_photos(folder / "photos")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))
        fixed = setting(ALL_BUT_AUGMENTATION)
        for command, code in (
            (["train", "tiny", "blobs", "--epochs", "2"], 0),
            (["search", "tiny", "blobs", "--algorithm", "grid", "--epochs", "2", *fixed], 0),
            (["search", "moody", "blobs", "--trials", "1", "--set", "mood=bad"], 1),
            (["finetune", "blobs@best", "photos", "--epochs", "2", "--freeze", "1"], 0),
        ):
            with redirect_stdout(StringIO()) as out:
                assert run([*command, "--json"]) == code
            if code == 0:
                (folder / f"{command[0]}.json").write_text(out.getvalue())
    return folder


@pytest.fixture
def trained(trained_folder: Path, tmp_path: Path) -> Path:
    """The working directory, with a copy of the trained registry, which the test may change."""
    shutil.copy(trained_folder / "registry.db", tmp_path)
    shutil.copytree(trained_folder / "artifacts", tmp_path / "artifacts")
    return tmp_path


@pytest.fixture
def contents(trained: Path) -> Callable[[], object]:
    """All that the trained registry holds now, and how many of its runs did not come to an end."""

    def read() -> object:
        with closing(sqlite3.connect(trained / "registry.db")) as registry:
            rows = [registry.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in KEPT]
            unfinished = registry.execute(UNFINISHED).fetchone()
        files = (path for path in (trained / "artifacts").rglob("*") if path.is_file())
        return rows, unfinished, {path.name: path.read_bytes() for path in files}

    return read


@pytest.fixture
def registry_unchanged(contents: Callable[[], object]) -> Iterator[None]:
    """The trained registry, whose content a test must not change."""
    before = contents()
    yield
    assert contents() == before


@pytest.fixture(scope="session")
def plain() -> Callable[[str], str]:
    """The output without what differs from run to run: ids, times, metrics, and the widths that they need."""
    stand_ins = (
        (rf"\b{re.escape(package.__version__)}\b", "VERSION"),
        (r"\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b", "ID"),
        (r"sha256:[0-9a-f]{64}", "sha256:DIGEST"),
        (r"\bcode=(\w+):[0-9a-f]{16}\b", r"code=\1:DIGEST"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
        (r"\b\d+\.\d{4}\b", "#.####"),
        (r"(#\.#### +)\d+\.\d( s)?$", r"\1#.#\2"),
        (r"(python|tensorflow|keras)=\S+", r"\1=VERSION"),
        (re.escape(str(PLUGIN_FILES)), "PLUGINS"),
        (r"[▁▂▃▄▅▆▇█]+", "▁█"),
        (r" {2,}", "  "),
    )

    def normalised(text: str) -> str:
        for pattern, stand_in in stand_ins:
            text = re.sub(pattern, stand_in, text, flags=re.MULTILINE)
        return text

    return normalised


def setting(values: list[str]) -> list[str]:
    """The options that fix these hyperparameters."""
    return [part for value in values for part in ("--set", value)]


def _draw_photos(root: Path) -> None:
    for number, (name, brightness) in enumerate((("cat", 0), ("dog", 190))):
        (root / name).mkdir(parents=True)
        noise = np.random.default_rng(number).integers(0, 60, (30, 12, 12, 3)) + brightness
        for index, pixels in enumerate(noise.astype(np.uint8)):
            Image.fromarray(pixels).save(root / name / f"{index:02}.png")
