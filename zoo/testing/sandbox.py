"""Runs the checks of a plugin in a child process, with limits of time and memory."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psutil

from zoo.plugin_code.places import innermost
from zoo.testing.contract import CHECKS_OF, IMPORTS, WHERE, CheckResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

    from zoo.interfaces import Hyperparameters
    from zoo.testing.targets import Target

POLL_SECONDS = 0.1  # between two looks at the child
GIGABYTE = 1e9
FRAME = re.compile(
    r'^  File "(.+)", line (\d+) in ', re.MULTILINE
)  # as faulthandler writes it, the innermost first

Planned = tuple[str, str]
"""Subject and check."""


@dataclass(frozen=True)
class Limits:
    """Limits of a plugin: seconds for each check, and gigabytes of memory for all its processes."""

    seconds: float = 120
    gigabytes: float = 8


class Watcher(Protocol):
    """Receives events about the checks as they run."""

    def planned(self, checks: Sequence[Planned]) -> None:
        """These checks will run, in this order; called again when the contents of a path are known."""

    def started(self, subject: str, check: str) -> None:
        """This check has started."""

    def ended(self, result: CheckResult) -> None:
        """A check has ended."""


def check_in_child(
    target: Target,
    hyperparameters: Hyperparameters,
    limits: Limits,
    watcher: Watcher,
    weights: str | None = None,
) -> list[CheckResult]:
    """Run all checks of the target in a child process; return their results in order.

    Args:
        weights: pre-trained weights to try with each architecture: a name, a path or a URL.

    The child and its own children end with this call at the latest, or with this process.
    """
    record = _Record(target, watcher)
    with _child(target, hyperparameters, weights) as (process, reports, output):
        while not record.done:
            ready, _, _ = select.select([reports], [], [], POLL_SECONDS)
            chunk = os.read(reports, 65536) if ready else b""
            record.read(chunk)
            # One of its own children may keep the pipe open, so the end of the pipe is not enough.
            if not chunk and (ready or process.poll() is not None):
                record.stop(Outcome.FAILED, _how_it_ended(process, output))
            elif problem := _breach(record, process, limits, partial(_place, process, output, target)):
                record.stop(Outcome.STOPPED, problem)
    return record.results()


class _Record:
    """The planned checks, the one that runs with its start, and the results of those that have ended."""

    def __init__(self, target: Target, watcher: Watcher) -> None:
        self.watcher, self.done = watcher, False
        self.plan: list[Planned] = [(target.name, IMPORTS)]
        for kind, checks in CHECKS_OF.items():
            self.plan += [(name, check) for name in getattr(target, kind) for check in checks]
        self.ended: list[CheckResult] = []
        # None between two checks, when no code of the plugin runs but for example TensorFlow's import.
        self.started: float | None = None
        self._rest = b""
        watcher.planned(self.plan)

    @property
    def running(self) -> Planned:
        """The check that runs, or the next one."""
        return self.plan[len(self.ended)]

    @property
    def seconds(self) -> float:
        """The time for which the check has been running."""
        return 0.0 if self.started is None else time.monotonic() - self.started

    def read(self, chunk: bytes) -> None:
        """Process a chunk from the pipe, which may end in the middle of a line."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._process(json.loads(line))

    def _process(self, event: dict[str, Any]) -> None:  # JSON
        if "start" in event:
            self.started = time.monotonic()
            self.watcher.started(*event["start"])
        elif "end" in event:
            outcome, message, details = event["end"]
            self._end(Outcome(outcome), message, details)
        elif "plan" in event:
            self.plan = [self.plan[0], *((subject, check) for subject, check in event["plan"])]
            self.watcher.planned(self.plan)
        else:
            self.done = True

    def stop(self, outcome: Outcome, reason: str) -> None:
        """End with the check that runs."""
        subject, check = self.running
        self._end(outcome, f"{subject} fails '{check}': {reason}")
        self.done = True

    def _end(self, outcome: Outcome, message: str, details: str = "") -> None:
        seconds = None if outcome is Outcome.NOT_RUN else self.seconds
        self.ended.append(CheckResult(*self.running, outcome, seconds, message, details))
        self.started = None
        self.watcher.ended(self.ended[-1])

    def results(self) -> list[CheckResult]:
        """Return the results of all planned checks."""
        rest = self.plan[len(self.ended) :]
        return [*self.ended, *(CheckResult(*planned, Outcome.NOT_RUN) for planned in rest)]


@contextmanager
def _child(
    target: Target, hyperparameters: Hyperparameters, weights: str | None
) -> Iterator[tuple[subprocess.Popen[bytes], int, IO[bytes]]]:
    """Start the child; yield it, the pipe of its reports and the file of its output; kill it in the end."""
    reports, report = os.pipe()
    # It is closed when this process ends, even if killed, which ends the child.
    lifeline, own_end = os.pipe()
    job = {
        "report": report,
        "lifeline": lifeline,
        "target": asdict(target),
        "hyperparameters": dict(hyperparameters),
        "weights": weights,
    }
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603  our own interpreter
            # -P: plugins never come from the working directory.
            [sys.executable, "-P", "-m", "zoo.testing", json.dumps(job)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(report, lifeline),
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        os.close(report)
        os.close(lifeline)
        try:
            yield process, reports, output
        finally:
            _kill(process)
            os.close(reports)
            os.close(own_end)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and all processes that it started, in its process group or not."""
    family = _family(process)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        child = psutil.Process(process.pid)
        return [child, *child.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _breach(
    record: _Record, process: subprocess.Popen[bytes], limits: Limits, place: Callable[[], str]
) -> str:
    """Return which limit is exceeded, with advice; an empty string if none is."""
    if record.done:
        return ""
    if record.seconds > limits.seconds:
        return (
            f"stopped after {limits.seconds:g} s{place()}: check for an endless loop, "
            "or allow more with --timeout SECONDS"
        )
    used = 0
    for member in _family(process):
        with suppress(psutil.NoSuchProcess):
            used += member.memory_info().rss
    if used > limits.gigabytes * GIGABYTE:
        return (
            f"stopped, since it takes more than {limits.gigabytes:g} GB of memory: make its networks or images "
            "smaller, or allow more with --memory GB"
        )
    return ""


def _place(process: subprocess.Popen[bytes], output: IO[bytes], target: Target) -> str:
    """Return the line of the plugin that the child is at, which it writes to its output when it gets the signal."""
    before = output.seek(0, os.SEEK_END)
    process.send_signal(WHERE)
    time.sleep(POLL_SECONDS)
    output.seek(before)
    lines = FRAME.findall(output.read().decode(errors="replace"))
    frames = [traceback.FrameSummary(file, int(number), "") for file, number in reversed(lines)]
    path = Path(target.path or "")
    return innermost(frames, str(path / "pyproject.toml" if path.is_dir() else path) if target.path else "")


def _how_it_ended(process: subprocess.Popen[bytes], output: IO[bytes]) -> str:
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    code = process.poll()
    if code is None:
        return "the process closed its pipes: do not close files that you did not open"
    if code < 0:
        return f"the process was ended by {signal.Signals(-code).name}: check for a crash in compiled code"
    output.seek(0)
    lines = output.read().decode(errors="replace").strip().splitlines()
    last = f" ({lines[-1]})" if code == 1 and lines else ""
    return f"the process ended itself with exit code {code}{last}: check for calls of os._exit"
