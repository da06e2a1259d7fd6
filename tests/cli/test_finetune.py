"""The output and the records of `zoo finetune`: heads, schedules, searches and comparisons."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PLUGIN_FILES
from tests.cli.expected import model_fields
from zoo.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OF_THREE = model_fields("three", "3: dark, light, middle", has_parent=True, parameters=111)
EPOCH = "epoch  {}  loss #.####  acc #.####  val_loss #.####  val_acc #.####  #.# s\n"
SCHEDULE = {
    "freeze": "1",
    "head_epochs": 1,
    "unfreeze_epochs": 1,
    "layer_decay": 0.5,
    "warmup_epochs": 1,
    "batchnorm": "frozen",
}
OPTIONS = [part for name, value in SCHEDULE.items() for part in (f"--{name.replace('_', '-')}", f"{value}")]
FREEZE_ALL = ["--epochs", 1, "--freeze", "all", "--cache-features", "off"]


@pytest.fixture
def hyperparameters(zoo: Callable) -> Callable[[], dict]:
    """Those of the newest run."""

    def of_newest() -> dict:
        run = json.loads(zoo("runs", "--limit", 1, "--json").out)[0]
        return json.loads(zoo("show", run["id"], "--json").out)["run"]["plan"]["hyperparameters"]

    return of_newest


# One fine-tuning -----------------------------------------------------------------------------------------


def test_a_fine_tuning_on_other_images(zoo: Callable, trained: Path, photos: Path, plain: Callable) -> None:
    (photos / "cat" / "00.png").unlink()  # or it would be the recorded dataset in another place
    result = zoo("finetune", "blobs@best", photos, "--epochs", 1, "--freeze", "all")
    assert plain(result.out) == model_fields("photos-2", "2: cat, dog", has_parent=True)
    assert plain(result.err) == (
        f"· reading {photos} …\n"
        "· images become 8×8 grayscale, as model ID takes them\n"
        "· new head for 2 classes: cat, dog\n"
        "· called photos-2 here: photos is another dataset\n"
        "· parameters by stage; frozen: front_conv … back_conv (2 layers)\n"
        "  stage  layers  trainable  non-trainable\n"
        "  front  1  0  20\n"
        "  back  1  0  76\n"
        "  head  1  10  0\n"
        "  total  3  10  96\n"
        "run ID: tiny on photos-2\n"
        f"· frozen layers are computed in each epoch: that takes under 1 s in all\n" + EPOCH.format("1/1")
    )


@dataclass(frozen=True)
class Phases:
    """A folder whose registry has a fine-tuning in phases, and its output."""

    folder: Path
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def phases(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Phases:
    folder = shutil.copytree(trained_folder, tmp_path_factory.mktemp("phases"), dirs_exist_ok=True)
    arguments = ["finetune", "blobs@best", "three", "--epochs", "3", *OPTIONS, "--cache-features", "off"]
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
    ):
        patch.chdir(folder)
        patch.setenv("ZOO_PLUGINS_DIR", str(PLUGIN_FILES))
        code = run(arguments)
    return Phases(folder, code, out.getvalue(), err.getvalue())


def test_a_fine_tuning_in_phases(phases: Phases, plain: Callable) -> None:
    lines = [
        line
        for line in phases.err.splitlines(True)
        if not line.startswith(("· frozen layers are", "· starting"))
    ]
    assert plain("".join(lines)) == (
        "· reading three …\n"
        "· the head knows 2 of 3 classes; new are middle\n"
        "· parameters by stage; frozen: front_conv (1 layer)\n"
        "  stage  layers  trainable  non-trainable\n"
        "  front  1  0  20\n"
        "  back  1  76  0\n"
        "  head  1  15  0\n"
        "  total  3  91  20\n"
        "· epoch 1: the head; epochs 2–3: all that is not frozen\n"
        "run ID: tiny on three\n" + "".join(EPOCH.format(f"{number}/3") for number in (1, 2, 3))
    )
    assert (phases.code, plain(phases.out)) == (0, OF_THREE)


def test_the_schedule_is_recorded_and_shown_by_the_lineage(
    phases: Phases, zoo: Callable, hyperparameters: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(phases.folder)
    recorded = hyperparameters()
    assert {name: recorded[name] for name in SCHEDULE} == SCHEDULE
    (line,) = (line for line in zoo("lineage", "three@best").out.splitlines() if "●" in line)
    assert (
        "finetune freeze=1 schedule=constant learning_rate=0.001 head_epochs=1 unfreeze_epochs=1 layer_decay=0.5 "
        "warmup_epochs=1 batchnorm=frozen"
    ) in line


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("head", "notice", "units"),
    [
        ("keep", "· the head knows 2 of 3 classes; new are middle\n", "0"),
        ("8,4", "· new head for 3 classes: dark, light, middle\n", "8,4"),
    ],
)
def test_a_head_is_kept_or_made(
    zoo: Callable, hyperparameters: Callable, head: str, notice: str, units: str
) -> None:
    result = zoo("finetune", "blobs@best", "three", "--head", head, *FREEZE_ALL)
    assert (result.code, notice in result.err) == (0, True)
    assert hyperparameters()["head_units"] == units


@pytest.mark.usefixtures("trained")
def test_a_network_is_rebuilt_for_other_images(zoo: Callable, plain: Callable) -> None:
    result = zoo("finetune", "blobs@best", "pets", "--image-size", 12, "--channels", 3, *FREEZE_ALL)
    assert plain(result.err).startswith(
        "· reading pets …\n· the network is rebuilt for 12×12 RGB; model ID takes 8×8 grayscale\n"
    )
    assert plain(result.out) == model_fields(
        "pets", "2: cat, dog", has_parent=True, input="12×12, RGB", parameters=142
    )


# A search ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("trained")
def test_a_search(zoo: Callable, plain: Callable) -> None:
    chosen = ["--search", "--algorithm", "grid", "--trials", 5, "--set", "learning_rate=0.01"]
    result = zoo("finetune", "blobs@best", "three", *FREEZE_ALL, *chosen)
    assert plain(result.err) == (
        "· reading three …\n"
        "· the head knows 2 of 3 classes; new are middle\n"
        "search ID: grid, up to 5 trials of tiny on three, 1 hyperparameter searched\n"
        "· frozen layers are computed in each epoch: --cache-features is off\n"
        "trial 1/5  completed  val_accuracy #.####  schedule=constant\n"
        "trial 2/5  completed  val_accuracy #.####  schedule=cosine\n"
    )
    assert (result.code, plain(result.out)) == (0, f"search  ID\n{OF_THREE}")


@pytest.mark.usefixtures("trained")
def test_a_search_for_a_fine_tuning_ends_with_the_model_below_its_table(
    zoo_on_screen: Callable[..., str], plain: Callable
) -> None:
    options = ["--search", "--trials", 1, "--epochs", 1]
    written = plain(zoo_on_screen("finetune", "blobs@best", "blobs", *options))
    assert "1 of 1 trials, best val_accuracy #.#### in trial 1\n\nsearch  ID\nmodel  ID\n" in written


# A comparison --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("trained")
def test_a_comparison(zoo: Callable, plain: Callable) -> None:
    result = zoo("finetune", "blobs@best", "three", "--epochs", 1, "--freeze", "all", "--compare")
    assert re.sub(r"  \d+\.\d  ID", "  #.#  ID", plain(result.out)) == (
        "freeze  val acc  test acc  trainable  seconds  model\n"
        "all  #.####  #.####  15  #.#  ID\n"
        "from scratch  #.####  #.####  111  #.#  ID\n"
    )
    lines = [line for line in result.err.splitlines() if "fine-tuning" in line or "from scratch" in line]
    assert lines == [
        "· fine-tuning with --freeze all",
        "· training tiny from scratch",
    ]


@pytest.mark.usefixtures("trained")
def test_a_comparison_without_freeze_as_json(zoo: Callable) -> None:
    results = json.loads(zoo("finetune", "blobs@best", "three", "--epochs", 1, "--compare", "--json").out)
    assert [result["way"] for result in results] == ["none", "all", "from scratch"]
    assert [result["model"]["trainable_parameters"] for result in results] == [111, 15, 111]
    assert all(result["seconds"] > 0 for result in results)
