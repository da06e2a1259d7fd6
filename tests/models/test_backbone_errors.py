"""The errors of a plugin's backbone, each in one line."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import pytest

from tests.architectures import architecture_of
from zoo.errors import ContractError, ZooError
from zoo.models.backbone_errors import reported, watched
from zoo.models.building import space_builder
from zoo.models.exploration import explore

if TYPE_CHECKING:
    from collections.abc import Callable


def missing_package(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    import keras_of_another_world

    return keras_of_another_world


def wrong_layer(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    def convolved(filters: int) -> Any:
        return keras.layers.Conv2D(filters, 3)(inputs)

    return convolved(-1)


def line(function: Callable[..., Any], number: int) -> str:
    return f"{__file__}:{function.__code__.co_firstlineno + number}"


def message_of(backbone: Callable[..., Any]) -> str:
    architecture = architecture_of(backbone, "mine")
    with pytest.raises(ContractError) as error, reported(architecture):
        explore(space_builder(architecture, image_size=8, channels=1))
    return str(error.value)


def test_the_type_the_reason_and_the_line_of_the_plugin_are_reported() -> None:
    assert message_of(missing_package) == (
        "architecture 'mine': its backbone cannot be built: ModuleNotFoundError: No module named "
        f"'keras_of_another_world' ({line(missing_package, 1)})"
    )


@pytest.mark.parametrize("backbone", [wrong_layer, partial(wrong_layer)])
def test_the_innermost_line_of_the_plugin_is_reported(backbone: Callable[..., Any]) -> None:
    message = message_of(backbone)
    assert message.startswith("architecture 'mine': its backbone cannot be built: ValueError: Invalid value")
    assert message.endswith(f" ({line(wrong_layer, 2)})")
    assert "\n" not in message


def test_zoos_own_errors_are_left_as_they_are() -> None:
    with pytest.raises(ZooError, match="mine"), reported(architecture_of(wrong_layer)):
        raise ZooError("mine")


def test_a_build_that_does_not_end_is_reported_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    with watched(architecture_of(lambda hp, inputs, *, weights=None: inputs, "slow"), 0.05):
        time.sleep(0.5)
    with watched(architecture_of(lambda hp, inputs, *, weights=None: inputs, "quick"), 0.5):
        pass
    time.sleep(0.6)
    line = watched_line()
    assert capsys.readouterr().err == (
        f"architecture 'slow': its backbone has been building for 0.05 s ({__file__}:{line}): check for an endless "
        "loop; Ctrl-C ends the work\n"
    )


def watched_line() -> int:
    """The line that sleeps in the test."""
    test = test_a_build_that_does_not_end_is_reported_with_its_place
    return test.__code__.co_firstlineno + 2
