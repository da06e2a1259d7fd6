"""Runs the checks of a plugin in a child process, and stops it where it hangs or eats memory."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

import psutil

from zoo.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OK, FAILED, STOPPED, NOT_RUN = "ok", "failed", "stopped", "not run"
GLANCE = 0.1  # seconds between two looks at the memory
GIGABYTE = 10**9


@dataclass(frozen=True)
class CheckResult:
    """How one check of one architecture or dataset went.

    Args:
        subject: the architecture or dataset; for the first check the plugin.
        outcome: ok, failed, stopped or not run.
        message: what was wrong and what to do; None when all is well.
    """

    subject: str
    check: str
    outcome: str
    seconds: float = 0.0
    message: str | None = None


@dataclass(frozen=True)
class Limits:
    """What a check may take.

    Args:
        seconds: the most that one check may last.
        gigabytes: of memory, the most that the process and its children may hold at any time.
    """

    seconds: float = 120.0
    gigabytes: float = 8.0


def run_checks_apart(
    target: str,
    *,
    plugins_dir: str | None = None,
    hyperparameters: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    began: Callable[[CheckResult], None] = lambda _: None,
    ended: Callable[[CheckResult], None] = lambda _: None,
) -> list[CheckResult]:
    """Run every check of the target in a child process.

    Args:
        target: the path of a plugin file or of a package's folder, or the name of a plugin, a distribution, an
            architecture or a dataset.
        hyperparameters: values, or their text, that every network is built with.
        began, ended: called as each check begins and ends.

    Returns:
        A result for each check, in order; after one that was stopped the rest was not run.

    Raises:
        PluginError: there is no such target.
    """
    job = {"target": target, "plugins_dir": plugins_dir, "hyperparameters": dict(hyperparameters or {})}
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(  # noqa: S603  our own interpreter
            [sys.executable, "-m", "zoo.testing", json.dumps(job), str(writer)],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            pass_fds=[writer],
            start_new_session=True,  # so that what it starts can be ended with it
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        os.close(writer)
        try:
            record = _Record(began, ended)
            stopped = _watch(child, reader, limits or Limits(), record)
            if stopped is None and not record.is_complete:
                stopped = _last_words(child, errors)
            return record.close(stopped or "")
        finally:
            _kill(child)
            os.close(reader)


@dataclass
class _Record:
    """What the child has told so far."""

    began: Callable[[CheckResult], None]
    ended: Callable[[CheckResult], None]
    results: list[CheckResult] = field(default_factory=list)
    planned: list[tuple[str, str]] = field(default_factory=list)
    current: CheckResult | None = None
    since: float = field(default_factory=time.monotonic)
    is_complete: bool = False

    def take(self, event: Mapping[str, Any]) -> None:
        """Note one event of the child.

        Raises:
            PluginError: the child found no plugin.
        """
        if "error" in event:
            raise PluginError(event["error"])
        if "plan" in event:
            self.planned = [(subject, check) for subject, checks in event["plan"] for check in checks]
            self.is_complete = not self.planned
            return
        result = CheckResult(event["subject"], event["check"], OK, event.get("seconds", 0.0))
        if event.get("began"):
            self.current, self.since = result, time.monotonic()
            self.began(result)
            return
        self.current = None
        self._end(result, event["problem"])
        self.is_complete = bool(self.planned) and self.planned[-1] == (result.subject, result.check)

    def close(self, reason: str) -> list[CheckResult]:
        """All results; where the child has not come to the end, for this reason."""
        if not self.is_complete:
            if self.current is not None:
                spent = time.monotonic() - self.since
                self._end(replace(self.current, outcome=STOPPED, seconds=spent), reason)
            done = {(result.subject, result.check) for result in self.results}
            for subject, check in self.planned:
                if (subject, check) not in done:
                    self._end(CheckResult(subject, check, NOT_RUN), None)
        return self.results

    def _end(self, result: CheckResult, problem: str | None) -> None:
        outcome = FAILED if problem and result.outcome == OK else result.outcome
        self.results.append(replace(result, outcome=outcome, message=problem))
        self.ended(self.results[-1])


def _watch(child: subprocess.Popen[bytes], reader: int, limits: Limits, record: _Record) -> str | None:
    """Read what the child tells until it ends; the reason if it had to be stopped."""
    unread = b""
    while True:
        if select.select([reader], [], [], GLANCE)[0]:
            chunk = os.read(reader, 65536)
            if not chunk:
                return None  # it has ended
            *lines, unread = (unread + chunk).split(b"\n")
            for line in lines:
                record.take(json.loads(line))
        if record.is_complete:
            return None
        if time.monotonic() - record.since > limits.seconds:
            return (
                f"it took more than {limits.seconds:g} seconds: look for an endless loop, or give --timeout"
            )
        if _memory_of(child.pid) > limits.gigabytes * GIGABYTE:
            return f"it took more than {limits.gigabytes:g} GB of memory: make less of it at once, or give --memory"


def _last_words(child: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    """Why a child may have ended before its work did."""
    child.wait()
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    said = f", its last line: {lines[-1]}" if lines else ""
    return f"the process ended with exit code {child.returncode}{said}: a plugin must not end it"


def _memory_of(pid: int) -> int:
    """Bytes in memory of the process and all its descendants."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child, and what it has started; it leads a process group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
