"""Trains a search's trials on Ray, many at once; the search itself stays in this process."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoo.errors import RegistryError, SearchError
from zoo.search.executors.ray_cluster import slots
from zoo.search.executors.retries import Hearing

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Epoch, Trial, TrialOutcome
    from zoo.search.executors.local import Report
    from zoo.search.executors.ray_cluster import Cluster
    from zoo.search.executors.retries import Verdict
    from zoo.search.loop import TrialLoop

    Letter = tuple[str, int, Epoch, bytes]

RETRIES = 3
TRIALS_OF_A_PROCESS = 8  # after so many a worker's process makes room for a new one, since TensorFlow's grow


def run_on_ray(
    loop: TrialLoop,
    assign: Callable[[Trial], object],
    train: Callable[[Any, Report], TrialOutcome],
    cluster: Cluster,
) -> None:
    """Train trials until there are no more; Ray is `connected`.

    A trial whose worker died is assigned and trained again, up to 3 times; the loop learns nothing of that. An epoch
    that is reported a second time is not told to the loop again.

    Args:
        assign: gives, in this process, all that a worker needs for the trial, from its newest checkpoint on.
        train: trains what was assigned, in a worker; see `zoo.search.executors.local.run_locally`. Workers
            import it by its name.

    Raises:
        SearchError: three trials in a row failed, or a trial fits no node any more.
        RegistryError: a trial could not be recorded.
    """
    trials = _Trials(loop, assign, train, cluster)
    try:
        while trials.start():
            trials.wait()
    finally:
        trials.cancel()


class Mailbox:
    """An actor beside the search: workers leave what an epoch gave and wait for the answer; the search waits for them.

    An answer is as `Report` gives it, or the reason to prune the trial.
    """

    def __init__(self) -> None:
        self._letters: asyncio.Queue[Letter] = asyncio.Queue()
        self._answers: dict[tuple[str, int], asyncio.Future[Verdict]] = {}

    async def report(self, trial_id: str, attempt: int, epoch: Epoch, checkpoint: bytes) -> Verdict:
        """Called by a worker."""
        answer = self._answers[trial_id, attempt] = asyncio.get_running_loop().create_future()
        await self._letters.put((trial_id, attempt, epoch, checkpoint))
        verdict: Verdict = await answer
        return verdict

    async def take(self) -> Letter:
        """Called by the search: the next letter, as soon as there is one."""
        return await self._letters.get()

    async def answer(self, trial_id: str, attempt: int, verdict: Verdict) -> None:
        """Called by the search, once for each letter."""
        self._answers.pop((trial_id, attempt)).set_result(verdict)


@dataclass
class _Running:
    """A trial at work.

    Args:
        attempt: from 1.
        task: the attempt under way.
    """

    trial: Trial
    hearing: Hearing
    attempt: int = 1
    task: Any = None  # a ray.ObjectRef


class _Trials:
    """The trials at work, and the one letter that is waited for."""

    def __init__(
        self,
        loop: TrialLoop,
        assign: Callable[[Trial], object],
        train: Callable[[Any, Report], TrialOutcome],
        cluster: Cluster,
    ) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self._ray, self._loop, self._assign, self._train, self._cluster = ray, loop, assign, train, cluster
        self._running: dict[str, _Running] = {}
        self._may_ask = True
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._mailbox = ray.remote(Mailbox).options(num_cpus=0, scheduling_strategy=here).remote()
        self._letter = self._mailbox.take.remote()
        resources = ray.remote(
            num_cpus=cluster.cpus_per_trial,
            num_gpus=cluster.gpus_per_trial,
            max_retries=0,
            # TensorFlow keeps to the GPU that its process began with, and keeps its memory.
            max_calls=1 if cluster.gpus_per_trial else TRIALS_OF_A_PROCESS,
        )
        self._attempt = resources(_attempt)

    def start(self) -> bool:
        """Start trials in the free slots; gives whether any is at work."""
        # The answer to "is there another trial" changes only when one ends.
        while self._may_ask and len(self._running) < slots(self._cluster):
            trial = self._loop.next_trial()
            if trial is None:
                self._may_ask = False
            else:
                self._submit(_Running(trial, Hearing(self._loop, trial)))
        return bool(self._running)

    def wait(self) -> None:
        """Wait for the next thing that a worker tells, and see to it; what was told comes before how a worker ended."""
        tasks = {running.task: running for running in self._running.values()}
        (ready,), _ = self._ray.wait([self._letter, *tasks])
        if ready == self._letter:
            self._read()
        else:
            self._end(tasks[ready])

    def cancel(self) -> None:
        """Leave nothing at work."""
        for running in self._running.values():
            self._ray.cancel(running.task, force=True)
        self._ray.kill(self._mailbox)

    def _submit(self, running: _Running) -> None:
        trial = running.trial
        try:
            assigned = self._assign(trial)
        except RegistryError:
            raise  # not the trial's fault: ends the search
        except Exception as error:
            self._forget(running)
            self._loop.failed(trial, error)
        else:
            key = (trial.trial_id, running.attempt)
            running.task = self._attempt.remote(self._train, assigned, self._mailbox, *key)
            self._running[trial.trial_id] = running

    def _read(self) -> None:
        trial_id, attempt, epoch, checkpoint = self._taken()
        self._letter = self._mailbox.take.remote()
        running = self._running.get(trial_id)
        if running is None or running.attempt != attempt:
            verdict: Verdict = True  # nobody waits for what this worker does
        else:
            verdict = running.hearing.report(epoch, checkpoint)
        self._mailbox.answer.remote(trial_id, attempt, verdict)

    def _taken(self) -> Letter:
        from ray.exceptions import RayError

        try:
            letter: Letter = self._ray.get(self._letter)
        except RayError as error:
            raise SearchError(
                f"Ray ended on this machine, and the search with it: {_one_line(error)}"
            ) from None
        return letter

    def _end(self, running: _Running) -> None:
        from ray.exceptions import RayError, RayTaskError

        try:
            result = self._ray.get(running.task)
        except RayTaskError as error:  # it never came to `train`
            result = f"its worker could not begin: {_one_line(error.cause)}"
        except RayError as error:
            if not running.hearing.over:
                self._try_again(running, error)
                return
            result = None
        self._forget(running)
        running.hearing.ended(result)

    def _try_again(self, running: _Running, error: Exception) -> None:
        if running.attempt <= RETRIES:
            running.attempt += 1
            slots(self._cluster)
            self._submit(running)
        else:
            self._forget(running)
            self._loop.failed(running.trial, f"its worker died {running.attempt} times, last {_death(error)}")

    def _forget(self, running: _Running) -> None:
        self._running.pop(running.trial.trial_id, None)
        self._may_ask = True


def _attempt(
    train: Callable[[Any, Report], TrialOutcome], assigned: object, mailbox: Any, trial_id: str, number: int
) -> TrialOutcome | str | None:
    """In a worker; see `zoo.search.executors.retries.attempt`."""
    import ray

    from zoo.search.executors.retries import attempt

    def ask(epoch: Epoch, checkpoint: bytes) -> Verdict:
        asked = mailbox.report.remote(trial_id, number, epoch, checkpoint)
        verdict: Verdict = waiting.submit(ray.get, asked).result()
        return verdict

    # While the main thread waited, Ray would lend its CPU to another task.
    with ThreadPoolExecutor(1) as waiting:
        return attempt(train, assigned, ask)


def _death(error: Exception) -> str:
    """How a worker died, as the end of a sentence."""
    from ray.exceptions import NodeDiedError, OutOfMemoryError

    if isinstance(error, OutOfMemoryError):
        return "killed by Ray, for its node was short of memory: run fewer trials at once (--workers)"
    if isinstance(error, NodeDiedError):
        return "with its node"
    return f"of {type(error).__name__}: it crashed or was killed, perhaps by the system for memory (--workers: fewer)"


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
