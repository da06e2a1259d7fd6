"""Measures the README's search on `digits`: its time and the accuracy of its best model, against one training."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEARCH = ["search", "convnet", "digits", "--trials", "6", "--epochs", "8", "--json"]
TRAIN = ["train", "convnet", "digits", "--epochs", "8", "--json"]


def main() -> None:
    """Print seconds and test accuracies for each seed, and the ratio of the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds, from 0 on")
    for seed in range(parser.parse_args().seeds):
        with tempfile.TemporaryDirectory() as folder:
            search_seconds, result = run([*SEARCH, "--seed", str(seed)], Path(folder))
            train_seconds, model = run([*TRAIN, "--seed", str(seed)], Path(folder))
        print(
            f"seed {seed}: search {search_seconds:5.1f} s, test accuracy {test_accuracy(result['model']):.4f}; "
            f"one training {train_seconds:5.1f} s, test accuracy {test_accuracy(model):.4f}; "
            f"{search_seconds / train_seconds:.1f} times as long for 6 trials"
        )


def run(arguments: list[str], folder: Path) -> tuple[float, dict[str, dict[str, object]]]:
    """Return the seconds of the command, including start-up, and its JSON."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "zoo", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return time.perf_counter() - began, json.loads(done.stdout)


def test_accuracy(model: dict[str, dict[str, object]]) -> float:
    """Return the accuracy of a model in the output of --json."""
    return float(str(model["metrics"]["test_accuracy"]))


if __name__ == "__main__":
    main()
