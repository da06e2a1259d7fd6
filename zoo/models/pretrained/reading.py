"""Opens a file or folder of pre-trained weights. Nothing that it contains is run, and pickles are refused."""

from __future__ import annotations

import json
import re
import struct
import zipfile
from collections import Counter
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import WeightsError, ZooError, reason_of
from zoo.models.pretrained.hdf5 import read_hdf5
from zoo.models.pretrained.tensors import Kind, StoredTensor, StoredWeights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENDINGS = (".h5", ".hdf5", ".keras", ".npz", ".safetensors")
FORMS = ".npz, .safetensors, .h5, .weights.h5, .keras, and a folder of one of these such as a KerasHub preset"
IN_KERAS = "model.weights.h5"  # in a .keras file
SHARDS = (".safetensors.index.json", ".weights.json")  # JSON files that name the parts of the weights
IN_FOLDER = (IN_KERAS, "model.weights.json", "model.safetensors", "model.safetensors.index.json")
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
LARGEST_RATIO = (
    100  # of weights in an archive to their compressed size; random numbers do not even shrink to half
)


@contextmanager
def open_weights(location: Path | str) -> Iterator[StoredWeights]:
    """Open a weights file, or the weights in a folder; their tensors can be read until the end of the block.

    Raises:
        WeightsError: it is missing, empty, damaged, or of a form that zoo does not read.
    """
    with ExitStack() as stack:
        with errors_about(location):
            path = Path(location)
            if path.is_dir():
                path = _weights_in(path)
        with errors_about(path):
            kind, tensors = _open(path, stack)
            if not tensors:
                raise WeightsError("it has no tensors")
            _refuse_repeated(tensors)
        yield StoredWeights(str(location), kind, tensors)


def _refuse_repeated(tensors: Sequence[StoredTensor]) -> None:
    """Refuse names of which a file, such as a zip archive, has several, as it is not known which to load."""
    for name, times in Counter(tensor.name for tensor in tensors).items():
        if times > 1:
            raise WeightsError(f"it has {times} tensors of the name '{name}': write each name once")


def _weights_in(folder: Path) -> Path:
    """Return the weights file in a folder."""
    names = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    for name in IN_FOLDER:
        if name in names:
            return folder / name
    candidates = sorted(name for name in names if name.lower().endswith((*ENDINGS, *SHARDS)))
    if len(candidates) == 1:
        return folder / candidates[0]
    if candidates:
        raise WeightsError(
            f"the folder has several weights files ({', '.join(candidates[:3])}): give the path of one"
        )
    content = "a SavedModel" if "saved_model.pb" in names else "no weights file"
    raise WeightsError(f"the folder has {content}: zoo reads {FORMS}")


def _open(path: Path, stack: ExitStack) -> tuple[Kind, tuple[StoredTensor, ...]]:
    import h5py

    if path.exists() and not path.is_file():  # reading a pipe would wait for its other end
        raise WeightsError("it is neither a file nor a folder: give the path of a weights file")
    with path.open("rb") as file:
        start = file.read(9)
    if not start:
        raise WeightsError("it is empty")
    if path.name.endswith(SHARDS):
        return _open_shards(path, stack)
    if h5py.is_hdf5(path):
        return read_hdf5([stack.enter_context(h5py.File(path))])
    if zipfile.is_zipfile(path):
        return _open_archive(path, stack)
    if len(start) == 9 and start[8:] == b"{" and struct.unpack("<Q", start[:8])[0] < path.stat().st_size:
        return Kind.NAMED, _open_safetensors(path, stack)
    if path.suffix.lower() in ENDINGS:
        raise WeightsError(f"it is damaged, or no {path.suffix} file")
    _refuse_pickle(path)
    raise WeightsError(f"zoo does not read this form: it reads {FORMS}")


def _refuse_pickle(path: Path) -> None:
    if path.suffix.lower() in PICKLES:
        raise WeightsError(
            f"{path.suffix} files may run code when they are read, so zoo reads none: convert it to .safetensors"
        )


def _open_archive(path: Path, stack: ExitStack) -> tuple[Kind, tuple[StoredTensor, ...]]:
    """Open a zip archive: an .npz or a .keras file. The network's description in the latter is not needed."""
    import h5py

    archive = stack.enter_context(zipfile.ZipFile(path))
    names = archive.namelist()
    if IN_KERAS in names:
        _refuse_bomb(archive.getinfo(IN_KERAS))
        file = stack.enter_context(h5py.File(BytesIO(archive.read(IN_KERAS))))
        return read_hdf5([file])
    arrays = [name for name in names if name.endswith(".npy")]
    if not arrays:
        _refuse_pickle(path)
        raise WeightsError("it is an archive without .npy arrays and without Keras's weights")
    tensors = tuple(_array_in(archive, name) for name in arrays)
    numbered = {tensor.name: tensor for tensor in tensors}
    in_order = [f"arr_{number}" for number in range(len(tensors))]
    if numbered.keys() == set(in_order):
        return Kind.NUMBERED, tuple(numbered[name] for name in in_order)
    return Kind.NAMED, tensors


def _array_in(archive: zipfile.ZipFile, name: str) -> StoredTensor:
    with archive.open(name) as file:
        shape, dtype = _header_of(file)

    def read() -> np.ndarray:
        if dtype.hasobject:  # a pickle
            return np.empty(0, dtype)
        with archive.open(name) as file:
            array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
        return array

    return StoredTensor(name.removesuffix(".npy"), shape, read)


def _header_of(file: Any) -> tuple[tuple[int, ...], np.dtype]:  # a binary file
    """Return shape and type of a .npy array without reading its values."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    return tuple(map(int, shape)), dtype


def _refuse_bomb(member: zipfile.ZipInfo) -> None:
    if member.file_size > LARGEST_RATIO * max(member.compress_size, 1):
        raise WeightsError(f"{member.filename} would unpack to {member.file_size} bytes: it is damaged")


def _open_safetensors(path: Path, stack: ExitStack) -> tuple[StoredTensor, ...]:
    import ml_dtypes  # noqa: F401  safetensors finds bfloat16 once it is imported
    from safetensors import safe_open

    file = stack.enter_context(safe_open(path, framework="numpy"))

    def read(name: str) -> np.ndarray:
        array: np.ndarray = file.get_tensor(name)
        return array

    return tuple(
        StoredTensor(name, tuple(file.get_slice(name).get_shape()), partial(read, name))
        for name in file.keys()  # noqa: SIM118  it is no dict
    )


def _open_shards(index: Path, stack: ExitStack) -> tuple[Kind, tuple[StoredTensor, ...]]:
    """Open the files that an index names, each once."""
    import h5py

    named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    names = sorted({name for entry in named for name in ([entry] if isinstance(entry, str) else entry)})
    for name in names:
        if Path(name).name != name:
            raise WeightsError(f"it names a file in another folder, '{name}'")
        if not (index.parent / name).is_file():
            raise WeightsError(f"the file {name}, which it names, is missing")
    paths = [index.parent / name for name in names]
    if index.name.endswith(".weights.json"):
        return read_hdf5([stack.enter_context(h5py.File(path)) for path in paths])
    return Kind.NAMED, tuple(tensor for path in paths for tensor in _open_safetensors(path, stack))


@contextmanager
def errors_about(path: str | Path) -> Iterator[None]:
    """Name the file or folder in errors, and report those of the libraries in one line."""
    try:
        yield
    except ZooError as error:
        raise WeightsError(f"weights {path} cannot be read: {error}") from error
    except FileNotFoundError:
        raise WeightsError(f"there is no weights file {path}: check its path") from None
    except Exception as error:  # h5py, zipfile, NumPy and safetensors raise anything for a damaged file
        raise WeightsError(f"weights {path} cannot be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    reason = re.sub(r"\s+", " ", reason_of(error)).strip()[:200].rstrip(". ")
    return reason if isinstance(error, OSError) and error.errno else f"it is damaged ({reason})"
