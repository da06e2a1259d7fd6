"""Searches that are interrupted or killed, and resume."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import ALL_BUT_FILTERS, PLUGIN_FILES, setting
from zoo.cli import run
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result
    from tests.cli.processes import LeanProcess
    from zoo.interfaces import Epoch, Run

SEARCH = [
    "search",
    "tiny",
    "blobs",
    "--algorithm",
    "grid",
    "--trials",
    "3",
    "--epochs",
    "15",
    "--patience",
    "15",
]
SEARCH += setting(ALL_BUT_FILTERS)


def start(folder: Path, *arguments: str, trial: int | None, epochs: int = 1) -> subprocess.Popen[str]:
    """Start `zoo` in another process, and wait until this trial, or the run that is no trial, has seen some epochs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "zoo", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if has_epochs(folder, trial, epochs):
            return process
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"it did not get to trial {trial}: {process.communicate()}")


def has_epochs(folder: Path, trial: int | None, number: int = 1) -> bool:
    """Whether the trial, or the run that is no trial, is running and has recorded so many epochs."""
    query = "SELECT count(*) FROM epochs JOIN runs ON runs.id = run_id WHERE trial_number IS ? AND state = 'running'"
    if not (folder / "registry.db").exists():
        return False
    with closing(sqlite3.connect(folder / "registry.db", timeout=30)) as registry:
        (tables,) = registry.execute("SELECT count(*) FROM sqlite_master WHERE name = 'aliases'").fetchone()
        return bool(tables) and registry.execute(query, (trial,)).fetchone()[0] >= number


@pytest.fixture
def interrupted(zoo: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Call `zoo` in this process, which gets Ctrl-C as soon as its run has an epoch."""

    def call(*arguments: str) -> Result:
        working = True

        def press() -> None:
            while working and not has_epochs(tmp_path, None):
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        def stop(_number: int, _frame: object) -> None:
            if working:
                raise KeyboardInterrupt

        before, user = signal.signal(signal.SIGINT, stop), threading.Thread(target=press)
        try:
            user.start()
            return zoo(*arguments)
        finally:
            working = False
            user.join()
            signal.signal(signal.SIGINT, before)

    return call


def trials_of(folder: Path) -> list[Run]:
    with open_registry(folder / "registry.db", create=False) as registry:
        (search,) = registry.searches()
        return registry.runs(search=search.id)


def epochs_of_second(folder: Path) -> list[Epoch]:
    """Those of the second trial."""
    with open_registry(folder / "registry.db", create=False) as registry:
        return registry.epochs(trials_of(folder)[1].id)


# SIGKILL -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """A search that was killed in its second trial and resumed, beside one that nobody disturbed."""

    when_killed: list[Run]
    epochs_when_killed: list[Epoch]
    resumed: dict[str, Any]
    in_the_end: list[Run]
    epochs_in_the_end: list[Epoch]
    undisturbed: dict[str, Any]
    undisturbed_trials: list[Run]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    killed, undisturbed = tmp_path_factory.mktemp("killed"), tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))
        patch.setenv(
            "TF_NUM_INTRAOP_THREADS", "0"
        )  # as many as a user has, for results must not depend on them
        patch.setenv("TF_NUM_INTEROP_THREADS", "0")
        patch.chdir(killed)
        process = start(killed, *SEARCH, trial=2)
        process.kill()
        process.communicate()
        with open_registry(create=False) as registry:
            (search,) = registry.searches()
        return Story(
            when_killed=trials_of(killed),
            epochs_when_killed=epochs_of_second(killed),
            resumed=_answer("search", "--resume", search.id),
            in_the_end=trials_of(killed),
            epochs_in_the_end=epochs_of_second(killed),
            undisturbed=_answer("--registry", str(undisturbed / "registry.db"), *SEARCH),
            undisturbed_trials=trials_of(undisturbed),
        )


def _answer(*arguments: str) -> dict[str, Any]:
    with redirect_stdout(StringIO()) as out:
        assert run([*arguments, "--json"]) == 0
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.large
def test_a_trial_whose_process_was_killed_reads_as_interrupted(story: Story) -> None:
    assert [trial.state for trial in story.when_killed] == ["completed", "interrupted"]


@pytest.mark.large
def test_a_resumed_search_keeps_finished_trials(story: Story) -> None:
    assert story.in_the_end[0] == story.when_killed[0]


@pytest.mark.large
def test_a_resumed_search_takes_the_killed_trial_up_again(story: Story) -> None:
    assert story.in_the_end[1].id == story.when_killed[1].id


@pytest.mark.large
def test_epochs_before_the_kill_are_not_trained_again(story: Story) -> None:
    """An epoch that is trained anew takes another number of nanoseconds."""
    before = story.epochs_when_killed
    assert before
    assert story.epochs_in_the_end[: len(before)] == before


@pytest.mark.large
def test_no_epoch_comes_twice_or_is_left_out(story: Story) -> None:
    assert [epoch.number for epoch in story.epochs_in_the_end] == list(range(1, 16))


@pytest.mark.large
def test_a_resumed_search_has_as_many_trials_as_were_asked_for(story: Story) -> None:
    assert [trial.state for trial in story.in_the_end] == ["completed"] * 3


@pytest.mark.large
def test_a_resumed_search_scores_as_an_undisturbed_one(story: Story) -> None:
    assert [(trial.plan.hyperparameters, trial.score) for trial in story.in_the_end] == [
        (trial.plan.hyperparameters, trial.score) for trial in story.undisturbed_trials
    ]


@pytest.mark.large
def test_a_resumed_search_finds_the_best_model_of_an_undisturbed_one(story: Story) -> None:
    assert story.resumed["model"]["manifest"] == story.undisturbed["model"]["manifest"]


@pytest.mark.large
def test_a_training_that_was_killed_reads_as_interrupted(zoo: Callable, tmp_path: Path) -> None:
    process = start(tmp_path, "train", "tiny", "blobs", "--epochs", "9999", "--patience", "9999", trial=None)
    process.kill()
    process.communicate()
    (run,) = json.loads(zoo("runs", "--state", "interrupted", "--json").out)
    assert (run["state"], run["error"]) == ("interrupted", "its process ended without reporting an error")


# SIGINT, SIGTERM --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.large)])
def test_an_interrupted_search_can_go_on(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, *SEARCH, trial=1)
    process.send_signal(number)
    out, err = process.communicate()
    with open_registry(create=False) as registry:
        (search,) = registry.searches()
    assert (process.returncode, out, search.state) == (130, "", "interrupted")
    assert [trial.state for trial in trials_of(tmp_path)] == ["interrupted"]
    assert err.splitlines()[-1] == (
        f"search {search.id} was interrupted; continue with: zoo search --resume {search.id}"
    )
    assert "Traceback" not in err


TRAIN = ["train", "tiny", "blobs", "--patience", "9999", "--set", "learning_rate=0.003"]


def test_an_interrupted_training_resumes(zoo: Callable, interrupted: Callable[..., Result]) -> None:
    result = interrupted(*TRAIN, "--epochs", "40")
    with open_registry(create=False) as registry:
        (run,) = registry.runs()
        before = registry.epochs(run.id)
    assert (result.code, result.out, run.state) == (130, "", "interrupted")
    command = f"zoo train --resume {run.id}"
    assert result.err.splitlines()[-1] == f"run {run.id} was interrupted; continue with: {command}"
    assert zoo("runs").err == f"continue with: {command}\n"
    assert f"continue with    {command}\n" in zoo("show", run.id).out
    model = json.loads(zoo("train", "--resume", run.id, "--json").out)
    with open_registry(create=False) as registry:
        epochs = registry.epochs(run.id)
    assert (model["run_id"], len(epochs), epochs[: len(before)]) == (run.id, 40, before)


@dataclass(frozen=True)
class Stopped:
    """A training with --keep-best that got a signal after its second epoch, in a process of its own."""

    folder: Path
    code: int
    out: str
    err: str


@pytest.fixture(scope="module", params=[signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.large)])
def stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))
        # The line of an epoch is printed after it is recorded: that of the first when there is a second.
        process = start(folder, *TRAIN, "--epochs", "9999", "--keep-best", "--json", trial=None, epochs=2)
    process.send_signal(request.param)
    out, err = process.communicate()
    return Stopped(folder, process.returncode, out, err)


def test_keep_best_ends_with_a_model(
    stopped: Stopped, zoo: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stopped.folder)
    model = json.loads(stopped.out)
    (run,) = json.loads(zoo("runs", "--json").out)
    assert (stopped.code, run["state"], run["model_id"]) == (0, "completed", model["id"])
    assert "· stopped after epoch " in stopped.err
    assert zoo("evaluate", model["id"], "blobs").code == 0


def test_tensorflow_does_not_chatter(stopped: Stopped, plain: Callable) -> None:
    *lines, notice = plain(stopped.err).splitlines()
    assert lines[:4] == [
        "· reading blobs …",
        "· starting TensorFlow …",
        "· 106 trainable and 0 non-trainable parameters",
        "run ID: tiny on blobs",
    ]
    epoch = "epoch  NUMBER/9999  loss #.####  acc #.####  val_loss #.####  val_acc #.####  #.# s"
    assert {re.sub(r"\d+/9999", "NUMBER/9999", line) for line in lines[4:]} == {epoch}
    assert notice.startswith("· stopped after epoch ")


@pytest.mark.large
def test_a_training_that_is_killed_again_and_again_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All in processes with as many threads as a user has: on another number of them the last digits depend."""
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "0")
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", "0")
    arguments = [*TRAIN, "--set", "augmentation=light", "--set", "dropout=0.2", "--epochs", "300"]
    for name in ("undisturbed", "killed"):
        (tmp_path / name).mkdir()
    out, _ = start(tmp_path / "undisturbed", *arguments, "--json", trial=None).communicate()
    undisturbed = json.loads(out)
    monkeypatch.chdir(tmp_path / "killed")
    moments, before = random.Random(0), []
    process = start(tmp_path / "killed", *arguments, trial=None)
    for _ in range(3):
        time.sleep(moments.uniform(0, 1))
        process.kill()
        process.communicate()
        with open_registry(create=False) as registry:
            (run,) = registry.runs()
            epochs = registry.epochs(run.id)
        assert (run.state, epochs[: len(before)]) == ("interrupted", before)
        assert [epoch.number for epoch in epochs] == [*range(1, len(epochs) + 1)]
        before = epochs
        process = start(tmp_path / "killed", "train", "--resume", run.id, trial=None)
    process.communicate()
    with open_registry(create=False) as registry:
        (model,) = registry.models()
        epochs = registry.epochs(run.id)
        registry.load_content(model.id)
    assert (model.manifest, len(epochs), epochs[: len(before)]) == (undisturbed["manifest"], 300, before)
    assert list((tmp_path / "killed" / "artifacts" / "checkpoints").iterdir()) == []


# What cannot be resumed ----------------------------------------------------------------------------------


def change_searches(folder: Path, assignment: str, *values: object) -> str:
    """Make the completed search of the trained registry into another one and return its id."""
    with closing(sqlite3.connect(folder / "registry.db")) as registry, registry:
        (identity,) = registry.execute("SELECT id FROM searches WHERE state = 'completed'").fetchone()
        registry.execute(f"UPDATE searches SET {assignment} WHERE id = ?", (*values, identity))
    return str(identity)


def test_a_completed_search_is_not_resumed(refused: Callable, trained: Path) -> None:
    identity = change_searches(trained, "owner = owner")
    assert refused("search", "--resume", identity) == (
        f"search {identity} is completed: extend it with --trials, --max-time or --target, or start a new one"
    )


def test_a_search_that_another_process_runs_is_not_resumed(refused: Callable, trained: Path) -> None:
    owner = f"{socket.gethostname()}:{os.getppid()}"
    identity = change_searches(trained, "state = 'running', owner = ?", owner)
    assert refused("search", "--resume", identity) == (
        f"search {identity} is running in process {owner}: wait until it ends, or stop it first"
    )


def test_a_search_of_a_changed_dataset_is_not_resumed(refused: Callable, zoo: Callable, photos: Path) -> None:
    assert zoo("search", "moody", photos, "--trials", 1, "--set", "mood=bad").code == 1
    (search,) = json.loads(zoo("searches", "--json").out)
    (photos / "cat" / "00.png").unlink()
    assert refused("search", "--resume", search["id"]) == (
        f"search {search['id']} cannot be resumed: dataset 'photos' has changed since; start a new search"
    )


def test_a_failed_search_resumes(refused: Callable, zoo: Callable, trained: Path) -> None:
    (search,) = (row for row in json.loads(zoo("searches", "--json").out) if row["state"] == "failed")
    assert refused("search", "--resume", search["id"]) == (
        f"no trial of search {search['id']} completed; the last one: ValueError: a bad mood"
    )


def test_a_completed_training_is_not_resumed(refused: Callable, zoo: Callable, trained: Path) -> None:
    run = json.loads(zoo("runs", "--kind", "train", "--json").out)[0]
    assert refused("train", "--resume", run["id"]) == (
        f"run {run['id']} is completed: start a new one, or train its model {run['model_id']} further with "
        "`zoo finetune`"
    )


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("command", ["train", "finetune"])
def test_a_run_is_refused_before_tensorflow_is_imported(
    lean: LeanProcess, zoo: Callable, command: str
) -> None:
    run = json.loads(zoo("runs", "--kind", "finetune", "--json").out)[0]
    result = lean(command, "--resume", run["id"])
    assert (result.code, result.out, result.err.count("\n"), result.imported) == (1, "", 1, ())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train tiny", "give ARCH and DATASET, or --resume ID"),
        ("finetune", "give MODEL and DATASET, or --resume ID"),
        (
            "train tiny blobs --resume abc",
            "--resume takes only --keep-best, --strict and --json beside it: the run remembers the rest",
        ),
        (
            "finetune --resume abc --epochs 3",
            "--resume takes only --keep-best, --strict and --json beside it: the run remembers the rest",
        ),
        (
            "finetune abc blobs --search --keep-best",
            "--keep-best is for a single training: leave it or --search out",
        ),
    ],
)
def test_usage_errors_of_a_run(zoo: Callable, arguments: str, message: str) -> None:
    result = zoo(*arguments.split())
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", f"Error: {message}")
