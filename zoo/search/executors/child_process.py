"""Trains a search's trials in a process beside this one, which makes room for a new one from time to time.

TensorFlow keeps some megabytes of every network that it trained until its process ends, so a long search would grow.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from contextlib import contextmanager
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import TYPE_CHECKING, Any

from zoo.search.decisions import CONTINUE, Decision
from zoo.search.executors.executor import Executor
from zoo.search.executors.reporter import UNANSWERED, Died, Message, attempt
from zoo.tensorflow_startup import quiet_start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from zoo.interfaces import Trial
    from zoo.search.executors.executor import Assign, Receive
    from zoo.search.executors.reporter import Result, Train

TRIALS_OF_A_PROCESS = 10
END_SECONDS = 5


class ChildProcessExecutor(Executor):
    """A process beside this one. What is assigned is pickled, and the child imports `train` by its name."""

    retries = 1

    def __init__(self, assign: Assign, train: Train) -> None:
        super().__init__(assign, train)
        self._process: Any = None  # a multiprocessing.Process of the spawn context
        self._line: Connection | None = None
        self._trained = 0
        self._submitted: list[tuple[Trial, memoryview]] = []  # one at most

    def submit(self, trial: Trial) -> None:
        """See `Executor`."""
        self._submitted.append((trial, ForkingPickler.dumps((self._train, self._assign(trial)))))

    def wait(self, receive: Receive) -> tuple[Trial, Result]:
        """See `Executor`."""
        trial, pickled = self._submitted.pop()
        if self._trained == TRIALS_OF_A_PROCESS:
            self.close()
        line = self._line or self._start()
        self._trained += 1
        try:
            line.send_bytes(pickled)
            while isinstance(message := line.recv(), Message):
                decision = receive(trial, message)
                if not isinstance(message, UNANSWERED):
                    line.send(decision)
        except (EOFError, ConnectionError):
            return trial, self._death()
        result: Result = message
        return trial, result

    def close(self) -> None:
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
        with _without_main():
            self._process.start()
        theirs.close()
        return self._line

    def _death(self) -> Died:
        self._process.join(END_SECONDS)
        code = self._process.exitcode
        self.close()
        how = (
            f"of {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
        )
        return Died(
            f"its process died {how}, {self.retries + 1} times: it crashed, or was killed, perhaps for memory"
        )


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module from multiprocessing, which would run it again in the child.

    The child needs nothing of it, and a script that calls `zoo.search` without `if __name__ == "__main__":` would begin
    another search there.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(line: Connection) -> None:
    """The child: train what comes, until the line is cut. The search's process is who sees to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def send(message: Message) -> Decision:
        line.send(message)
        if isinstance(message, UNANSWERED):
            return CONTINUE
        decision: Decision = line.recv()
        return decision

    while True:
        try:
            with quiet_start():  # what is assigned brings TensorFlow with it
                train, assigned = line.recv()
            line.send(attempt(train, assigned, send))
        except (EOFError, ConnectionError):
            return
