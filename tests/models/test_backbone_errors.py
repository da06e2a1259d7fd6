"""The errors of a plugin's backbone, each in one line."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import pytest

from tests.architectures import architecture_of
from zoo.errors import ContractError, TimeLimitError, ZooError
from zoo.models.backbone_errors import call_watched, located, reported
from zoo.models.building import SpaceBuilder
from zoo.models.exploration import explore
from zoo.models.flatten import flatten
from zoo.plugin_code.discovery import import_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIX = "fix the plugin, and test it with `zoo plugins check mine`"


def missing_package(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    import keras_of_another_world

    return keras_of_another_world


def wrong_layer(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    def convolved(filters: int) -> Any:
        return keras.layers.Conv2D(filters, 3)(inputs)

    return convolved(-1)


def no_reason(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    raise RuntimeError


def endless(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    while True:
        pass


def sometimes_endless(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    while hp.Int("depth", 1, 9) > 4:
        pass
    return keras.layers.Conv2D(2, 3)(inputs)


def line(function: Callable[..., Any], number: int) -> str:
    return f"{__file__}:{function.__code__.co_firstlineno + number}"


def message_of(backbone: Callable[..., Any]) -> str:
    architecture = architecture_of(backbone, "mine")
    with pytest.raises(ContractError) as error, reported(architecture):
        explore(SpaceBuilder(architecture, image_size=8, channels=1))
    return str(error.value)


def test_the_type_the_reason_the_line_of_the_plugin_and_advice_are_reported() -> None:
    assert message_of(missing_package) == (
        "architecture 'mine': its backbone cannot be built: ModuleNotFoundError: No module named "
        f"'keras_of_another_world' ({line(missing_package, 1)}): install the package that provides "
        "'keras_of_another_world', or correct the import"
    )


def test_an_error_without_a_reason_is_reported_by_its_type() -> None:
    assert message_of(no_reason) == (
        f"architecture 'mine': its backbone cannot be built: RuntimeError ({line(no_reason, 1)}): {FIX}"
    )


class Ends(BaseException):
    """Is no Exception."""


class Silent(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (Ends("now"), "Ends: now"),
        (GeneratorExit("now"), "GeneratorExit: now"),
        (BaseExceptionGroup("all", [KeyboardInterrupt()]), "BaseExceptionGroup: all (1 sub-exception)"),
        (Silent(), "Silent"),
        (RecursionError("x" * 9000), f"RecursionError: {'x' * 300} …"),
        (ValueError("a bell \a"), r"ValueError: a bell \x07"),
    ],
)
def test_whatever_a_backbone_raises_is_one_line(raised: BaseException, reason: str) -> None:
    def raises(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        raise raised

    assert message_of(raises) == (
        f"architecture 'mine': its backbone cannot be built: {reason} ({line(raises, 1)}): {FIX}"
    )


def test_ctrl_c_in_a_backbone_stays() -> None:
    with pytest.raises(KeyboardInterrupt), reported(architecture_of(no_reason, "mine")):
        raise KeyboardInterrupt


@pytest.mark.parametrize("reason", ["RuntimeError: boom", "RuntimeErrors happen"])
def test_a_reason_that_begins_with_the_type_is_whole(reason: str) -> None:
    with pytest.raises(ContractError) as error, reported(architecture_of(no_reason, "mine")):
        raise RuntimeError(reason)
    assert f": its backbone cannot be built: RuntimeError: {reason} (" in str(error.value)


@pytest.mark.parametrize("backbone", [wrong_layer, partial(wrong_layer)])
def test_the_innermost_line_of_the_plugin_is_reported(backbone: Callable[..., Any]) -> None:
    message = message_of(backbone)
    assert message.startswith("architecture 'mine': its backbone cannot be built: ValueError: Invalid value")
    assert message.endswith(f" ({line(wrong_layer, 2)}): {FIX}")
    assert "\n" not in message


def test_an_error_that_passed_no_line_of_the_plugin_has_that_of_its_backbone(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("\ndef backbone(hp, inputs, *, weights=None):\n    return inputs\n")
    backbone = import_file(file).backbone
    with pytest.raises(ContractError) as error, reported(architecture_of(backbone, "mine")):
        raise ValueError("no")
    assert f"ValueError: no ({file}:2): {FIX}" in str(error.value)


def test_zoos_own_errors_are_left_as_they_are() -> None:
    with pytest.raises(ZooError, match="mine"), reported(architecture_of(wrong_layer)):
        raise ZooError("mine")


def flattened(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return flatten(keras.layers.Flatten(name="flat"), inputs)


def test_an_error_of_a_function_of_zoo_has_the_architecture_and_the_line_that_calls_it() -> None:
    message = message_of(flattened)
    assert message.startswith("architecture 'mine': 'flat' (Flatten) cannot be laid flat: ")
    assert message.endswith(f" from Architecture.custom_layers ({line(flattened, 1)})")


def test_an_error_of_a_backbones_features_has_the_line_of_the_backbone() -> None:
    message = message_of(lambda hp, inputs, *, weights=None: None)
    assert re.fullmatch(
        rf"architecture 'mine': backbone must return a tensor .*, got None \({re.escape(__file__)}:\d+\)",
        message,
    )


@pytest.mark.parametrize(
    "message", ["architecture 'mine': no (own.py:3)", "architecture 'mine': no (own.py:3): fix"]
)
def test_a_place_stays_the_only_one(message: str) -> None:
    with pytest.raises(ContractError) as error, located(architecture_of(wrong_layer, "mine")):
        raise ContractError(message)
    assert str(error.value) == message


@pytest.mark.parametrize("backbone", [endless, sometimes_endless])
def test_a_build_that_does_not_end_is_stopped_with_its_line(
    backbone: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "2")
    message = message_of(backbone)
    assert message.startswith("architecture 'mine': its backbone has been building for 2 s (")
    assert f"({line(backbone, 1)})" in message or f"({line(backbone, 2)})" in message


class EndlessConfig(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        while True:
            pass


def test_a_get_config_that_does_not_end_is_stopped_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "2")
    message = message_of(lambda hp, inputs, *, weights=None: EndlessConfig()(inputs))
    assert message.startswith(
        f"architecture 'mine': the get_config of a layer has been running for 2 s ({__file__}:"
    )


def test_only_what_is_limited_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_PLUGIN_TIMEOUT", "0.1")
    architecture, calls = architecture_of(endless, "mine"), [0]

    def counts() -> int:
        while calls[0] < 10_000_000:
            calls[0] += 1
        return calls[0]

    assert call_watched(architecture, counts, "its adapt has been running", limited=False) == 10_000_000
    with pytest.raises(TimeLimitError, match="'mine': its backbone has been building for"):
        call_watched(architecture, lambda: endless(0, 0), "its backbone has been building", limited=True)
