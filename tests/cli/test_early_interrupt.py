"""Ctrl-C before there is anything to resume: one quiet line, wherever in its start it meets `zoo`."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# Sends the process the signal when it is about to import the module.
START = """
import os, sys
number, module = int(sys.argv.pop(1)), sys.argv.pop(1)
sent = []
def hook(event, arguments):
    if event == "import" and arguments[0] == module and not sent:
        sent.append(True)
        os.kill(os.getpid(), number)
sys.addaudithook(hook)
from zoo.cli import main
main()
"""
TRAIN = ["train", "tiny", "blobs", "--epochs", "1"]


def started(number: signal.Signals, module: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START, str(int(number)), module, *TRAIN]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize(
    "module",
    [
        "zoo.cli.running",
        "click",
        "sqlalchemy",
        "numpy",
        "tensorflow",
        pytest.param("zoo.training.fit", marks=pytest.mark.large),
    ],
)
def test_an_interrupt_while_something_is_imported(module: str) -> None:
    done = started(signal.SIGINT, module)
    assert (done.returncode, done.stdout) == (130, "")
    assert [line for line in done.stderr.splitlines() if not line.startswith("· ")] in (
        ["interrupted"],
        ["", "interrupted"],  # click ends the line that a terminal shows ^C on
    )


@pytest.mark.parametrize("module", ["click", "tensorflow"])
def test_a_scheduler_that_ends_it_meanwhile(module: str) -> None:
    done = started(signal.SIGTERM, module)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (130, "", "interrupted")
    assert "Traceback" not in done.stderr


def test_an_interrupt_after_the_first_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "zoo", *TRAIN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "· reading blobs …\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err.splitlines()[-1]) == (130, "", "interrupted")
    assert "Traceback" not in err


def test_an_interrupt_that_is_ignored_stays_so() -> None:
    """In the background of a shell, SIGINT is not for it."""
    script = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{START}"
    command = [sys.executable, "-c", script, str(int(signal.SIGINT)), "click", "models", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
