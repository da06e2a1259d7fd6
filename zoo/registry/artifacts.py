"""A content-addressed store: bytes named by their SHA-256, in a folder or behind an fsspec URL; and checkpoints."""

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
    """Keeps bytes under `ab/cdef…`, the SHA-256 of the bytes, and checkpoints, which change, under `checkpoints/`.

    Args:
        url: a folder, which is made on the first write, or an fsspec URL such as `s3://bucket/zoo`.

    Raises:
        ArtifactError: here or in a method: the place cannot be reached, read or written, or what lies there
            is missing or damaged.
    """

    def __init__(self, url: str | Path) -> None:
        text = str(url)
        self.url = text
        if "://" not in text or text.startswith("file://"):
            self._place: _Place = _Folder(Path(text.removeprefix("file://")).expanduser().absolute())
        else:
            self._place = _Remote(text)

    def put(self, data: bytes) -> str:
        """Keep `data` and return its digest. What is there already is not written again."""
        digest = hashlib.sha256(data).hexdigest()
        self._place.write(_key(digest), data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of this digest, checked."""
        data = self._place.read(_key(digest))
        found = hashlib.sha256(data).hexdigest()
        if found != digest:
            raise ArtifactError(
                f"artifact {digest} is damaged: the bytes at {self.path(digest)} have SHA-256 {found}; "
                "restore that file from a backup, or train again"
            )
        return data

    def has(self, digest: str) -> bool:
        """Whether something lies under this digest; its bytes are not checked."""
        return self._place.size(_key(digest)) is not None

    def delete(self, digest: str) -> None:
        """Let go of the bytes of this digest, if they are there."""
        self._place.delete(_key(digest))

    def path(self, digest: str) -> str:
        """Where the bytes of this digest lie, for people."""
        return self._place.path(_key(digest))

    def put_tensor(self, array: np.ndarray) -> str:
        """Keep an array as a safetensors blob. Equal arrays share one, for no name is stored with it."""
        import numpy as np
        from safetensors.numpy import save

        # Not ascontiguousarray, which would make a vector of a scalar.
        contiguous = np.asarray(array, order="C")
        if contiguous.dtype.name not in _STORABLE:
            raise ArtifactError(
                f"cannot store a tensor of dtype {contiguous.dtype.name}: use one of {', '.join(_STORABLE)}"
            )
        return self.put(save({_TENSOR: contiguous}))

    def get_tensor(self, digest: str) -> np.ndarray:
        """The array of this digest, bit for bit as it was put, in this machine's byte order."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        data = self.get(digest)
        try:
            tensors = cast("Mapping[str, np.ndarray]", load(data))
            return tensors[_TENSOR]
        except (SafetensorError, KeyError) as error:
            raise ArtifactError(f"artifact {digest} at {self.path(digest)} is no tensor of zoo's") from error

    def write_checkpoint(self, name: str, data: bytes) -> None:
        """Keep `data` under this name, in place of what was there: at any moment all of the one or all of the other."""
        self._place.replace(_CHECKPOINTS + name, data)

    def read_checkpoint(self, name: str) -> bytes | None:
        """The bytes under this name; None: there are none."""
        key = _CHECKPOINTS + name
        return None if self._place.size(key) is None else self._place.read(key)

    def drop_checkpoint(self, name: str) -> None:
        """Let go of the bytes under this name, if there are any, and of what killed writers of them left."""
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
    """Where bytes lie; keys are `ab/cdef…` and `checkpoints/…`. Only `write` may leave bytes that are there."""

    def path(self, key: str) -> str: ...
    def size(self, key: str) -> int | None: ...
    def read(self, key: str) -> bytes: ...
    def write(self, key: str, data: bytes) -> None: ...
    def replace(self, key: str, data: bytes) -> None: ...
    def delete(self, key: str, *, leftovers: bool = False) -> None: ...


class _Folder:
    """A local folder. A file has its final name only once all its bytes are on the disk."""

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
            if self._holds(target, data):
                # Its writer may have been killed between the renaming and this.
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

    def _holds(self, target: Path, data: bytes) -> bool:
        # A damaged file of the right name is written anew: a later model must not inherit the damage.
        try:
            return target.stat().st_size == len(data) and target.read_bytes() == data
        except FileNotFoundError:
            return False


class _Remote:
    """Anything that fsspec reaches. Object stores show an object only when all of it has arrived."""

    def __init__(self, url: str) -> None:
        import fsspec

        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        # Each file system has errors of its own here and below; few of them are OSError.
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
                f"cannot write artifact {self.path(key)}: {error}; check the rights there, or {_ELSEWHERE}"
            ) from error

    def delete(self, key: str, *, leftovers: bool = False) -> None:  # noqa: ARG002  there are none
        try:
            self._files.rm_file(self.path(key))
        except FileNotFoundError:
            return
        except Exception as error:
            raise ArtifactError(
                f"cannot delete artifact {self.path(key)}: {error}; check the rights there"
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
        f"artifact {key.replace('/', '')} is missing: there is nothing at {path}; restore it from a backup, or, if it "
        "was stored elsewhere, name that place with --artifacts or ZOO_ARTIFACTS"
    )


def _unreadable(key: str, path: str, error: Exception) -> NoReturn:
    raise ArtifactError(
        f"cannot read artifact {key.replace('/', '')} at {path}: {error}; check the rights, or {_ELSEWHERE}"
    ) from error
