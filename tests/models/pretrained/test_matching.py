"""Which variable each tensor of a file is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from safetensors.numpy import save_file

from tests.models.pretrained.networks import network, randomised, same_weights
from tests.plugins.weights_files import save
from zoo.errors import ContractError
from zoo.models.pretrained.loading import load_weights

if TYPE_CHECKING:
    from pathlib import Path

KERAS = ("weights.h5", "keras", "older.h5", "whole.h5")


@pytest.mark.parametrize("top", [False, True], ids=["bare", "with-top"])
@pytest.mark.parametrize("kind", KERAS)
def test_layers_with_names_are_matched_by_name(tmp_path: Path, kind: str, top: bool) -> None:
    source, target = network(top=top), network()
    report = load_weights(target, save(source, tmp_path / f"file.{kind}"))
    assert report.rule == "by name"
    assert same_weights(target, source)
    assert [name for name, _ in report.unused if "top" in name or "dense" in name] == [
        name for name, _ in report.unused
    ]


@pytest.mark.parametrize("kind", KERAS)
def test_layers_that_keras_numbers_are_matched_by_their_place(tmp_path: Path, kind: str) -> None:
    source = network(names=False, top=True)
    path = save(source, tmp_path / f"file.{kind}")
    target = network(names=False)
    assert [layer.name for layer in source.layers[:4]] != [layer.name for layer in target.layers[:4]]
    report = load_weights(target, path)
    assert report.rule == ("in order" if kind.endswith(("older.h5", "whole.h5")) else "by place")
    assert same_weights(target, source)


def swapped(*, first: str, second: str, seed: int) -> keras.Model:
    """Two layers of one shape, in the order of their names here."""
    inputs = keras.Input((3,))
    x = layers.Dense(3, name=second)(layers.Dense(3, name=first)(inputs))
    return randomised(keras.Model(inputs, x), seed)


@pytest.mark.parametrize("kind", KERAS)
def test_names_count_more_than_the_order(tmp_path: Path, kind: str) -> None:
    source = swapped(first="a", second="b", seed=1)
    target = swapped(first="b", second="a", seed=2)
    load_weights(target, save(source, tmp_path / f"file.{kind}"))
    for name in ("a", "b"):
        assert np.array_equal(target.get_layer(name).kernel, source.get_layer(name).kernel)


@pytest.mark.parametrize("kind", KERAS)
def test_a_layer_without_a_name_does_not_spoil_the_names_of_the_others(tmp_path: Path, kind: str) -> None:
    def with_unnamed(first: str, second: str, seed: int) -> keras.Model:
        inputs = keras.Input((3,))
        x = layers.Dense(3, name=second)(layers.Dense(3, name=first)(inputs))
        return randomised(keras.Model(inputs, layers.LayerNormalization()(x)), seed)

    source, target = with_unnamed("a", "b", seed=1), with_unnamed("b", "a", seed=2)
    report = load_weights(target, save(source, tmp_path / f"file.{kind}"))
    assert report.rule == "by name"
    for name in ("a", "b"):
        assert np.array_equal(target.get_layer(name).kernel, source.get_layer(name).kernel)
    assert np.array_equal(target.layers[-1].gamma, source.layers[-1].gamma)


@pytest.mark.parametrize("names", [True, False], ids=["named", "numbered"])
@pytest.mark.parametrize("kind", KERAS)
def test_the_weights_of_a_network_inside_another(tmp_path: Path, kind: str, names: bool) -> None:
    """As Keras's guides build it for transfer learning: a nested network, pooling and a dense layer."""
    inner = network(names=names)
    inputs = keras.Input((8, 8, 3))
    outer = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(inner(inputs))))
    path = save(outer, tmp_path / f"file.{kind}")
    target = randomised(network(names=names), seed=1)
    report = load_weights(target, path)
    assert same_weights(target, inner)
    assert len(report.unused) == 2


@pytest.mark.parametrize("kind", KERAS)
def test_layers_inside_layers(tmp_path: Path, kind: str) -> None:
    def attention(seed: int) -> keras.Model:
        inputs = keras.Input((4, 6))
        x = layers.MultiHeadAttention(2, 3, name="attention")(inputs, inputs)
        x = layers.Bidirectional(layers.GRU(3), name="both")(x)
        return randomised(keras.Model(inputs, x), seed)

    source, target = attention(1), attention(2)
    load_weights(target, save(source, tmp_path / f"file.{kind}"))
    assert same_weights(target, source)


def test_arrays_without_names_are_in_the_order_of_get_weights(tmp_path: Path) -> None:
    source, target = network(top=True), randomised(network(), seed=1)
    np.savez(tmp_path / "file.npz", *source.get_weights())
    report = load_weights(target, tmp_path / "file.npz")
    assert (report.rule, len(report.unused)) == ("in order", 2)
    assert same_weights(target, source)


def by_path(model: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: weight.numpy() for weight in model.weights}


@pytest.mark.parametrize("separator", ["/", "."])
@pytest.mark.parametrize("suffix", ["", ":0"])
def test_names_of_variables_in_any_file(tmp_path: Path, separator: str, suffix: str) -> None:
    source, target = network(), randomised(network(), seed=1)
    arrays = {f"{name.replace('/', separator)}{suffix}": array for name, array in by_path(source).items()}
    np.savez(tmp_path / "file.npz", **arrays)
    save_file(arrays, tmp_path / "file.safetensors")
    for name in ("file.npz", "file.safetensors"):
        target.set_weights([np.zeros(weight.shape) for weight in target.weights])
        assert load_weights(target, tmp_path / name).rule == "by name"
        assert same_weights(target, source)


def test_an_hdf5_file_that_is_not_of_keras(tmp_path: Path) -> None:
    source, target = network(), randomised(network(), seed=1)
    with h5py.File(tmp_path / "file.h5", "w") as file:
        for name, array in by_path(source).items():
            file[name] = array
    load_weights(target, tmp_path / "file.h5")
    assert same_weights(target, source)


# A plugin's names -----------------------------------------------------------------------------------------


def slim(name: str) -> str:
    """`first_bn/moving_mean` as `net/first/BatchNorm/moving_mean`, and `first/kernel` as `net/first/weights`."""
    layer, _, part = name.partition("/")
    if layer.endswith("_bn"):
        return f"net/{layer.removesuffix('_bn')}/BatchNorm/{part}"
    return f"net/{layer}/{ {'kernel': 'weights', 'bias': 'biases'}[part] }"


def from_slim(name: str, shape: tuple[int, ...]) -> str | None:
    if name == "global_step":
        return None
    layer, _, part = name.removeprefix("net/").rpartition("/")
    if layer.endswith("/BatchNorm"):
        return f"{layer.removesuffix('/BatchNorm')}_bn/{part}"
    return f"{layer}/{ {'weights': 'kernel', 'biases': 'bias'}[part] }"


def test_a_function_maps_foreign_names(tmp_path: Path) -> None:
    source, target = network(), randomised(network(), seed=1)
    arrays = {slim(name): array for name, array in by_path(source).items()}
    np.savez(tmp_path / "slim.npz", global_step=np.int64(7), **arrays)
    report = load_weights(target, tmp_path / "slim.npz", from_slim)
    assert same_weights(target, source)
    assert (report.rule, report.left_out, report.unused) == ("by rename", (("global_step", ()),), ())


def torch_arrays(model: keras.Model) -> dict[str, np.ndarray]:
    """As torch.nn stores the same network: other names, and other layouts."""
    names = {"kernel": "weight", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean"}
    names["moving_variance"] = "running_var"
    arrays = {"first_bn.num_batches_tracked": np.array(7)}
    for name, array in by_path(model).items():
        layer, _, part = name.partition("/")
        array = np.ascontiguousarray(array.transpose(3, 2, 0, 1)) if array.ndim == 4 else array
        arrays[f"{layer}.{names.get(part, part)}"] = array
    return arrays


@pytest.mark.parametrize("renamed", [False, True], ids=["layers of the same names", "others"])
def test_weights_of_pytorch(tmp_path: Path, renamed: bool) -> None:
    source, target = network(filters=3), randomised(network(filters=3), seed=1)  # its kernels are square
    prefix = "model." if renamed else ""
    arrays = {f"{prefix}{name}": array for name, array in torch_arrays(source).items()}
    save_file(arrays, tmp_path / "file.safetensors")

    def rename(name: str, shape: tuple[int, ...]) -> str | None:
        return None if not shape else name.removeprefix(prefix).replace(".", "/")

    report = load_weights(target, tmp_path / "file.safetensors", rename if renamed else None, layout="torch")
    assert same_weights(target, source)
    assert [match.variable for match in report.matched if match.transposed] == [
        "first/kernel",
        "second/kernel",
    ]


UNKNOWN = "of {} to '{}', and the network has no such variable"


@pytest.mark.parametrize(
    ("rename", "problem"),
    [
        (
            lambda name, shape: "first/kernal",
            f"rename maps tensor 'a' {UNKNOWN.format('{}', 'first/kernal')}: did you mean 'first/kernel'",
        ),
        (
            lambda name, shape: "?",
            f"rename maps tensor 'a' {UNKNOWN.format('{}', '?')}; return None to leave a tensor out",
        ),
        (
            lambda name, shape: "first/bias",
            "rename maps two tensors of {}, 'a' and 'b', to 'first/bias': return None for the one to leave out",
        ),
        (
            lambda name, shape: shape,
            "rename must return the name of a variable or None, and returns (4,) for tensor 'a'",
        ),
        (lambda name, shape: {}[name], "rename fails for tensor 'a' (4,): KeyError: 'a'"),
    ],
    ids=["unknown", "unknown and far", "twice", "no name", "raises"],
)
def test_a_function_that_returns_no_variable(tmp_path: Path, rename: Any, problem: str) -> None:
    np.savez(tmp_path / "file.npz", a=np.ones(4), b=np.ones(4))
    with pytest.raises(ContractError) as caught:
        load_weights(network(), tmp_path / "file.npz", rename)
    assert str(caught.value).startswith(problem.format(tmp_path / "file.npz"))
