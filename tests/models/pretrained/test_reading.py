"""Files and folders of weights in every form, and those that are none."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import zipfile
from typing import TYPE_CHECKING

import h5py
import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from zoo.errors import WeightsError
from zoo.models.pretrained.reading import FORMS, open_weights
from zoo.models.pretrained.tensors import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARRAYS = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float16(2)}


def write_npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **ARRAYS)


def write_safetensors(path: Path) -> None:
    save_file({name: np.asarray(array) for name, array in ARRAYS.items()}, path, metadata={"format": "pt"})


def write_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for name, array in ARRAYS.items():
            file[name] = array


def write_keras(path: Path, name: str = "model.weights.h5") -> None:
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for number, array in enumerate(ARRAYS.values()):
            file[f"layers/dense/vars/{number}"] = array
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "no JSON, since it is never read")
        archive.writestr(name, weights.getvalue())


WRITERS: dict[str, tuple[Callable[[Path], None], Kind]] = {
    "npz": (write_npz, Kind.NAMED),
    "safetensors": (write_safetensors, Kind.NAMED),
    "h5": (write_hdf5, Kind.NAMED),
    "keras": (write_keras, Kind.KERAS_3),
}


def read(path: Path) -> tuple[Kind, dict[str, np.ndarray]]:
    with open_weights(path) as stored:
        return stored.kind, {tensor.name: tensor.values() for tensor in stored.tensors}


def refusal(path: Path) -> str:
    """The message, which is one line."""
    with pytest.raises(WeightsError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("ending", ["", ".anything"], ids=["its own ending", "another ending"])
@pytest.mark.parametrize("form", WRITERS)
def test_a_file_is_recognised_by_its_content(tmp_path: Path, form: str, ending: str) -> None:
    path = tmp_path / f"weights.{form}{ending}"
    write, kind = WRITERS[form]
    write(path)
    read_kind, arrays = read(path)
    assert read_kind is kind
    assert [array.shape for array in arrays.values()] == [(2, 3), ()]
    assert [array.dtype for array in arrays.values()] == [np.float32, np.float16]
    assert np.array_equal(next(iter(arrays.values())), ARRAYS["a"])


def test_arrays_without_names_are_in_order(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", *(np.full(1, number) for number in range(12)))
    kind, arrays = read(tmp_path / "weights.npz")
    assert kind is Kind.NUMBERED
    assert [int(array[0]) for array in arrays.values()] == list(range(12))


def test_bfloat16(tmp_path: Path) -> None:
    array = np.ones((2, 3), ml_dtypes.bfloat16)
    save_file({"a": array}, tmp_path / "weights.safetensors")
    assert read(tmp_path / "weights.safetensors")[1]["a"].dtype == ml_dtypes.bfloat16


def test_a_tensor_is_not_read_before_it_is_needed(tmp_path: Path) -> None:
    """Its shape is known although its values would not fit into memory."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    with zipfile.ZipFile(tmp_path / "weights.npz", "w") as archive:
        archive.writestr("a.npy", header.getvalue())
    with open_weights(tmp_path / "weights.npz") as stored:
        assert stored.tensors[0].shape == (10**6, 10**6)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["conv1/kernel", "arr_0"])
def test_two_tensors_of_one_name_are_refused(tmp_path: Path, name: str) -> None:
    array = io.BytesIO()
    np.save(array, np.ones(2))
    with zipfile.ZipFile(tmp_path / "twice.npz", "w") as archive:
        for _ in range(2):
            archive.writestr(f"{name}.npy", array.getvalue())
    assert refusal(tmp_path / "twice.npz") == (
        f"weights {tmp_path / 'twice.npz'} cannot be read: it has 2 tensors of the name '{name}': write each name once"
    )


def test_two_parts_with_the_same_tensor_are_refused(tmp_path: Path) -> None:
    for part in ("one", "two"):
        save_file({"conv1/kernel": np.ones(2)}, tmp_path / f"{part}.safetensors")
    path = index_of(tmp_path, {"a": "one.safetensors", "b": "two.safetensors"})
    assert refusal(path).endswith("it has 2 tensors of the name 'conv1/kernel': write each name once")


# Folders --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("model.weights.h5", "task.weights.h5", "config.json"), "model.weights.h5"),
        (("model.safetensors", "extra.npz"), "model.safetensors"),
        (("net.npz", "README.md", ".hidden.npz"), "net.npz"),
    ],
    ids=["a preset", "of Hugging Face", "the only one"],
)
def test_a_folder_has_one_weights_file(tmp_path: Path, names: tuple[str, ...], chosen: str) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"none")
    WRITERS[chosen.rpartition(".")[2]][0](tmp_path / chosen)
    assert len(read(tmp_path)[1]) == 2


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("a.npz", "b.h5"), "the folder has several weights files (a.npz, b.h5): give the path of one"),
        (("saved_model.pb",), f"the folder has a SavedModel: zoo reads {FORMS}"),
        ((".hidden.npz", "config.json"), f"the folder has no weights file: zoo reads {FORMS}"),
        ((), f"the folder has no weights file: zoo reads {FORMS}"),
    ],
)
def test_a_folder_without_one_weights_file(tmp_path: Path, names: tuple[str, ...], problem: str) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    assert refusal(tmp_path) == f"weights {tmp_path} cannot be read: {problem}"


def index_of(folder: Path, weight_map: object) -> Path:
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return path


def test_safetensors_in_parts(tmp_path: Path) -> None:
    for name, array in ARRAYS.items():
        save_file({name: np.asarray(array)}, tmp_path / f"{name}.safetensors")
    index_of(tmp_path, {name: f"{name}.safetensors" for name in ARRAYS})
    kind, arrays = read(tmp_path)
    assert (kind, list(arrays)) == (Kind.NAMED, ["a", "b"])


def test_weights_of_keras_in_parts(tmp_path: Path) -> None:
    for number in range(2):
        with h5py.File(tmp_path / f"model_0000{number}.weights.h5", "w") as file:
            file[f"layers/dense/vars/{number}"] = np.full(1, number)
    parts = {"/layers/dense/vars": ["model_00000.weights.h5", "model_00001.weights.h5"]}
    (tmp_path / "model.weights.json").write_text(json.dumps({"weight_map": parts}))
    kind, arrays = read(tmp_path)
    assert kind is Kind.KERAS_3
    assert [int(array[0]) for array in arrays.values()] == [0, 1]


@pytest.mark.parametrize(
    ("weight_map", "problem"),
    [
        ({"a": "gone.safetensors"}, "the file gone.safetensors, which it names, is missing"),
        ({"a": "../a.safetensors"}, "it names a file in another folder, '../a.safetensors'"),
    ],
)
def test_an_index_without_its_parts(tmp_path: Path, weight_map: object, problem: str) -> None:
    path = index_of(tmp_path, weight_map)
    assert refusal(tmp_path) == f"weights {path} cannot be read: {problem}"


@pytest.mark.parametrize("text", ["[]", "{}", '{"weight_map": 3}', "no JSON"])
def test_a_damaged_index(tmp_path: Path, text: str) -> None:
    path = index_of(tmp_path, {})
    path.write_text(text)
    assert refusal(tmp_path).startswith(f"weights {path} cannot be read: it is damaged")


# No weights -----------------------------------------------------------------------------------------------


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path / "gone.npz") == f"there is no weights file {tmp_path / 'gone.npz'}: check its path"
    )


@pytest.mark.parametrize("form", [*WRITERS, "weights.h5"])
def test_an_empty_file(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"net.{form}"
    path.touch()
    assert refusal(path) == f"weights {path} cannot be read: it is empty"


@pytest.mark.parametrize("damage", ["cut", "overwritten", "text"])
@pytest.mark.parametrize("form", WRITERS)
def test_a_damaged_file(tmp_path: Path, form: str, damage: str) -> None:
    path = tmp_path / f"net.{form}"
    WRITERS[form][0](path)
    content = path.read_bytes()
    half = content[: len(content) // 2]
    path.write_bytes({"cut": half, "overwritten": half + bytes(len(half)), "text": b"no weights\n"}[damage])
    assert refusal(path).startswith(f"weights {path} cannot be read: it is damaged")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("photo.png", b"\x89PNG\r\n\x1a\n0123", f"zoo does not read this form: it reads {FORMS}"),
        ("net", b"abc", f"zoo does not read this form: it reads {FORMS}"),
        ("net.pkl", pickle.dumps({"a": 1}), ".pkl files may run code when they are read, so zoo reads none"),
    ],
)
def test_another_kind_of_file(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal(path).startswith(f"weights {path} cannot be read: {problem}")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "net.pt",
            ".pt files may run code when they are read, so zoo reads none: convert it to .safetensors",
        ),
        ("photos.zip", "it is an archive without .npy arrays and without Keras's weights"),
    ],
)
def test_another_kind_of_archive(tmp_path: Path, name: str, problem: str) -> None:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps({"a": 1}))
    assert refusal(path) == f"weights {path} cannot be read: {problem}"


def test_a_pickle_in_an_archive_is_never_loaded(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Callable, tuple[str]]:
            return (pytest.fail, ("the pickle was loaded",))

    np.savez(tmp_path / "net.npz", a=np.array([Bomb()], dtype=object))
    with open_weights(tmp_path / "net.npz") as stored:
        (tensor,) = stored.tensors
        with pytest.raises(WeightsError, match="tensor 'a' is of type object, not numbers"):
            tensor.values()


@pytest.mark.parametrize("form", ["npz", "safetensors", "h5"])
def test_a_file_without_tensors(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ARRAYS", {})
    path = tmp_path / f"net.{form}"
    WRITERS[form][0](path)
    assert refusal(path).startswith(f"weights {path} cannot be read: it ")


def test_weights_that_would_fill_the_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "net.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(10**6))
    assert "model.weights.h5 would unpack to 1000000 bytes: it is damaged" in refusal(tmp_path / "net.keras")


def test_a_named_pipe_is_refused_without_waiting_for_its_other_end(tmp_path: Path) -> None:
    pipe = tmp_path / "weights.h5"
    os.mkfifo(pipe)
    message = (
        f"weights {pipe} cannot be read: it is neither a file nor a folder: give the path of a weights file"
    )
    with pytest.raises(WeightsError, match=f"^{re.escape(message)}$"), open_weights(pipe):
        pass
