"""Standard output of a command with `--json`, in a process of its own, when a plugin writes there."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import ZOO
from zoo.cli.standard_output import keep_for_results

if TYPE_CHECKING:
    from pathlib import Path

PRINTS = """
import os, sys
from zoo import Architecture, hookimpl

def write(place):
    os.write(1, f"native code {place}\\n".encode())
    print("the first stream", place, file=sys.__stdout__, flush=True)
    print("Python", place)

write("at import")

def backbone(hp, inputs, *, weights=None):
    from keras import layers
    write("in backbone")
    return layers.Conv2D(hp.Int("filters", 2, 3), 3)(inputs)

@hookimpl
def zoo_architectures():
    return [Architecture("prints", backbone, "it prints", "none", min_size=8)]
"""


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "prints.py").write_text(PRINTS)
    command = [*ZOO, "--plugins-dir", str(tmp_path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_what_a_plugin_writes_when_it_is_loaded_goes_to_standard_error(tmp_path: Path) -> None:
    done = run(tmp_path, "plugins", "--json")
    assert done.returncode == 0
    assert "prints" in [row["name"] for row in json.loads(done.stdout)]
    assert done.stderr == "native code at import\nthe first stream at import\nPython at import\n"


@pytest.mark.large
def test_what_a_backbone_writes_goes_to_standard_error(tmp_path: Path) -> None:
    done = run(tmp_path, "architectures", "prints", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["name"] == "prints"
    assert {"native code in backbone", "the first stream in backbone", "Python in backbone"} <= set(
        done.stderr.splitlines()
    )


def test_a_closed_standard_error_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "prints.py").write_text(PRINTS.replace('write("at import")', ""))
    command = f"{' '.join(ZOO)} --plugins-dir {tmp_path} plugins --json 2>&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)


def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*ZOO, "plugins", "--json"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_another_stream_stays(capsys: pytest.CaptureFixture[str]) -> None:
    keep_for_results()
    print("still here")
    assert capsys.readouterr().out == "still here\n"
