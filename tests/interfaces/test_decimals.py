"""Numbers in plain decimal notation."""

from __future__ import annotations

import pytest

from zoo.interfaces.decimals import number, whole_number

NO_NUMBERS = [
    "1_0",
    " 1",
    "1 ",
    "",
    "١",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "0x10",
    "1,5",
    "--1",
    "1e",
    ".",
    "e3",
    "1\n",
]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.001", 0.001), ("1e-3", 0.001), ("-2", -2), ("+2.", 2), (".5", 0.5), ("1E3", 1000), ("007", 7)],
)
def test_numbers(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_text_that_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number such as 0\.001 or 1e-3"):
        number(text)


@pytest.mark.parametrize(("text", "value"), [("10", 10), ("-12", -12), ("+1", 1), ("010", 10)])
def test_whole_numbers(text: str, value: int) -> None:
    assert whole_number(text) == value


@pytest.mark.parametrize("text", [*NO_NUMBERS, "1.0", "1e3"])
def test_text_that_is_no_whole_number(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number such as 10"):
        whole_number(text)


def test_a_whole_number_that_does_not_fit_into_64_bits() -> None:
    with pytest.raises(ValueError, match="has more than 18 digits"):
        whole_number("9" * 30)
