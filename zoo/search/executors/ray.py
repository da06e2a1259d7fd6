"""Trains a search's trials on Ray, many at once; the search itself stays in this process."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zoo.errors import SearchError
from zoo.search.decisions import CONTINUE, STOP
from zoo.search.executors.executor import Executor
from zoo.search.executors.ray_cluster import slots
from zoo.search.executors.reporter import UNANSWERED, Died, EpochAdvanced, Failed

if TYPE_CHECKING:
    from zoo.interfaces import Trial
    from zoo.search.decisions import Decision
    from zoo.search.executors.executor import Assign, Receive
    from zoo.search.executors.ray_cluster import Cluster
    from zoo.search.executors.reporter import Message, Result, Train

    Letter = tuple[str, int, Message]

ADVANCES_EVERY = 1.0  # seconds between two reports of a trial within an epoch
TRIALS_OF_A_PROCESS = 8  # after so many a worker's process is replaced, since TensorFlow's memory grows


class RayExecutor(Executor):
    """The workers of a `connected` Ray cluster; they import `train` by its name."""

    retries = 3

    def __init__(self, assign: Assign, train: Train, cluster: Cluster) -> None:
        super().__init__(assign, train)
        self._cluster = cluster
        self._running: dict[str, _Task] = {}
        self._submissions: dict[str, int] = {}  # of each trial
        self._shared = _Shared(cluster)

    def slots(self) -> int:
        """See `Executor`."""
        return slots(self._cluster)

    def submit(self, trial: Trial) -> None:
        """See `Executor`."""
        assignment, shared = self._assign(trial), self._shared
        number = self._submissions[trial.trial_id] = self._submissions.get(trial.trial_id, 0) + 1
        task = shared.run.remote(self._train, assignment, shared.mailbox, trial.trial_id, number)
        self._running[trial.trial_id] = _Task(trial, number, task)

    def wait(self, receive: Receive) -> tuple[Trial, Result] | None:
        """See `Executor`. A worker's reports are handled before its result."""
        import ray

        tasks = {running.task: running for running in self._running.values()}
        (ready,), _ = ray.wait([self._shared.letter, *tasks])
        if ready == self._shared.letter:
            self._read(receive)
            return None
        ended = self._running.pop(tasks[ready].trial.trial_id)
        return ended.trial, _result(ended.task)

    def close(self) -> None:
        """See `Executor`."""
        import ray

        for running in self._running.values():
            ray.cancel(running.task, force=True)
        self._running.clear()
        ray.kill(self._shared.mailbox)

    def _read(self, receive: Receive) -> None:
        trial_id, number, message = self._shared.take()
        running = self._running.get(trial_id)
        decision = STOP  # for a worker whose trial has been submitted again, or has ended
        if running is not None and running.number == number:
            decision = receive(running.trial, message)
        if not isinstance(message, UNANSWERED):
            self._shared.mailbox.answer.remote(trial_id, number, decision)


class Mailbox:
    """An actor on the search's node: workers leave messages and wait for decisions; the search waits for messages."""

    def __init__(self) -> None:
        self._letters: asyncio.Queue[Letter] = asyncio.Queue()
        self._answers: dict[tuple[str, int], asyncio.Future[Decision]] = {}

    async def ask(self, trial_id: str, number: int, message: Message) -> Decision:
        """Called by a worker that waits for the decision."""
        answer = self._answers[trial_id, number] = asyncio.get_running_loop().create_future()
        await self._letters.put((trial_id, number, message))
        decision: Decision = await answer
        return decision

    async def leave(self, trial_id: str, number: int, message: Message) -> None:
        """Called by a worker that continues without waiting."""
        await self._letters.put((trial_id, number, message))

    async def take(self) -> Letter:
        """Called by the search; returns the next letter as soon as it arrives."""
        return await self._letters.get()

    async def answer(self, trial_id: str, number: int, decision: Decision) -> None:
        """Called by the search, once for each letter that came through `ask`."""
        self._answers.pop((trial_id, number)).set_result(decision)


@dataclass(frozen=True, eq=False)
class _Task:
    """A running trial.

    Args:
        number: of the submission: 1, then 2 for the first retry, …
        task: a ray.ObjectRef.
    """

    trial: Trial
    number: int
    task: Any = field(repr=False)


class _Shared:
    """The Ray objects that all trials share, and the pending call for the next letter."""

    def __init__(self, cluster: Cluster) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self.mailbox = ray.remote(Mailbox).options(num_cpus=0, scheduling_strategy=here).remote()
        self.letter = self.mailbox.take.remote()
        resources = ray.remote(
            num_cpus=cluster.cpus_per_trial,
            num_gpus=cluster.gpus_per_trial,
            max_retries=0,
            # TensorFlow stays on the GPU on which its process started, and does not release its memory.
            max_calls=1 if cluster.gpus_per_trial else TRIALS_OF_A_PROCESS,
        )
        self.run = resources(_run)

    def take(self) -> Letter:
        """Return the letter, which has arrived, and call for the next one."""
        import ray
        from ray.exceptions import RayError

        try:
            letter: Letter = ray.get(self.letter)
        except RayError as error:
            raise SearchError(
                f"Ray stopped on this machine, and the search with it: {_one_line(error)}"
            ) from None
        self.letter = self.mailbox.take.remote()
        return letter


def _result(task: Any) -> Result:  # a ray.ObjectRef
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        result: Result = ray.get(task)
    except RayTaskError as error:  # it never called `train`
        return Failed(f"its worker could not start: {_one_line(error.cause)}")
    except RayError as error:
        return Died(f"its worker died {RayExecutor.retries + 1} times, last {_death(error)}")
    return result


def _run(train: Train, assignment: object, mailbox: Any, trial_id: str, number: int) -> Result:
    """Train an assignment in a worker; see `zoo.search.executors.reporter.run_training`."""
    import ray

    from zoo.search.executors.reporter import run_training

    last_left = 0.0

    def send(message: Message) -> Decision:
        nonlocal last_left
        if isinstance(message, UNANSWERED):
            # Many workers would flood the search, which shows the preparation of all trials in a single line.
            if isinstance(message, EpochAdvanced) and time.monotonic() - last_left >= ADVANCES_EVERY:
                last_left = time.monotonic()
                mailbox.leave.remote(trial_id, number, message)
            return CONTINUE
        answer = mailbox.ask.remote(trial_id, number, message)
        decision: Decision = waiting.submit(ray.get, answer).result()
        return decision

    # If the main thread waited, Ray would lend its CPU to another task.
    with ThreadPoolExecutor(1) as waiting:
        return run_training(train, assignment, send)


def _death(error: Exception) -> str:
    """The cause of a worker's death, as the end of a sentence."""
    from ray.exceptions import NodeDiedError, OutOfMemoryError

    if isinstance(error, OutOfMemoryError):
        return "killed by Ray, since its node was short of memory: run fewer trials at once (--workers)"
    if isinstance(error, NodeDiedError):
        return "with its node"
    return (
        f"of {type(error).__name__}: it crashed or was killed, perhaps for lack of memory "
        "(then run fewer trials at once: --workers)"
    )


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
