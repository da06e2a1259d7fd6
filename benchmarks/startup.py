"""Times commands that only read, and the import of TensorFlow that they avoid."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from zoo.plugins import load_plugins

COMMANDS = {
    "zoo --help": ["-m", "zoo", "--help"],
    "zoo architectures, 25 of them": ["-m", "zoo", "--plugins-dir", "well", "architectures"],
    "  with 3 broken plugins beside": ["-m", "zoo", "--plugins-dir", "broken", "architectures"],
    "zoo best digits": ["-m", "zoo", "best", "digits"],
    'python -c "import tensorflow"': ["-c", "import tensorflow"],
}
PEER = 'python -c "import tensorflow"'
ARCHITECTURES = 25
PLUGIN = """
from zoo import Architecture, hookimpl

def backbone(hp, inputs, *, weights=None):
    return inputs

@hookimpl
def zoo_architectures():
    return [Architecture(name="{name}", backbone=backbone, summary="one more", reference="none")]
"""
BROKEN = {
    "cannot_be_imported": "import a_library_that_is_not_there",
    "does_not_parse": "def zoo_architectures(:",
    "returns_the_wrong_type": PLUGIN.replace("return [", "return 'net' or ["),
}


def main() -> None:
    """Print the median seconds of each command, and TensorFlow's over it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        train_something(Path(folder))
        write_plugins(Path(folder))
        # In turn, so that a slow moment of the machine hits all of them.
        seconds = {name: [] for name in COMMANDS}
        for _ in range(runs):
            for name, arguments in COMMANDS.items():
                seconds[name].append(timed(arguments, Path(folder)))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(
            f"{name:32} {median:6.2f} s   {medians[PEER] / median:5.1f} times as fast as importing TensorFlow"
        )


def train_something(folder: Path) -> None:
    """Create a registry with a model for `zoo best digits`."""
    subprocess.run(
        [sys.executable, "-m", "zoo", "train", "convnet", "digits", "--epochs", "1"],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def write_plugins(folder: Path) -> None:
    """Write plugin files for 25 architectures in all into `well`, and the same and three broken ones into `broken`."""
    missing = ARCHITECTURES - len(load_plugins().architectures)
    files = {f"more_{number}": PLUGIN.format(name=f"more-{number}") for number in range(missing)}
    for name, plugins in (("well", files), ("broken", {**files, **BROKEN})):
        (folder / name).mkdir()
        for stem, text in plugins.items():
            (folder / name / f"{stem}.py").write_text(text, encoding="utf-8")


def timed(arguments: list[str], folder: Path) -> float:
    """Return the seconds of Python with these arguments, from start to exit."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
