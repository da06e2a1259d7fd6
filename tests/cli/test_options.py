"""The options that train, search and finetune share: augmentation, class weights, oversampling, steps, fraction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMANDS = {
    "train": ["train", "tiny", "./photos"],
    "search": ["search", "tiny", "./photos", "--trials", 1],
    "finetune": ["finetune", "photos@best", "./photos"],
}
ASKED = ["--epochs", 1, "--class-weights", "balanced", "--steps-per-epoch", 2, "--fraction", 0.2]
STORED = {"class_weights": "balanced", "oversample": False, "steps_per_epoch": 2, "fraction": 0.2}


def newest_run(zoo: Callable) -> dict:
    return json.loads(zoo("show", json.loads(zoo("runs", "--json").out)[0]["id"], "--json").out)["run"]


@pytest.mark.usefixtures("photos", "trained")
@pytest.mark.parametrize("command", COMMANDS)
def test_all_three_commands_take_them(zoo: Callable, command: str) -> None:
    result = zoo(*COMMANDS[command], *ASKED, "--set", "augmentation=cutmix+classic")
    assert result.code == 0, result
    plan = newest_run(zoo)["plan"]
    assert (plan["training"]["sampling"], plan["hyperparameters"]["augmentation"]) == (
        STORED,
        "classic+cutmix",
    )


def test_they_are_reported_and_shown(zoo: Callable, photos: Path, plain: Callable) -> None:
    result = zoo("train", "tiny", "photos", "--epochs", 1, "--oversample", "--fraction", 0.5)
    assert plain(result.err) == (
        "· reading photos …\n"
        "· 142 trainable and 0 non-trainable parameters\n"
        "run ID: tiny on photos\n"
        "· trains on 20 of 41 training images; all validation and test images are used\n"
        "· classes of 8 to 12 training images come equally often in an epoch\n"
        "epoch  1/1  loss #.####  acc #.####  val_loss #.####  val_acc #.####  #.# s\n"
    )
    (settings,) = (
        line for line in zoo("show", "photos@best").out.splitlines() if line.startswith("settings")
    )
    assert settings.split() == [
        "settings",
        "epochs=1",
        "seed=0",
        "patience=10",
        "oversample=True",
        "fraction=0.5",
        "image_size=12",
        "channels=3",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--class-weights", "balanced", "--oversample"],
            "--class-weights balanced and --oversample both balance the classes: leave one of the two out",
        ),
        (
            ["--set", "augmentation=classic+mixpu"],
            (
                "augmentation must be one of none, flip, light, classic, randaugment, mixup, cutmix, "
                "or several of them, each once, as in classic+mixup, got 'classic+mixpu'"
            ),
        ),
    ],
)
def test_impossible_options_are_refused(refused: Callable, options: list[str], message: str) -> None:
    assert refused("train", "tiny", "blobs", *options) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fraction", "0"], "Invalid value for '--fraction': 0.0 is not in the range 0<x<=1."),
        (["--fraction", "1.1"], "Invalid value for '--fraction': 1.1 is not in the range 0<x<=1."),
        (
            ["--steps-per-epoch", "0"],
            "Invalid value for '--steps-per-epoch': 0 is not in the range 1<=x<=1000000.",
        ),
        (
            ["--class-weights", "heavy"],
            "Invalid value for '--class-weights': 'heavy' is not one of 'balanced', 'none'.",
        ),
    ],
)
def test_a_value_out_of_range_is_a_usage_error(zoo: Callable, options: list[str], message: str) -> None:
    result = zoo("train", "tiny", "blobs", *options)
    assert (result.code, result.err.splitlines()[-1]) == (2, f"Error: {message}")


def test_a_resumed_search_takes_none_of_them(zoo: Callable) -> None:
    result = zoo("search", "--resume", "abc", "--fraction", 0.5)
    taken = "--trials, --max-time, --target, --strict, --json and the options of Ray"
    message = f"Error: --resume takes only {taken} beside it: the search remembers the rest"
    assert (result.code, result.err.splitlines()[-1]) == (2, message)
