"""What `zoo finetune` prints and records: heads, schedules, searches and comparisons."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = """\
model  ID
architecture  tiny
dataset  {dataset}, version 1
parent  ID
val accuracy  #.####
test accuracy  #.####
classes  {classes}
input  {input}
parameters  {parameters}
size  {size} B
predict  zoo predict ID IMAGE…
fine-tune  zoo finetune ID DATASET --freeze all
"""
OF_THREE = MODEL.format(
    dataset="three", classes="3: dark, light, middle", input="8×8, grayscale", parameters=111, size=444
)
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


@pytest.mark.usefixtures("trained")
def test_a_fine_tuning_in_phases(zoo: Callable, plain: Callable) -> None:
    result = zoo("finetune", "blobs@best", "three", "--epochs", 3, *OPTIONS, "--cache-features", "off")
    told = "".join(line for line in result.err.splitlines(True) if not line.startswith("· frozen layers are"))
    assert plain(told) == (
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
    assert (result.code, plain(result.out)) == (0, OF_THREE)


@pytest.mark.usefixtures("trained")
def test_the_schedule_is_recorded_and_shown_by_the_lineage(zoo: Callable, hyperparameters: Callable) -> None:
    zoo("finetune", "blobs@best", "three", "--epochs", 1, *OPTIONS)
    recorded = hyperparameters()
    assert {name: recorded[name] for name in SCHEDULE} == SCHEDULE
    (line,) = (line for line in zoo("lineage", "three@best").out.splitlines() if "●" in line)
    assert (
        "finetune freeze=1 schedule=constant learning_rate=0.001 head_epochs=1 unfreeze_epochs=1 layer_decay=0.5 "
        "warmup_epochs=1 batchnorm=frozen"
    ) in line


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("head", "told", "units"),
    [
        ("keep", "· the head knows 2 of 3 classes; new are middle\n", "0"),
        ("8,4", "· new head for 3 classes: dark, light, middle\n", "8,4"),
    ],
)
def test_a_head_is_kept_or_made(
    zoo: Callable, hyperparameters: Callable, head: str, told: str, units: str
) -> None:
    result = zoo("finetune", "blobs@best", "three", "--head", head, *FREEZE_ALL)
    assert (result.code, told in result.err) == (0, True)
    assert hyperparameters()["head_units"] == units


@pytest.mark.usefixtures("trained")
def test_a_network_is_rebuilt_for_other_images(zoo: Callable, plain: Callable) -> None:
    result = zoo("finetune", "blobs@best", "pets", "--image-size", 12, "--channels", 3, *FREEZE_ALL)
    assert plain(result.err).startswith(
        "· reading pets …\n· the network is rebuilt for 12×12 RGB; model ID takes 8×8 grayscale\n"
    )
    assert plain(result.out) == MODEL.format(
        dataset="pets", classes="2: cat, dog", input="12×12, RGB", parameters=142, size=568
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


# A comparison --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("trained")
def test_a_comparison(zoo: Callable, plain: Callable) -> None:
    result = zoo("finetune", "blobs@best", "three", "--epochs", 1, "--freeze", "all", "--compare")
    assert re.sub(r"  \d+\.\d  ID", "  #.#  ID", plain(result.out)) == (
        "freeze  val acc  test acc  trainable  seconds  model\n"
        "all  #.####  #.####  15  #.#  ID\n"
        "from scratch  #.####  #.####  111  #.#  ID\n"
    )
    told = [line for line in result.err.splitlines() if "fine-tuning" in line or "from scratch" in line]
    assert told == [
        "· fine-tuning with --freeze all",
        "· training tiny from scratch",
    ]


@pytest.mark.usefixtures("trained")
def test_a_comparison_without_freeze_as_json(zoo: Callable) -> None:
    results = json.loads(zoo("finetune", "blobs@best", "three", "--epochs", 1, "--compare", "--json").out)
    assert [result["way"] for result in results] == ["none", "all", "from scratch"]
    assert [result["model"]["trainable_parameters"] for result in results] == [111, 15, 111]
    assert all(result["seconds"] > 0 for result in results)


# Usage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--search", "--compare"], "--search and --compare exclude each other"),
        (["--trials", "3"], "--trials is for --search: give that too"),
        (["--freeze", "none,all"], "several --freeze with commas between are for --compare: give that too"),
        (["--compare", "--cpus-per-trial", "1"], "--cpus-per-trial is for --search: give that too"),
        (
            ["--compare", "--set", "freeze=all"],
            "--compare takes what it compares from --freeze: leave --set freeze out",
        ),
        (
            ["--head", "kep"],
            "Invalid value for '--head': 'kep' is neither keep, new nor numbers of units such as 256,128",
        ),
        (["--channels", "4"], "Invalid value for '--channels': '4' is not one of '1', '3'."),
        (
            ["--cache-dtype", "int8"],
            "Invalid value for '--cache-dtype': 'int8' is not one of 'float32', 'float16'.",
        ),
        (["--cache-copies", "0"], "Invalid value for '--cache-copies': 0 is not in the range x>=1."),
    ],
)
def test_what_is_no_usage(zoo: Callable, tmp_path: Path, options: list[str], message: str) -> None:
    result = zoo("finetune", "blobs@best", "three", *options)
    assert (result.code, result.err.splitlines()[-1]) == (2, f"Error: {message}")
    assert not (tmp_path / "registry.db").exists()
