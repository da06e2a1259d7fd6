"""A content-addressed store of bytes named by their SHA-256, and of checkpoints, in a folder or at an fsspec URL."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from zoo.errors import ArtifactError, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

_TENSOR = "tensor"
_CHECKPOINTS = "checkpoints/"
_ELSEWHERE = "name another place with --artifacts or ZOO_ARTIFACTS"


class ArtifactStore:
    """Stores bytes under their SHA-256, `ab/cdef…`, and checkpoints, which change, under `checkpoints/`.

    Args:
        url: a folder, which is created on the first write, or an fsspec URL such as `s3://bucket/zoo`.

    Raises:
        ArtifactError: here or in a method: the store cannot be reached, read or written, or an artifact is missing
            or damaged.
    """

    def __init__(self, url: str | Path) -> None:
        text = str(url)
        self.url = text
        if "://" not in text or text.startswith("file://"):
            self._place: _Place = _Folder(Path(text.removeprefix("file://")).expanduser().absolute())
        else:
            self._place = _Remote(text)

    def put(self, data: bytes) -> str:
        """Store `data` and return its digest. Bytes that are stored already are not written again."""
        digest = hashlib.sha256(data).hexdigest()
        self._place.write(_key(digest), data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes with this digest, after a check that they have it."""
        data = self._place.read(_key(digest))
        actual = hashlib.sha256(data).hexdigest()
        if actual != digest:
            raise ArtifactError(
                f"artifact {digest} is damaged: the bytes at {self.path(digest)} have SHA-256 {actual}; "
                "restore that file from a backup, or train again"
            )
        return data

    def has(self, digest: str) -> bool:
        """Whether an artifact with this digest exists; its bytes are not checked."""
        return self._place.size(_key(digest)) is not None

    def delete(self, digest: str) -> None:
        """Delete the artifact with this digest, if it exists."""
        self._place.delete(_key(digest))

    def path(self, digest: str) -> str:
        """The path or URL of the artifact with this digest, for messages."""
        return self._place.path(_key(digest))

    def put_tensor(self, array: np.ndarray) -> str:
        """Store an array as a safetensors blob. Equal arrays share a blob, since no name is stored with it."""
        import numpy as np
        from safetensors.numpy import save

        # Not ascontiguousarray, which would turn a scalar into a vector.
        contiguous = np.asarray(array, order="C")
        if contiguous.dtype.name not in _STORABLE:
            raise ArtifactError(
                f"cannot store a tensor of dtype {contiguous.dtype.name}: use one of {', '.join(_STORABLE)}"
            )
        return self.put(save({_TENSOR: contiguous}))

    def get_tensor(self, digest: str) -> np.ndarray:
        """The array with this digest, bit for bit as it was stored, in this machine's byte order."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        data = self.get(digest)
        try:
            tensors = cast("Mapping[str, np.ndarray]", load(data))
            return tensors[_TENSOR]
        except (SafetensorError, KeyError) as error:
            raise ArtifactError(
                f"artifact {digest} at {self.path(digest)} is not a tensor stored by zoo"
            ) from error

    def write_checkpoint(self, name: str, data: bytes) -> None:
        """Store a checkpoint under this name; it replaces an older one atomically."""
        self._place.replace(_CHECKPOINTS + name, data)

    def read_checkpoint(self, name: str) -> bytes | None:
        """The checkpoint with this name; None if it does not exist."""
        key = _CHECKPOINTS + name
        return None if self._place.size(key) is None else self._place.read(key)

    def drop_checkpoint(self, name: str) -> None:
        """Delete the checkpoint with this name, if it exists, and the temporary files of killed writers."""
        self._place.delete(_CHECKPOINTS + name, leftovers=True)


_STORABLE = (
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
)


def _key(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:]}"


class _Place(Protocol):
    """A place for bytes; keys are `ab/cdef…` and `checkpoints/…`. `write` may skip bytes that exist already."""

    def path(self, key: str) -> str: ...
    def size(self, key: str) -> int | None: ...
    def read(self, key: str) -> bytes: ...
    def write(self, key: str, data: bytes) -> None: ...
    def replace(self, key: str, data: bytes) -> None: ...
    def delete(self, key: str, *, leftovers: bool = False) -> None: ...


class _Folder:
    """A local folder. A file gets its final name only once all of its bytes are on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> str:
        return str(self._root / key)

    def size(self, key: str) -> int | None:
        try:
            return (self._root / key).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            _unreadable(key, self.path(key), error)

    def read(self, key: str) -> bytes:
        try:
            return (self._root / key).read_bytes()
        except FileNotFoundError:
            _missing(key, self.path(key))
        except OSError as error:
            _unreadable(key, self.path(key), error)

    def write(self, key: str, data: bytes) -> None:
        target = self._root / key
        try:
            if self._has_bytes(target, data):
                # Its writer may have been killed after renaming the file and before syncing the folder.
                _sync_folder(target.parent)
                return
        except OSError as error:
            _unwritable(target, error)
        self.replace(key, data)

    def replace(self, key: str, data: bytes) -> None:
        target = self._root / key
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_atomically(target, data)
            _sync_folder(self._root)
        except OSError as error:
            _unwritable(target, error)

    def delete(self, key: str, *, leftovers: bool = False) -> None:
        target = self._root / key
        try:
            target.unlink(missing_ok=True)
            if leftovers:
                for temporary in target.parent.glob(f".{target.name}.*.tmp"):
                    temporary.unlink(missing_ok=True)
        except OSError as error:
            raise ArtifactError(
                f"cannot delete artifact {target}: {reason_of(error)}; make its folder writable"
            ) from error

    def _has_bytes(self, target: Path, data: bytes) -> bool:
        # A damaged file with the right name is rewritten, so that a later model does not inherit the damage.
        try:
            return target.stat().st_size == len(data) and target.read_bytes() == data
        except FileNotFoundError:
            return False


class _Remote:
    """Any file system that fsspec supports. Object stores show an object only once it is complete."""

    def __init__(self, url: str) -> None:
        import fsspec

        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        # Here and below, each file system raises its own errors; few of them are OSError.
        except Exception as error:
            raise ArtifactError(f"cannot open the artifact store {url}: {error}; or {_ELSEWHERE}") from error

    def path(self, key: str) -> str:
        return str(self._files.unstrip_protocol(f"{self._root.rstrip('/')}/{key}"))

    def size(self, key: str) -> int | None:
        try:
            return int(self._files.size(self.path(key)))
        except FileNotFoundError:
            return None
        except Exception as error:
            _unreadable(key, self.path(key), error)

    def read(self, key: str) -> bytes:
        try:
            return bytes(self._files.cat_file(self.path(key)))
        except FileNotFoundError:
            _missing(key, self.path(key))
        except Exception as error:
            _unreadable(key, self.path(key), error)

    def write(self, key: str, data: bytes) -> None:
        if self.size(key) != len(data):
            self.replace(key, data)

    def replace(self, key: str, data: bytes) -> None:
        try:
            self._files.pipe_file(self.path(key), data)
        except Exception as error:
            raise ArtifactError(
                f"cannot write artifact {self.path(key)}: {error}; check your permissions there, or {_ELSEWHERE}"
            ) from error

    def delete(self, key: str, *, leftovers: bool = False) -> None:  # noqa: ARG002  it leaves none
        try:
            self._files.rm_file(self.path(key))
        except FileNotFoundError:
            return
        except Exception as error:
            raise ArtifactError(
                f"cannot delete artifact {self.path(key)}: {error}; check your permissions there"
            ) from error


def _write_atomically(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(target: Path, error: OSError) -> NoReturn:
    raise ArtifactError(
        f"cannot write artifact {target}: {reason_of(error)}; free some space, or {_ELSEWHERE}"
    ) from error


def _missing(key: str, path: str) -> NoReturn:
    raise ArtifactError(
        f"artifact {key.replace('/', '')} is missing: nothing exists at {path}; restore it from a backup, or, if it "
        "was stored elsewhere, name that place with --artifacts or ZOO_ARTIFACTS"
    )


def _unreadable(key: str, path: str, error: Exception) -> NoReturn:
    raise ArtifactError(
        f"cannot read artifact {key.replace('/', '')} at {path}: {error}; check your permissions, or {_ELSEWHERE}"
    ) from error
