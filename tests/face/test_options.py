"""The options of the face are those of the command line: same names, same defaults, same ranges."""

from __future__ import annotations

import inspect
from typing import Any

import click
import pytest

import zoo
from zoo.cli.group import cli
from zoo.errors import HyperparameterError, SearchError
from zoo.face.arguments import RANGES
from zoo.face.options import extension, hidden_units, search_options, weights_name

# Options that choose what a command does or prints; `--set` is `hyperparameters`.
OF_THE_SCREEN = {"as_json", "dry_run", "compare", "search"}
OF_A_SEARCH = {
    *("algorithm", "trials", "objective", "pruner", "max_time", "target", "keep", "warm_start"),
    *("workers", "ray", "cpus_per_trial", "gpus_per_trial"),
}
ELSEWHERE = {"train": OF_THE_SCREEN, "search": OF_THE_SCREEN, "evaluate": OF_THE_SCREEN}
ELSEWHERE["finetune"] = OF_THE_SCREEN | OF_A_SEARCH


def options_of(command: str) -> dict[str, click.Parameter]:
    command_object = cli.get_command(click.Context(cli), command)
    assert command_object is not None
    return {
        option.name: option
        for option in command_object.params
        if option.name not in ELSEWHERE[command] and isinstance(option, click.Option) and option.name
    }


def parameters_of(command: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(getattr(zoo, command)).parameters)


@pytest.mark.parametrize("command", ELSEWHERE)
def test_every_option_of_the_command_is_a_keyword(command: str) -> None:
    assert set(options_of(command)) - set(parameters_of(command)) == set()


@pytest.mark.parametrize("command", ELSEWHERE)
def test_defaults_are_those_of_the_command(command: str) -> None:
    keywords = parameters_of(command)
    defaults = {name: option.to_info_dict()["default"] for name, option in options_of(command).items()}
    defaults.pop("hyperparameters", None)
    if defaults.pop("trials", None) is not None:
        assert keywords["trials"].default is None  # so that 10 can extend a search
    assert {name: keywords[name].default for name in defaults} == defaults


@pytest.mark.parametrize("command", ELSEWHERE)
def test_ranges_are_those_of_the_command(command: str) -> None:
    ranges = {
        name: (option.type.min, option.type.max)
        for name, option in options_of(command).items()
        if isinstance(option.type, click.IntRange | click.FloatRange)
    }
    assert {name: (RANGES[name].low, RANGES[name].high) for name in ranges} == ranges


def searching(**changes: Any) -> dict[str, Any]:
    defaults = {name: parameter.default for name, parameter in parameters_of("search").items()}
    return {**defaults, **changes}


def test_one_objective_is_searched_at_random_and_several_by_tpe() -> None:
    assert search_options(searching()).algorithm == "random"
    assert search_options(searching(objective=["val_accuracy", "params"])).algorithm == "tpe"


def test_a_search_has_ten_trials_unless_the_caller_says_more() -> None:
    assert search_options(searching()).trials == options_of("search")["trials"].default == 10
    assert search_options(searching(trials=12)).trials == 12


def test_ten_trials_extend_a_search_as_any_other_number_does() -> None:
    assert extension(searching(trials=10)).trials == 10
    assert extension(searching()).trials is None


def test_a_time_limit_counts_seconds() -> None:
    assert search_options(searching(max_time="2m")).max_seconds == 120


def test_a_warm_start_is_auto_or_off() -> None:
    assert [search_options(searching(warm_start=word)).warm_start for word in ("auto", "off")] == [
        True,
        False,
    ]
    with pytest.raises(SearchError, match="warm_start is 'auto' or 'off', got True"):
        search_options(searching(warm_start=True))


def test_a_head_is_kept_new_or_units() -> None:
    assert [hidden_units(head) for head in (None, "keep", "new", [64], "256,128")] == [
        *(None, None, None),
        *("64", "256,128"),
    ]
    with pytest.raises(HyperparameterError, match="head is 'keep', 'new' or numbers of units"):
        hidden_units("fresh")


def test_none_means_no_weights() -> None:
    assert [weights_name(weights) for weights in (None, "none", "imagenet")] == [None, None, "imagenet"]
