"""Trains a search's trials in a process beside this one, which makes room for a new one from time to time.

TensorFlow keeps some megabytes of every network that it trained until its process ends, so a long search would grow.
"""

from __future__ import annotations

import multiprocessing
import signal
from typing import TYPE_CHECKING, Any

from zoo.errors import RegistryError
from zoo.search.executors.retries import Hearing, attempt
from zoo.tensorflow_startup import quiet_start

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from zoo.interfaces import Epoch, Trial, TrialOutcome
    from zoo.search.executors.local import Report
    from zoo.search.executors.retries import Verdict
    from zoo.search.loop import TrialLoop

    Train = Callable[[Any, Report], TrialOutcome]

TRIALS_OF_A_PROCESS = 10
ATTEMPTS = 2  # of a trial whose process dies
END_SECONDS = 5


def run_in_child_process(loop: TrialLoop, assign: Callable[[Trial], object], train: Train) -> None:
    """Train trials until there are no more. One whose process died is assigned and trained once more.

    Args:
        assign: gives, in this process, all that is needed for the trial, from its newest checkpoint on; to be pickled.
        train: trains what was assigned; see `zoo.search.executors.local.run_locally`. The child imports it by its name.

    Raises:
        SearchError: three trials in a row failed; the message holds the last one's error.
        RegistryError: a trial could not be recorded.
    """
    child = _Child(train)
    try:
        while (trial := loop.next_trial()) is not None:
            _run(loop, trial, assign, child)
    finally:
        child.end()


def _run(loop: TrialLoop, trial: Trial, assign: Callable[[Trial], object], child: _Child) -> None:
    hearing = Hearing(loop, trial)
    try:
        result = child.train(assign(trial), hearing.report)
        for _ in range(1, ATTEMPTS):
            if isinstance(result, _Died):
                result = child.train(assign(trial), hearing.report)
    except RegistryError:
        raise  # not the trial's fault: ends the search
    except Exception as error:
        loop.failed(trial, error)
        return
    hearing.ended(result)


class _Died(str):
    """How a process ended while it trained."""


class _Child:
    """The process, and the line to it. It starts when there is something to train."""

    def __init__(self, train: Train) -> None:
        self._train = train
        self._process: Any = None  # a multiprocessing.Process of the spawn context
        self._line: Connection | None = None
        self._trained = 0

    def train(self, assigned: object, answer: Callable[[Epoch, bytes], Verdict]) -> TrialOutcome | str | None:
        """What `attempt` gives in the child, or how the child died."""
        if self._trained == TRIALS_OF_A_PROCESS:
            self.end()
        line = self._line or self._start()
        self._trained += 1
        try:
            line.send((self._train, assigned))
            while isinstance(said := line.recv(), tuple):
                line.send(answer(*said))
        except (EOFError, ConnectionError):
            return self._death()
        result: TrialOutcome | str | None = said
        return result

    def end(self) -> None:
        """Let the process end; it does when the line is cut, or else it is made to."""
        if self._line is None:
            return
        self._line.close()
        self._process.join(0.1)
        for stop in (self._process.terminate, self._process.kill):
            if self._process.is_alive():
                stop()
                self._process.join(END_SECONDS)
        self._line, self._trained = None, 0

    def _start(self) -> Connection:
        context = multiprocessing.get_context(
            "spawn"
        )  # a fork of a process with TensorFlow's threads would hang
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self._line

    def _death(self) -> _Died:
        self._process.join(END_SECONDS)
        code = self._process.exitcode
        self.end()
        how = (
            f"of {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
        )
        return _Died(
            f"its process died {how}, {ATTEMPTS} times: it crashed, or was killed, perhaps for memory"
        )


def _serve(line: Connection) -> None:
    """The child: train what comes, until the line is cut. The search's process is who sees to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def ask(epoch: Epoch, checkpoint: bytes) -> Verdict:
        line.send((epoch, checkpoint))
        verdict: Verdict = line.recv()
        return verdict

    while True:
        try:
            with quiet_start():  # what is assigned brings TensorFlow with it
                train, assigned = line.recv()
            line.send(attempt(train, assigned, ask))
        except (EOFError, ConnectionError):
            return
