"""Times `zoo plugins check` of the plugin that `zoo plugins new` writes, against the import of TensorFlow.

It runs on Linux, where a process can adopt those that its children leave behind, such as the one that loads stored
models, and so count their time.
"""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

RUNS = 3
PR_SET_CHILD_SUBREAPER = 36  # of prctl(2)


class Seconds(NamedTuple):
    """The time of a command: that of the processors, of all its processes, and that on the clock."""

    processor: float
    clock: float


def main() -> None:
    """Print the medians of the seconds of both, and the ratio of their processor time."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        zoo = [sys.executable, "-m", "zoo", "plugins"]
        subprocess.run([*zoo, "new", "my-net"], cwd=folder, check=True, capture_output=True)
        checks, imports = [], []
        for _ in range(RUNS):  # in turn, so that a slow moment of the machine hits both
            checks.append(seconds_of([*zoo, "check", "my-net"], folder))
            imports.append(seconds_of([sys.executable, "-c", "import tensorflow"], folder))
    check, tensorflow = (
        Seconds(*(statistics.median(column) for column in zip(*runs, strict=True)))
        for runs in (checks, imports)
    )
    print(
        f"zoo plugins check: {check.processor:.1f} s of processor time, "
        f"{check.processor / tensorflow.processor:.1f} times `import tensorflow`; {check.clock:.1f} s on the clock"
    )


def seconds_of(command: list[str], folder: str) -> Seconds:
    """Run the command and wait for it and all processes that it has started."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    clock = time.perf_counter() - start
    try:
        while True:
            os.wait()
    except ChildProcessError:  # none is left
        after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Seconds(processor, clock)


if __name__ == "__main__":
    main()
