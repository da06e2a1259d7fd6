"""The checks that all descriptions share; each description's own tests have its messages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from zoo.errors import ContractError
from zoo.interfaces.requirements import is_names, require_backbone, require_description, require_functions


@pytest.mark.parametrize(
    ("value", "expected"), [((), True), (("a", "b"), True), (["a"], False), (("a", ""), False), ("a", False)]
)
def test_names(value: object, expected: bool) -> None:
    assert is_names(value) is expected


def test_a_description_needs_a_name_and_texts() -> None:
    require_description("net", "a-1", "s", "r")
    with pytest.raises(ContractError, match="net 'a': reference must be text, got ' '"):
        require_description("net", "a", "s", " ")


def test_only_optional_functions_may_be_left_out() -> None:
    described = SimpleNamespace(load=print, sample=None)
    require_functions("net 'a'", described, "load", optional=("sample",))
    with pytest.raises(ContractError, match="net 'a': sample must be a function, got None"):
        require_functions("net 'a'", described, "load", "sample", optional=())


def complete(hp: Any, inputs: Any, *, weights: str | None = None) -> None: ...
def turned(inputs: Any, hp: Any, *, weights: str | None = None) -> None: ...
def without_weights(hp: Any, inputs: Any) -> None: ...
def with_more(hp: Any, inputs: Any, classes: int, *, weights: str | None = None) -> None: ...


@pytest.mark.parametrize("backbone", [complete, lambda *a, **k: None, max])
def test_a_backbone_may_be_any_function_that_takes_its_arguments(backbone: Any) -> None:
    require_backbone("net 'a'", backbone)


@pytest.mark.parametrize(
    ("backbone", "parameters"),
    [
        (turned, "inputs, hp, weights"),
        (without_weights, "hp, inputs"),
        (with_more, "hp, inputs, classes, weights"),
    ],
)
def test_a_backbone_with_other_parameters_is_refused(backbone: Any, parameters: str) -> None:
    with pytest.raises(ContractError) as caught:
        require_backbone("net 'a'", backbone)
    expected = "backbone must have the parameters (hp, inputs, *, weights=None)"
    assert str(caught.value) == f"net 'a': {expected}, got ({parameters})"
