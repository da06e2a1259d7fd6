from __future__ import annotations

import hashlib
import os
import resource
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from zoo.errors import ArtifactError
from zoo.registry.artifacts import ArtifactStore

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "folder":
        return ArtifactStore(tmp_path / "artifacts")
    return ArtifactStore(f"memory://{uuid.uuid4().hex}")


def test_bytes_come_back(store: ArtifactStore) -> None:
    assert store.get(store.put(b"weights")) == b"weights"


def test_a_digest_is_the_sha256_of_the_bytes(store: ArtifactStore) -> None:
    assert store.put(b"weights") == hashlib.sha256(b"weights").hexdigest()


def test_has_reports_which_artifacts_exist(store: ArtifactStore) -> None:
    assert (store.has(store.put(b"weights")), store.has("0" * 64)) == (True, False)


def test_a_missing_blob_is_named_with_its_path(store: ArtifactStore) -> None:
    with pytest.raises(
        ArtifactError, match=f"artifact {'0' * 64} is missing: nothing exists at .*00/{'0' * 62}"
    ):
        store.get("0" * 64)


def test_a_file_url_is_a_folder(tmp_path: Path) -> None:
    digest = ArtifactStore(f"file://{tmp_path}/artifacts").put(b"weights")
    assert (tmp_path / "artifacts" / digest[:2] / digest[2:]).read_bytes() == b"weights"


def test_a_deleted_artifact_is_gone(store: ArtifactStore) -> None:
    digest = store.put(b"weights")
    store.delete(digest)
    assert not store.has(digest)


def test_deleting_an_artifact_that_does_not_exist_is_no_error(store: ArtifactStore) -> None:
    store.delete("0" * 64)


def test_there_is_no_checkpoint_before_one_is_written(store: ArtifactStore) -> None:
    assert store.read_checkpoint("run") is None


def test_a_checkpoint_takes_the_place_of_an_older_one_of_its_size(store: ArtifactStore) -> None:
    store.write_checkpoint("run", b"epoch 1")
    store.write_checkpoint("run", b"epoch 2")
    assert store.read_checkpoint("run") == b"epoch 2"


def test_a_dropped_checkpoint_is_gone(store: ArtifactStore) -> None:
    store.write_checkpoint("run", b"epoch 1")
    store.drop_checkpoint("run")
    assert store.read_checkpoint("run") is None


def test_dropping_a_checkpoint_that_is_not_there_is_no_error(store: ArtifactStore) -> None:
    store.drop_checkpoint("run")


_KILLED_AMID_CHECKPOINT = (
    "import os, signal, sys\n"
    "from zoo.registry import ArtifactStore\n"
    "store = ArtifactStore('artifacts')\n"
    "store.write_checkpoint('run', b'epoch 1')\n"
    "sys.addaudithook(lambda name, _: name == 'os.rename' and os.kill(os.getpid(), signal.SIGKILL))\n"
    "store.write_checkpoint('run', b'epoch 2')\n"
)


def test_a_kill_amid_a_checkpoint_leaves_the_older_one(
    tmp_path: Path, start_python: Callable[[str], subprocess.Popen[str]]
) -> None:
    start_python(_KILLED_AMID_CHECKPOINT).communicate(timeout=60)
    assert ArtifactStore(tmp_path / "artifacts").read_checkpoint("run") == b"epoch 1"


def test_dropping_a_checkpoint_clears_what_a_kill_left_of_it(
    tmp_path: Path, start_python: Callable[[str], subprocess.Popen[str]]
) -> None:
    start_python(_KILLED_AMID_CHECKPOINT).communicate(timeout=60)
    folder = tmp_path / "artifacts" / "checkpoints"
    before = len(list(folder.iterdir()))
    ArtifactStore(tmp_path / "artifacts").drop_checkpoint("run")
    assert (before, list(folder.iterdir())) == (2, [])


def test_an_unknown_protocol_is_an_artifact_error() -> None:
    with pytest.raises(ArtifactError, match="cannot open the artifact store nowhere://bucket"):
        ArtifactStore("nowhere://bucket")


def test_an_existing_artifact_is_not_written_again(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    path = Path(store.path(store.put(b"weights")))
    before = path.stat()
    store.put(b"weights")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_flipped_bit_is_found_and_named(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    digest = store.put(b"weights")
    Path(store.path(digest)).write_bytes(b"weighus")
    with pytest.raises(
        ArtifactError, match=f"artifact {digest} is damaged: the bytes at {store.path(digest)}"
    ):
        store.get(digest)


def test_putting_again_heals_a_damaged_blob(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    digest = store.put(b"weights")
    Path(store.path(digest)).write_bytes(b"weighus")
    store.put(b"weights")
    assert store.get(digest) == b"weights"


def test_a_place_that_cannot_be_written_is_an_artifact_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match=r"cannot write artifact .*--artifacts or ZOO_ARTIFACTS"):
        ArtifactStore(tmp_path / "file").put(b"weights")


def test_a_place_that_cannot_be_read_is_an_artifact_error(tmp_path: Path) -> None:
    (tmp_path / "00" / ("0" * 62)).mkdir(parents=True)
    with pytest.raises(ArtifactError, match="cannot read artifact 0000"):
        ArtifactStore(tmp_path).get("0" * 64)


def test_a_full_disk_is_an_artifact_error_and_leaves_nothing(
    tmp_path: Path, start_python: Callable[[str], subprocess.Popen[str]]
) -> None:
    process = start_python(
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))\n"
        "from zoo.registry import ArtifactStore\n"
        "ArtifactStore('artifacts').put(bytes(5000))"
    )
    _, errors = process.communicate(timeout=60)
    left = [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()]
    assert ("ArtifactError: cannot write artifact" in errors, left) == (True, [])


def test_other_processes_never_see_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listings: list[list[str]] = []
    store = ArtifactStore(tmp_path)
    sync = os.fsync

    def look_then_sync(descriptor: int) -> None:
        listings.append(
            [path.name for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".tmp"]
        )
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", look_then_sync)
    store.put(b"weights")
    assert listings[0] == []


_DTYPES = [
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint32",
    "uint64",
    "bool",
]


@given(
    npst.arrays(
        dtype=st.sampled_from([np.dtype(name) for name in _DTYPES]),
        shape=npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_a_tensor_comes_back_bit_for_bit(array: np.ndarray) -> None:
    store = ArtifactStore("memory://tensors")
    back = store.get_tensor(store.put_tensor(array))
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize(
    "array",
    [np.arange(12.0).reshape(3, 4).T, np.arange(12)[::-2], np.arange(3, dtype=">f4"), np.float32(2.5)],
    ids=["transposed", "reversed", "big-endian", "scalar"],
)
def test_a_tensor_of_any_layout_keeps_its_values(store: ArtifactStore, array: np.ndarray) -> None:
    back = store.get_tensor(store.put_tensor(array))
    assert (back.shape, back.tolist()) == (array.shape, array.tolist())


def test_equal_tensors_share_a_blob(store: ArtifactStore) -> None:
    assert store.put_tensor(np.ones((2, 3))) == store.put_tensor(np.ones((3, 2)).T)


def test_equal_bytes_of_another_shape_do_not_share_a_blob(store: ArtifactStore) -> None:
    assert store.put_tensor(np.ones((2, 3))) != store.put_tensor(np.ones((3, 2)))


def test_a_tensor_that_safetensors_cannot_hold_is_refused(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactError, match="cannot store a tensor of dtype complex128"):
        store.put_tensor(np.ones(2, "complex128"))


def test_bytes_that_are_no_tensor_are_an_artifact_error(store: ArtifactStore) -> None:
    digest = store.put(b"no tensor")
    with pytest.raises(ArtifactError, match=f"artifact {digest} at .* is not a tensor"):
        store.get_tensor(digest)
