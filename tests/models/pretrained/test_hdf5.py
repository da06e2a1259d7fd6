"""Tensors of HDF5 files: of Keras 3, of Keras 1 and 2, and of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import ml_dtypes
import numpy as np
import pytest

from tests.models.pretrained.networks import network
from tests.plugins.weights_files import save_as_keras_2_does
from zoo.errors import WeightsError
from zoo.models.pretrained.hdf5 import read_hdf5
from zoo.models.pretrained.tensors import Kind

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = ["first", "first_bn", "second", "top"]
PLACES = ["conv2d", "batch_normalization", "conv2d_1", "dense"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights.h5"


def read(path: Path) -> tuple[Kind, dict[str, tuple[tuple[int, ...], str]]]:
    """The kind of the file, and name -> shape and layer."""
    with h5py.File(path) as file:
        kind, tensors = read_hdf5([file])
        assert all(tensor.values().shape == tensor.shape for tensor in tensors)
        return kind, {tensor.name: (tensor.shape, tensor.layer) for tensor in tensors}


def test_a_file_of_keras_3_names_layers_by_class_and_number(tmp_path: Path) -> None:
    model = network(top=True)
    model.save_weights(tmp_path / "net.weights.h5")
    kind, tensors = read(tmp_path / "net.weights.h5")
    assert kind is Kind.KERAS_3
    assert {name.split("/")[1]: layer for name, (_, layer) in tensors.items()} == dict(
        zip(PLACES, LAYERS, strict=True)
    )
    assert tensors["layers/conv2d/vars/0"] == ((3, 3, 3, 4), "first")
    assert len(tensors) == len(model.weights)


def test_what_keras_stores_for_training_is_no_weight(tmp_path: Path) -> None:
    model = network(top=True)
    model.compile("adam", "mse")
    model.fit(np.ones((1, 8, 8, 3)), np.ones((1, 2)), verbose=0)
    model.save_weights(tmp_path / "net.weights.h5")
    with h5py.File(tmp_path / "net.weights.h5", "a") as file:
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2)
        file["metrics/mean/vars/0"] = np.zeros(())  # of the Keras of TensorFlow 2.13
        assert "optimizer" in file
    assert len(read(tmp_path / "net.weights.h5")[1]) == len(model.weights)


def test_a_file_of_the_keras_of_tensorflow_2_13(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["_layer_checkpoint_dependencies/conv2d/vars/0"] = np.ones((2, 2))
    assert read(path) == (Kind.KERAS_3, {"layers/conv2d/vars/0": ((2, 2), "")})


def test_a_file_of_keras_2_names_layer_and_weight_in_order(path: Path) -> None:
    save_as_keras_2_does(network(top=True), path)
    kind, tensors = read(path)
    assert kind is Kind.KERAS_2
    assert list(dict.fromkeys(layer for _, layer in tensors.values())) == LAYERS
    assert list(tensors)[:3] == ["first/kernel", "first/bias", "first_bn/gamma"]


def test_a_whole_model_of_keras_2(tmp_path: Path) -> None:
    model = network(top=True)
    model.save(tmp_path / "whole.h5")
    kind, tensors = read(tmp_path / "whole.h5")
    assert kind is Kind.KERAS_2
    assert [name for name in tensors if name.startswith("first_bn")] == [
        f"first_bn/{part}" for part in ("gamma", "beta", "moving_mean", "moving_variance")
    ]


def test_more_layers_than_an_attribute_can_name(path: Path) -> None:
    """HDF5's attributes are limited to 64 KB, so Keras writes layer_names0, layer_names1, …."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names0"], file.attrs["layer_names1"] = [b"a"], ["b"]
        for name in ("a", "b"):
            file.create_group(name).attrs["weight_names"] = [b"kernel:0"]
            file[f"{name}/kernel:0"] = np.ones(2)
    assert read(path) == (Kind.KERAS_2, {"a/kernel": ((2,), "a"), "b/kernel": ((2,), "b")})


def test_equal_names_within_a_layer_are_numbered(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"a"]
        group = file.create_group("a")
        group.attrs["weight_names"] = [b"kernel:0", b"a/kernel:0"]
        group["kernel:0"], group["a/kernel:0"] = np.ones(2), np.ones(3)
    assert read(path)[1] == {"a/kernel": ((2,), "a"), "a/kernel_2": ((3,), "a")}


def test_any_other_file_names_its_datasets(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["block1/conv1/weights"] = np.ones((2, 2))
        file["step"] = 3
    assert read(path) == (Kind.NAMED, {"block1/conv1/weights": ((2, 2), ""), "step": ((), "")})


def test_bfloat16(path: Path) -> None:
    with h5py.File(path, "w") as file:
        data = file.create_dataset("layers/conv2d/vars/0", data=np.ones(2, ml_dtypes.bfloat16))
        data.attrs["dtype"] = "bfloat16"
    with h5py.File(path) as file:
        (tensor,) = read_hdf5([file])[1]
        assert tensor.values().astype(np.float32).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("layers", [False, True], ids=["any file", "of Keras 2"])
def test_values_in_another_file_are_not_read(path: Path, tmp_path: Path, layers: bool) -> None:
    (tmp_path / "secret").write_bytes(bytes(8))
    with h5py.File(path, "w") as file:
        if layers:
            file.attrs["layer_names"] = ["a"]
            file.create_group("a").attrs["weight_names"] = ["w"]
        file.create_dataset("a/w", (2,), "f4", external=[(str(tmp_path / "secret"), 0, 8)])
    with pytest.raises(WeightsError, match="tensor 'a/w' is in another file, to which it refers"):
        read(path)


def test_a_layer_in_another_file_is_not_read(path: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["w"] = np.ones(2)
        file.attrs["weight_names"] = ["w"]
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["a"]
        file["a"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/")
    with pytest.raises(WeightsError, match="tensor 'a/w' is in another file, to which it refers"):
        read(path)


def test_links_to_other_files_are_not_followed(path: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["w"] = np.ones(2)
    with h5py.File(path, "w") as file:
        file["link"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "w")
        file["own"] = np.ones(3)
    assert read(path)[1] == {"own": ((3,), "")}
