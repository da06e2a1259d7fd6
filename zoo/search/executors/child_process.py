"""Trains a search's trials in a child process, which is replaced from time to time.

TensorFlow keeps some megabytes of every network that it trained until its process ends, so the memory of a long search
would grow.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from contextlib import contextmanager, redirect_stdout
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import TYPE_CHECKING, Any

from zoo.search.decisions import CONTINUE, Decision
from zoo.search.executors.executor import Executor
from zoo.search.executors.reporter import UNANSWERED, Died, Message, run_training
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
    """A child process. Assignments are pickled, and the child imports `train` by its name."""

    retries = 1

    def __init__(self, assign: Assign, train: Train) -> None:
        super().__init__(assign, train)
        self._process: Any = None  # a multiprocessing.Process of the spawn context
        self._connection: Connection | None = None
        self._trained = 0
        self._submitted: list[tuple[Trial, memoryview]] = []  # at most one

    def submit(self, trial: Trial) -> None:
        """See `Executor`."""
        self._submitted.append((trial, ForkingPickler.dumps((self._train, self._assign(trial)))))

    def wait(self, receive: Receive) -> tuple[Trial, Result]:
        """See `Executor`."""
        trial, pickled = self._submitted.pop()
        if self._trained == TRIALS_OF_A_PROCESS:
            self.close()
        connection = self._connection or self._start()
        self._trained += 1
        try:
            connection.send_bytes(pickled)
            while isinstance(message := connection.recv(), Message):
                decision = receive(trial, message)
                if not isinstance(message, UNANSWERED):
                    connection.send(decision)
        except (EOFError, ConnectionError):
            return trial, self._death()
        result: Result = message
        return trial, result

    def close(self) -> None:
        """End the process: close its connection, and terminate it if it does not exit."""
        if self._connection is None:
            return
        self._connection.close()
        self._process.join(0.1)
        for stop in (self._process.terminate, self._process.kill):
            if self._process.is_alive():
                stop()
                self._process.join(END_SECONDS)
        self._connection, self._trained = None, 0

    def _start(self) -> Connection:
        # A fork of a process with TensorFlow's threads would hang.
        context = multiprocessing.get_context("spawn")
        connection, of_child = context.Pipe()
        process = context.Process(target=_serve, args=(of_child,), daemon=True)
        with _without_main():
            process.start()
        of_child.close()
        self._connection, self._process = connection, process  # not before there is something to close
        return connection

    def _death(self) -> Died:
        self._process.join(END_SECONDS)
        code = self._process.exitcode
        self.close()
        cause = (
            f"of {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
        )
        return Died(
            f"its process died {cause}, {self.retries + 1} times: it crashed, or was killed, perhaps for lack of memory"
        )


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module from multiprocessing, which would run it again in the child.

    The child does not need it, and a script that calls `zoo.search` without `if __name__ == "__main__":` would start
    another search there.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(connection: Connection) -> None:
    """Train assignments in the child until the connection closes. The search's process handles Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def send(message: Message) -> Decision:
        connection.send(message)
        if isinstance(message, UNANSWERED):
            return CONTINUE
        decision: Decision = connection.recv()
        return decision

    # What a plugin prints must not get into the output of the search's command.
    with redirect_stdout(sys.stderr):
        while True:
            try:
                with quiet_start():  # unpickling an assignment imports TensorFlow
                    train, assignment = connection.recv()
                connection.send(run_training(train, assignment, send))
            except (EOFError, ConnectionError):
                return
