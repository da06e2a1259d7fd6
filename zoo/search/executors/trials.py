"""Runs a search's trials on an executor, with the same rules wherever they train.

a trial ends with its scores      it has completed
… is pruned                       that is recorded immediately; the end of its training does not matter
… raises, or cannot be assigned   it has failed, and the search continues
its process dies                  it is assigned and trained again, until its executor's retries are used up
the registry fails                the search ends
a report cannot be handled        the search ends with that error
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.errors import RegistryError
from zoo.search.decisions import CONTINUE, STOP, Action
from zoo.search.executors.reporter import (
    Completed,
    Died,
    EpochAdvanced,
    EpochEnded,
    Failed,
    Notice,
    WorkAdvanced,
    failure,
)

if TYPE_CHECKING:
    from zoo.interfaces import Trial
    from zoo.search.decisions import Decision
    from zoo.search.executors.executor import Executor
    from zoo.search.executors.reporter import Message, Result
    from zoo.search.loop import TrialLoop


def run_trials(loop: TrialLoop, executor: Executor) -> None:
    """Train trials until none are left; in any case, no trial is left running.

    Raises:
        SearchError: three trials in a row failed (the message has the last one's error), or a trial fits nowhere.
        RegistryError: a trial could not be read or recorded.
    """
    trials = _Trials(loop, executor)
    try:
        while trials.start():
            trials.wait()
    finally:
        executor.close()


@dataclass
class _Running:
    """A running trial.

    Args:
        epoch: the last one that was recorded.
        deaths: the number of processes that died while training it.
        pruned: whether the loop has pruned it; its process will learn of it.
    """

    epoch: int = 0
    deaths: int = 0
    pruned: bool = False


class _Trials:
    """The running trials of an executor."""

    def __init__(self, loop: TrialLoop, executor: Executor) -> None:
        self._loop, self._executor = loop, executor
        self._running: dict[str, _Running] = {}
        self._may_have_more = True
        self._fault: Exception | None = None

    def start(self) -> bool:
        """Start trials in the free slots, and return whether any is running."""
        # Once the loop has no further trial, that can change only when one ends.
        while self._may_have_more and len(self._running) < self._executor.slots():
            trial = self._loop.next_trial()
            if trial is None:
                self._may_have_more = False
            else:
                self._running[trial.trial_id] = _Running()
                self._submit(trial)
        return bool(self._running)

    def wait(self) -> None:
        """Wait for a trial to end or to report, and handle that."""
        ended = self._executor.wait(self._receive)
        if self._fault is not None:  # it was raised inside a training, which may have caught it
            raise self._fault
        if ended is not None:
            self._ended(*ended)

    def _submit(self, trial: Trial) -> None:
        try:
            self._executor.submit(trial)
        except Exception as error:
            self._end(trial, failure(error))

    def _receive(self, trial: Trial, message: Message) -> Decision:
        try:
            return self._decide(trial, message)
        except Exception as error:
            self._fault = error
            raise

    def _decide(self, trial: Trial, message: Message) -> Decision:
        watcher = self._loop.recorder.trial_watcher(trial)
        match message:
            case EpochEnded():
                return self._epoch_ended(trial, message)
            case Notice(text):
                watcher.notice(text)
            case WorkAdvanced(work, done, total):
                watcher.advanced(work, done, total)
            case EpochAdvanced(progress):
                watcher.epoch_advanced(progress)
        return CONTINUE

    def _epoch_ended(self, trial: Trial, message: EpochEnded) -> Decision:
        running = self._running[trial.trial_id]
        if running.pruned or message.epoch.number <= running.epoch:  # a process died before it got the answer
            return STOP if running.pruned or self._loop.ended_early is not None else CONTINUE
        running.epoch = message.epoch.number
        decision = self._loop.epoch_ended(trial, message.epoch, message.checkpoint)
        if decision.action is Action.PRUNE:
            running.pruned = True
            self._loop.pruned(trial, decision.reason)
        return decision

    def _ended(self, trial: Trial, result: Result) -> None:
        running = self._running[trial.trial_id]
        if isinstance(result, Died) and not running.pruned and running.deaths < self._executor.retries:
            running.deaths += 1
            self._executor.slots()  # raises if the trial no longer fits anywhere
            self._submit(trial)
        else:
            self._end(trial, result)

    def _end(self, trial: Trial, result: Result) -> None:
        """End the trial, without further retries."""
        pruned = self._running.pop(trial.trial_id).pruned
        self._may_have_more = True
        if isinstance(result, Failed) and result.ends_search:
            raise RegistryError(result.error)
        if pruned:
            return
        if isinstance(result, Completed):
            self._loop.completed(trial, result.outcome)
        elif isinstance(result, Failed | Died):
            self._loop.failed(trial, result.error)
