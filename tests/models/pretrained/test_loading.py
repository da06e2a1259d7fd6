"""`zoo.load_weights`: the right weights arrive whole, the wrong ones are refused in one line and change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import layers
from safetensors.numpy import save_file

from tests.models.pretrained.networks import network, randomised, same_weights
from tests.plugins.weights_files import save
from zoo import ZooError, load_weights
from zoo.errors import ContractError, WeightsError
from zoo.models.pretrained.report import WeightsReport, reports_to

ASSETS = Path(__file__).parent / "assets"
SAME = "give a file that was saved from the same network, with the same hyperparameters"


def refusal(*arguments: Any, **options: Any) -> str:
    """The message, which is one line."""
    with pytest.raises(ZooError) as caught:
        load_weights(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def weights_of(model: keras.Model) -> list[bytes]:
    return [weight.tobytes() for weight in model.get_weights()]


def test_the_features_of_a_network_are_enough(tmp_path: Path) -> None:
    source, target = network(), randomised(network(), seed=1)
    load_weights(target.get_layer("second").output, save(source, tmp_path / "file.weights.h5"))
    assert same_weights(target, source)


def test_arrays_instead_of_a_file() -> None:
    source, target = network(), randomised(network(), seed=1)
    load_weights(target, {weight.path: weight.numpy() for weight in source.weights})
    assert same_weights(target, source)


@pytest.mark.parametrize("name", ["weights.npz", "whole.h5", "alone.h5", "whole.keras", "alone.weights.h5"])
def test_files_that_keras_2_wrote(name: str) -> None:
    inputs = keras.Input((8, 8, 3))
    x = layers.BatchNormalization(name="first_bn")(layers.Conv2D(2, 3, name="first")(inputs))
    target = keras.Model(inputs, x)
    report = load_weights(target, ASSETS / name)
    with np.load(ASSETS / "weights.npz") as arrays:
        expected = [arrays[f"arr_{number}"] for number in range(6)]
    assert all(map(np.array_equal, target.get_weights(), expected))
    assert len(report.unused) == 2


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float64])
def test_numbers_of_other_types_become_those_of_the_network(tmp_path: Path, dtype: type) -> None:
    source, target = network(), randomised(network(), seed=1)
    save_file(
        {weight.path: weight.numpy().astype(dtype) for weight in source.weights}, tmp_path / "w.safetensors"
    )
    load_weights(target, tmp_path / "w.safetensors")
    expected = [weight.astype(dtype).astype(np.float32) for weight in source.get_weights()]
    assert all(map(np.array_equal, target.get_weights(), expected))


@pytest.mark.parametrize(
    ("kind", "tensor"), [("weights.h5", "layers/conv2d/vars/0"), ("older.h5", "first/kernel")]
)
def test_a_file_of_another_shape(tmp_path: Path, kind: str, tensor: str) -> None:
    path, target = save(network(filters=8), tmp_path / f"file.{kind}"), network()
    before = weights_of(target)
    assert refusal(target, path) == (
        f"weights {path} do not fit the network: 8 of 8 variables get nothing; tensor '{tensor}' is (3, 3, 3, 8) and "
        f"the variable first/kernel (3, 3, 3, 4); {SAME}"
    )
    assert weights_of(target) == before


def test_a_file_without_some_of_the_weights(tmp_path: Path) -> None:
    path, target = save(network(), tmp_path / "file.weights.h5"), network(top=True)
    before = weights_of(target)
    assert refusal(target, path) == (
        f"weights {path} do not fit the network: 2 of 10 variables get nothing; the file has no tensor for top/kernel "
        f"(4, 2); {SAME}"
    )
    assert weights_of(target) == before


def test_what_is_missing_keeps_its_values_if_asked(tmp_path: Path) -> None:
    source, target = network(), randomised(network(top=True), seed=1)
    top = weights_of(target)[-2:]
    report = load_weights(target, save(source, tmp_path / "file.keras"), strict=False)
    assert report.missing == (("top/kernel", (4, 2)), ("top/bias", (2,)))
    assert weights_of(target) == weights_of(source) + top


def test_a_file_that_fits_nothing_is_refused_even_then(tmp_path: Path) -> None:
    np.savez(tmp_path / "file.npz", x=np.ones(3))
    assert refusal(network(), tmp_path / "file.npz", strict=False) == (
        f"weights {tmp_path / 'file.npz'} do not fit the network: 8 of 8 variables get nothing; the file has no tensor "
        "for first/kernel (3, 3, 3, 4), but has 'x' (3,); give a file of this network, or map its names with "
        "zoo.load_weights(…, rename)"
    )


def test_pytorchs_names_and_layouts_are_recognised_in_the_advice(tmp_path: Path) -> None:
    save_file({"first.weight": np.ones((4, 3, 3, 3), np.float32)}, tmp_path / "file.safetensors")
    path = tmp_path / "file.safetensors"
    assert refusal(network(), path).endswith(
        "; its names are PyTorch's: map them with zoo.load_weights(…, rename, layout='torch')"
    )
    assert refusal(network(), path, lambda name, shape: "first/kernel").endswith(
        "; its kernels are in PyTorch's layout: load them with zoo.load_weights(…, layout='torch')"
    )


def test_a_damaged_tensor_is_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    target = network()
    before = weights_of(target)
    arrays = {weight.path: weight.numpy() for weight in target.weights}
    arrays["second/bias"] = np.full(4, np.nan)
    np.savez(tmp_path / "file.npz", **arrays)
    assert refusal(target, tmp_path / "file.npz") == (
        f"weights {tmp_path / 'file.npz'} cannot be read: tensor 'second/bias' has values that are not finite: it is "
        "damaged"
    )
    assert weights_of(target) == before


@pytest.mark.parametrize("kind", ["weights.h5", "keras", "older.h5"])
def test_a_file_with_overwritten_values(tmp_path: Path, kind: str) -> None:
    """The list of its tensors is whole, so the damage shows when they are read, if at all."""
    source = network()
    path = save(source, tmp_path / f"file.{kind}")
    content = bytearray(path.read_bytes())
    start = bytes(content).find(source.get_layer("second").kernel.numpy().tobytes())
    content[start : start + 100] = b"\xff" * 100
    path.write_bytes(content)
    assert refusal(network(), path).startswith(f"weights {path} cannot be read: ")


def test_the_report_reaches_the_listener_before_a_refusal(tmp_path: Path) -> None:
    reports: list[WeightsReport] = []
    path = save(network(), tmp_path / "file.weights.h5")
    with reports_to(reports.append):
        loaded = load_weights(network(), path)
        refusal(network(top=True), path)
    assert reports[0] == loaded
    assert reports[1].missing == (("top/kernel", (4, 2)), ("top/bias", (2,)))


@pytest.mark.parametrize(
    ("model", "options", "problem"),
    [
        (lambda: keras.Sequential(), {}, r"load_weights: the model '.*' has no variables yet: call it first"),
        (list, {}, r"load_weights takes a keras.Model or the features of a network, got \[\]"),
        (
            lambda: keras.Model(x := keras.Input((3,)), keras.layers.ReLU()(x)),
            {},
            "load_weights: the model .* has no weights",
        ),
        (network, {"layout": "caffe"}, "layout must be 'keras' or 'torch', got 'caffe'"),
    ],
)
def test_arguments_of_the_wrong_type(model: Any, options: Any, problem: str) -> None:
    with pytest.raises(ContractError, match=problem):
        load_weights(model(), {}, **options)


def test_an_unreadable_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is no weights file"):
        load_weights(network(), tmp_path / "gone.npz")


def test_no_weights_are_no_file_to_load() -> None:
    """As where a backbone forgets to ask whether `weights` is None."""
    with pytest.raises(ContractError, match="needs a path or arrays by name, got None: call it only where"):
        load_weights(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), None)


def test_arrays_may_be_lists() -> None:
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="fc")])
    load_weights(network, {"fc/kernel": [[1.0], [2.0]], "fc/bias": [3.0]})
    assert network(np.ones((1, 2))).numpy().tolist() == [[6.0]]
