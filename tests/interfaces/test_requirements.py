"""The checks that all descriptions share; each description's own tests have its messages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from zoo.errors import ContractError
from zoo.interfaces.requirements import is_names, require_description, require_functions


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
