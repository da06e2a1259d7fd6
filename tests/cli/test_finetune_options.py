"""The options of `zoo finetune` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.cli.finetune_options import make_tuning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
def test_usage_errors(zoo: Callable, tmp_path: Path, options: list[str], message: str) -> None:
    result = zoo("finetune", "blobs@best", "three", *options)
    assert (result.code, result.err.splitlines()[-1]) == (2, f"Error: {message}")
    assert not (tmp_path / "registry.db").exists()


def options(**values: object) -> dict[str, object]:
    """All that click hands on, None where it was not given."""
    names = (
        "head_epochs",
        "unfreeze_epochs",
        "layer_decay",
        "warmup_epochs",
        "batchnorm",
        "head",
        "channels",
    )
    return {**dict.fromkeys(names), **values}


def test_without_options_nothing_is_asked_for() -> None:
    assert make_tuning(options(), {}, None) == {"hyperparameters": {}, "head": None, "channels": None}


def test_the_schedule_and_freeze_are_hyperparameters() -> None:
    tuning = make_tuning(options(head_epochs="2", batchnorm="frozen"), {"dropout": "0"}, "all")
    assert tuning["hyperparameters"] == {
        "dropout": "0",
        "head_epochs": "2",
        "batchnorm": "frozen",
        "freeze": "all",
    }


@pytest.mark.parametrize(
    ("head", "kind", "units"),
    [("keep", "keep", {}), ("new", "new", {}), ("256,128", "new", {"head_units": "256,128"})],
)
def test_numbers_of_units_are_a_new_head(head: str, kind: str, units: dict[str, str]) -> None:
    tuning = make_tuning(options(head=head), {}, None)
    assert (tuning["head"], tuning["hyperparameters"]) == (kind, units)


def test_channels_become_a_number() -> None:
    assert make_tuning(options(channels="3"), {}, None)["channels"] == 3
