"""The values of a tensor are finite numbers."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from zoo.errors import WeightsError
from zoo.models.pretrained.tensors import Kind, StoredTensor, of_arrays


def tensor(array: np.ndarray) -> StoredTensor:
    return StoredTensor("w", array.shape, lambda: array)


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.float16, ml_dtypes.bfloat16, np.int64, np.uint8, np.bool_]
)
def test_numbers_of_any_type(dtype: type) -> None:
    assert tensor(np.ones((2, 1), dtype)).values().astype(np.float32).tolist() == [[1.0], [1.0]]


def test_bfloat16_as_numpy_stores_it() -> None:
    stored = np.ones(2, ml_dtypes.bfloat16).view("V2")
    assert tensor(stored).values().astype(np.float32).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1j]), np.zeros(1, "V3")])
def test_what_is_no_number_is_refused(array: np.ndarray) -> None:
    with pytest.raises(WeightsError, match=f"tensor 'w' is of type {array.dtype}, not numbers"):
        tensor(array).values()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16])
def test_values_that_are_not_finite_are_refused(value: float, dtype: type) -> None:
    with pytest.raises(WeightsError, match="tensor 'w' has values that are not finite: it is damaged"):
        tensor(np.array([1, value], dtype)).values()


@pytest.mark.filterwarnings("error")
def test_values_larger_than_the_weights_of_a_network_are_refused() -> None:
    with pytest.raises(
        WeightsError, match="tensor 'w' has values larger than float32 can represent: it is damaged"
    ):
        tensor(np.array([1, -1e39])).values()
    for array in (np.array([-3e38, 1e-300]), np.array([-(2**63), 2**63 - 1])):
        assert tensor(array).values().size == 2


def test_arrays_in_memory() -> None:
    stored = of_arrays({"a": np.ones((2, 3)), "b": np.zeros(())})
    assert stored.kind is Kind.NAMED
    assert [(each.name, each.shape, each.values().sum()) for each in stored.tensors] == [
        ("a", (2, 3), 6),
        ("b", (), 0),
    ]
