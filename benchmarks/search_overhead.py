"""Measures the overhead of a search besides its trainings, compared with Keras Tuner where possible.

`trials`: random search over 400 trials that train nothing, each recorded in a registry with an epoch and a checkpoint,
the best with their models. `tpe`: one suggestion after 400 trials, and of Keras Tuner's Gaussian process after 50.
`workers`: 8 equal trials with one worker and with two. `memory`: of the process over 50 trials. `kills`: 50 trials in a
process that is killed repeatedly.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras_tuner
import numpy as np

from zoo.interfaces import (
    CandidatePlan,
    Epoch,
    Evaluation,
    ModelContent,
    Objective,
    SearchOptions,
    SearchPlan,
    TrainingOptions,
    TrialOutcome,
)
from zoo.models.hyperparameters import declare
from zoo.plugins import load_plugins
from zoo.registry import open_registry
from zoo.search.executors.local import LocalExecutor
from zoo.search.executors.trials import run_trials
from zoo.search.loop import TrialLoop
from zoo.search.oracles import make_oracle
from zoo.workflows import Workspace
from zoo.workflows.search.recorder import SearchRecorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Trial
    from zoo.search.executors.reporter import TrialReporter

TRIALS = 400
GAUSSIAN_TRIALS = 50  # a suggestion of Keras Tuner's takes half a second there already
SUGGESTIONS = 5
ROUNDS = 3
OBJECTIVE = Objective("val_accuracy", "max")
FIXED = {
    "pooling": "avg",
    "head_units": "64",
    "augmentation": "none",
    "dropout": "0.2",
    "blocks": "3",
    "filters": "64",
    "kernel": "3",
    "batch_norm": "true",
    "pool_kind": "max",
}
EQUAL = ["search", "convnet", "digits", "--trials", "8", "--epochs", "60", "--patience", "60"]
EQUAL += [part for name, value in FIXED.items() for part in ("--set", f"{name}={value}")]
KILLED = [
    "search",
    "convnet",
    "digits",
    "--trials",
    "50",
    "--epochs",
    "2",
    "--set",
    "filters=8",
    "--fraction",
    "0.3",
]


def main() -> None:
    """Print the figures of the given parts, or of all."""
    parts = {"trials": trials, "tpe": tpe, "workers": workers, "memory": memory, "kills": kills}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(parts)}; all by default")
    chosen = parser.parse_args().parts or list(parts)
    for name in chosen:
        parts[name]()


# trials ------------------------------------------------------------------------------------------------------


def trials() -> None:
    """Print the milliseconds of a trial besides training."""
    ours, stock = [], []
    for _ in range(ROUNDS):
        ours.append(milliseconds(zoo_search))
        stock.append(milliseconds(stock_search))
    print(
        f"a trial besides training, random, {TRIALS} trials: zoo {statistics.median(ours):.1f} ms, "
        f"Keras Tuner {statistics.median(stock):.1f} ms (target: zoo within 20 ms)"
    )


def milliseconds(search: Callable[[str], None]) -> float:
    """Return the milliseconds of a trial, from a search in a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        search(folder)
        return (time.perf_counter() - began) / TRIALS * 1000


def zoo_search(folder: str) -> None:
    """Run all of zoo's search except the training."""
    from zoo.interfaces import DatasetContent

    with open_registry(Path(folder) / "registry.db") as registry:
        content = DatasetContent(
            name="none", source="none", fingerprint="0" * 64, class_names=("a", "b"), counts={}
        )
        search = registry.start_search(plan("random"), registry.record_dataset(content))
        recorder = SearchRecorder(Workspace(registry, load_plugins(None)), search)
        run_trials(TrialLoop(search.plan, recorder), LocalExecutor(lambda trial: trial, train_nothing))
        recorder.drop_losers()
        assert len(registry.runs(search=search.id)) == TRIALS


def stock_search(folder: str) -> None:
    """Run Keras Tuner's random search without training."""

    class Tuner(keras_tuner.RandomSearch):
        def run_trial(self, trial: Any, *arguments: Any, **options: Any) -> float:  # noqa: ARG002
            return score_of(trial.hyperparameters.values)

    tuner = Tuner(
        hyperparameters=space(),
        objective=keras_tuner.Objective("default_objective", "max"),
        max_trials=TRIALS,
        directory=folder,
        seed=1,
    )
    tuner.oracle.verbose = 0
    tuner.search()


def train_nothing(trial: Trial, reporter: TrialReporter) -> TrialOutcome:
    """Report one epoch whose score depends on the hyperparameters."""
    score = score_of(trial.hyperparameters)
    reporter.report(
        Epoch(1, {"loss": 0.1, "accuracy": score, "val_loss": 0.1, "val_accuracy": score}, 0.1), bytes(1000)
    )
    tensors = {"kernel": np.full((8, 8), score, np.float32)}
    content = ModelContent({}, 8, 1, ("a", "b"), (), (), tensors, ("kernel",))
    evaluation = Evaluation("validation", {"loss": 0.1, "accuracy": score}, {}, np.zeros(1), np.zeros((1, 2)))
    return TrialOutcome({"val_accuracy": score}, content, (evaluation,))


def score_of(values: Any) -> float:
    """Return a smooth function of two hyperparameters."""
    return 1 - (float(values["dropout"]) - 0.2) ** 2 - (np.log10(float(values["learning_rate"])) + 2.5) ** 2


def space() -> keras_tuner.HyperParameters:
    """Return a space of zoo's own hyperparameters and three of a network."""
    hp = keras_tuner.HyperParameters()
    hp.Int("depth", 1, 5)
    hp.Int("filters", 8, 64, step=8)
    hp.Choice("kernel", [3, 5, 7])
    declare(hp)
    return hp


def plan(algorithm: str) -> SearchPlan:
    """Return the plan of a search over that space."""
    trials = 10 * TRIALS if algorithm != "random" else TRIALS
    return SearchPlan(
        candidates=(CandidatePlan("convnet", "1", "none", 8, 1),),
        options=SearchOptions(algorithm, trials, (OBJECTIVE,)),
        training=TrainingOptions(epochs=1),
        fixed={},
        space=space().get_config(),
        environment={},
    )


# tpe ---------------------------------------------------------------------------------------------------------


def tpe() -> None:
    """Print the milliseconds of a suggestion."""
    ours = suggestion("tpe", TRIALS)
    theirs = suggestion("bayesian", GAUSSIAN_TRIALS)
    print(
        f"a suggestion: tpe after {TRIALS} trials {ours:.0f} ms (target: under 50 ms), "
        f"Keras Tuner's Gaussian process after {GAUSSIAN_TRIALS} trials {theirs:.0f} ms"
    )


def suggestion(algorithm: str, after: int) -> float:
    """Return the median time of a suggestion after so many trials, in milliseconds."""
    oracle = make_oracle(plan(algorithm))
    rng = np.random.default_rng(0)
    for number in range(after):
        hp = space()
        oracle.next_values = {
            declaration.name: declaration.random_sample(int(rng.integers(2**31))) for declaration in hp.space
        }
        end(oracle, oracle.create_trial(str(number)))
    took = []
    for number in range(SUGGESTIONS):
        began = time.perf_counter()
        trial = oracle.create_trial(str(after + number))
        took.append(time.perf_counter() - began)
        end(oracle, trial)
    return statistics.median(took) * 1000


def end(oracle: Any, trial: Any) -> None:
    """Report the trial's score to the oracle."""
    score = score_of(trial.hyperparameters.values)
    oracle.scores[trial.trial_id] = {OBJECTIVE.name: score}
    oracle.update_trial(trial.trial_id, {OBJECTIVE.name: score})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)


# workers -----------------------------------------------------------------------------------------------------


def workers() -> None:
    """Print the seconds of 8 equal trials with one worker and with two."""
    with_one, with_two = equal_trials(1), equal_trials(2)
    print(
        f"8 equal trials: {with_one:.0f} s with one worker, {with_two:.0f} s with two, "
        f"{with_one / with_two:.2f} times as fast (target: 1.6), start-up included"
    )


def equal_trials(number: int) -> float:
    """Return the seconds of trials that differ in the learning rate only, so that each takes some 40 s."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        run([*EQUAL, "--workers", str(number)], folder)
        return time.perf_counter() - began


# memory ------------------------------------------------------------------------------------------------------


def memory() -> None:
    """Print the resident memory of the search's process, and of its child process after the tenth trial."""
    import psutil

    from zoo.interfaces import Progress, Run
    from zoo.workflows.search import search, search_options

    own: list[float] = []
    child: list[float] = []

    class Watcher(Progress):
        def run_ended(self, run: Run) -> None:  # noqa: ARG002
            parent = psutil.Process()
            own.append(parent.memory_info().rss / 1e6)
            child.append(sum(process.memory_info().rss for process in parent.children()) / 1e6)

    with tempfile.TemporaryDirectory() as folder, open_registry(Path(folder) / "registry.db") as registry:
        workspace = Workspace(registry, load_plugins(None), Watcher())
        options = search_options(trials=50)
        search(workspace, "convnet", "digits", search_options=options, options=TrainingOptions(epochs=2))
    print(
        f"memory after 10 trials {own[9]:.0f} MB, from then to the 50th at most {max(own[9:]):.0f} MB: "
        f"{max(own[9:]) / own[9] - 1:+.1%} (target: within 10 %); its child process at most {max(child):.0f} MB"
    )


# kills -------------------------------------------------------------------------------------------------------


def kills(times: int = 10) -> None:
    """Kill a search of 50 trials at random times, and count its rows."""
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        arguments, killed = KILLED, 0
        while killed < times:
            if killed_after(rng.uniform(4, 14), arguments, folder):
                killed += 1
            searches = json.loads(run(["searches", "--json"], folder) or "[]")
            if searches:
                arguments = ["search", "--resume", searches[0]["id"]]
        run(arguments, folder)
        runs = json.loads(run(["runs", "--json"], folder))
    states = Counter(run["state"] for run in runs)
    numbers = {run["trial"]["number"] for run in runs}
    print(
        f"50 trials, killed {killed} times: {len(runs)} rows, numbers {min(numbers)} to {max(numbers)}, {dict(states)}"
    )
    assert len(runs) == len(numbers) == states["completed"] == 50


def killed_after(seconds: float, arguments: list[str], folder: str) -> bool:
    """Run the command and kill it and its children after these seconds; return False if it ended before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "zoo", *arguments],
        cwd=folder,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def run(arguments: list[str], folder: str) -> str:
    """Return the output of `zoo`."""
    done = subprocess.run(
        [sys.executable, "-m", "zoo", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode and arguments[0] == "search":
        sys.exit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
