"""Times `zoo plugins check` of the plugin that `zoo plugins new` writes, against the import of TensorFlow."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

RUNS = 3


def main() -> None:
    """Print the medians of the processor seconds of both, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        zoo = [sys.executable, "-m", "zoo", "plugins"]
        subprocess.run([*zoo, "new", "my-net"], cwd=folder, check=True, capture_output=True)
        checks, imports = [], []
        for _ in range(RUNS):  # in turn, so that a slow moment of the machine hits both
            checks.append(processor_seconds([*zoo, "check", "my-net"], folder))
            imports.append(processor_seconds([sys.executable, "-c", "import tensorflow"], folder))
    check, tensorflow = statistics.median(checks), statistics.median(imports)
    print(
        f"zoo plugins check: {check:.1f} s of processor time, {check / tensorflow:.1f} times `import tensorflow`"
    )


def processor_seconds(command: list[str], folder: str) -> float:
    """Return the user and system seconds of the command and the processes that it waits for."""
    before = os.times()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    main()
