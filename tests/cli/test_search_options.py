"""The options of `zoo search`: refusals in one line, and the output of a search with several of them."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
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

    from zoo.interfaces import Run

SETTING = setting(ALL_BUT_FILTERS)


# Refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("tinny blobs", "unknown architecture 'tinny': did you mean 'tiny'?"),
        ("tiny,larg blobs", "unknown architecture 'larg': did you mean 'large'?"),
        ("tiny,tiny blobs", "'tiny,tiny' names an architecture twice: name it once"),
        ("tiny blobs --algorithm randon", "unknown algorithm 'randon': did you mean 'random'?"),
        ("tiny blobs --pruner medium", "unknown pruner 'medium': did you mean 'median'?"),
        (
            "tiny blobs --objective val_acuracy",
            "unknown objective 'val_acuracy': did you mean 'val_accuracy' or 'accuracy'?",
        ),
        (
            "tiny blobs --objective val_accuracy,parms",
            "unknown objective 'parms': did you mean 'params'?",
        ),
        (
            "tiny blobs --objective params,val_accuracy,params",
            "--objective names params twice: name it once",
        ),
        *(
            (
                f"tiny blobs --objective val_accuracy,params --algorithm {algorithm}",
                f"{algorithm} optimises one objective: use --algorithm random, grid or tpe, or name one objective",
            )
            for algorithm in ("bayesian", "hyperband", "asha")
        ),
        (
            "tiny blobs --objective val_accuracy,params --pruner median",
            "pruning is for one objective that is measured each epoch, and not for val_accuracy,params",
        ),
        (
            "tiny blobs --objective params --pruner median",
            "pruning is for one objective that is measured each epoch, and not for params",
        ),
        (
            "tiny blobs --objective params --algorithm asha",
            "pruning is for one objective that is measured each epoch, and not for params",
        ),
        (
            "tiny blobs --pruner asha",
            "unknown pruner 'asha'; available: median, none (or --algorithm asha, which has it built in)",
        ),
        (
            "tiny blobs --objective val_accuracy,params --target 0.9",
            "--target is for one objective that is measured each epoch, and not for val_accuracy,params",
        ),
        (
            "tiny blobs --objective params --target 100",
            "--target is for one objective that is measured each epoch, and not for params",
        ),
        (
            "tiny blobs --algorithm hyperband --pruner median",
            "hyperband ends hopeless trials by itself: leave --pruner out",
        ),
        (
            "tiny blobs --algorithm asha --pruner none",
            "asha ends hopeless trials by itself: leave --pruner out",
        ),
        (
            f"tiny blobs --set filters=2 {' '.join(SETTING)}",
            (
                "nothing is left to search: --set fixes every hyperparameter of tiny; leave one out, or use `zoo train`"
            ),
        ),
        (
            "tiny,large blobs --set tiny/filters=9",
            "architecture 'tiny': filters must be a whole number from 1 to 4, got '9'",
        ),
        (
            "tiny,large blobs --weights imagenet",
            "none of tiny, large has weights 'imagenet': leave --weights out",
        ),
    ],
)
def test_bad_input(refused: Callable, arguments: str, message: str) -> None:
    assert refused("search", *arguments.split()) == message
    with open_registry() as registry:
        assert (registry.searches(), registry.runs()) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("tiny blobs --trials 0", "Invalid value for '--trials': 0 is not in the range 1<=x<=1000000."),
        ("tiny blobs --keep 0", "Invalid value for '--keep': 0 is not in the range x>=1."),
        (
            "tiny blobs --warm-start maybe",
            "Invalid value for '--warm-start': 'maybe' is not one of 'auto', 'off'.",
        ),
        (
            "tiny blobs --target high",
            "Invalid value for '--target': 'high' is not a number such as 0.001 or 1e-3",
        ),
        ("tiny", "give ARCH and DATASET, or --resume ID"),
        (
            "--resume abc --epochs 3",
            (
                "--resume takes only --trials, --max-time, --target, --strict, --json and the options of Ray beside "
                "it: the search remembers the rest"
            ),
        ),
    ],
)
def test_usage_errors(zoo: Callable, tmp_path: Path, arguments: str, message: str) -> None:
    result = zoo("search", *arguments.split())
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", f"Error: {message}")
    assert list(tmp_path.iterdir()) == []


# Several objectives --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Searched:
    """A folder with a search of two objectives, and its output."""

    folder: Path
    out: str
    err: str


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    folder = tmp_path_factory.mktemp("objectives")
    arguments = ["search", "tiny", "blobs", "--objective", "val_accuracy,params", "--trials", "3", "--json"]
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
    ):
        patch.chdir(folder)
        patch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))
        assert run([*arguments, "--epochs", "1", *SETTING]) == 0
    # Whether TensorFlow must be started depends on the tests before this one.
    return Searched(folder, out.getvalue(), err.getvalue().replace("· starting TensorFlow …\n", ""))


@pytest.fixture
def searched(finished: Searched, tmp_path: Path) -> dict[str, Any]:
    """The search and its trials, in a copy of its registry in the working directory."""
    shutil.copy(finished.folder / "registry.db", tmp_path)
    with open_registry(create=False) as registry:
        (search,) = registry.searches()
        return {"id": search.id, "trials": registry.runs(search=search.id)}


def test_plain_lines_have_all_scores(finished: Searched, plain: Callable) -> None:
    assert re.sub(r"filters=\d", "filters=N", re.sub(r"params \d+", "params N", plain(finished.err))) == (
        "· reading blobs …\n"
        "search ID: tpe, up to 3 trials of tiny on blobs, 1 hyperparameter searched\n"
        "trial 1/3  completed  val_accuracy #.####  params N  (defaults) filters=N\n"
        "trial 2/3  completed  val_accuracy #.####  params N  filters=N\n"
        "trial 3/3  completed  val_accuracy #.####  params N  filters=N\n"
    )


def test_the_model_is_the_one_that_best_names(finished: Searched, searched: dict, zoo: Callable) -> None:
    assert json.loads(finished.out)["model"]["id"] == json.loads(zoo("best", "blobs", "--json").out)["id"]


def unbeaten(trial: Run, others: list[Run]) -> bool:
    """Whether none is at least as accurate with as few parameters, and better in one of them."""
    accuracy, params = trial.scores["val_accuracy"], trial.scores["params"]
    return not any(
        (other.scores["val_accuracy"], -other.scores["params"]) != (accuracy, -params)
        and other.scores["val_accuracy"] >= accuracy
        and other.scores["params"] <= params
        for other in others
    )


def test_show_marks_the_front(searched: dict, zoo: Callable, plain: Callable) -> None:
    trials = searched["trials"]
    origins = ["(defaults) ", "", ""]
    rows = [
        f"  {trial.trial.number}  completed  #.####  {trial.scores['params']:.0f}  "
        f"{'●  ' if unbeaten(trial, trials) else ''}▁█  ID  {origin}filters={trial.plan.hyperparameters['filters']}\n"
        for trial, origin in zip(trials, origins, strict=True)
    ]
    assert plain(zoo("show", searched["id"]).out) == (
        "search  ID\n"
        "state  completed\n"
        "architecture  tiny 1, from PLUGINS/tiny.py\n"
        "dataset  blobs, version 1\n"
        "algorithm  tpe, seed 0\n"
        "objective  val_accuracy (max), params (min)\n"
        "fixed  learning_rate=0.01 pooling=avg head_units=0 dropout=0 augmentation=none\n"
        "settings  epochs=1 seed=0 patience=10 image_size=8 channels=1 pruner=none keep=3\n"
        "started  TIME\n"
        "finished  TIME\n"
        "best model  ID\n"
        "error  –\n"
        "\n"
        "trial  state  val_accuracy  params  front  curve  model  hyperparameters\n" + "".join(rows)
    )
