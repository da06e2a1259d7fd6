"""The containers and image formats that zoo reads, as a value for all code that reads images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

from zoo.errors import DatasetError, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from zoo.interfaces import Decoder, Progress, Source


@dataclass(frozen=True, eq=False)
class Formats:
    """The sources and decoders of all plugins, in the order of loading, and lookups among them."""

    sources: tuple[Source, ...]
    decoders: tuple[Decoder, ...]

    @cached_property
    def image_suffixes(self) -> tuple[str, ...]:
        """Endings of the names of image files, in lower case; a folder is searched for them."""
        return tuple(suffix for decoder in self.decoders for suffix in decoder.suffixes)

    def decoder_of(self, name: str, content: bytes) -> Decoder | None:
        """Return the decoder of an image file; None if the file is no image.

        Args:
            name: the name or the path of the file.
            content: its first `LONGEST_MAGIC` bytes or more.
        """
        claiming = next((self._by_suffix[end] for end in _endings(name) if end in self._by_suffix), None)
        if claiming is not None and _has_magic(claiming, content):
            return claiming
        for decoder in self.decoders:
            if _has_magic(decoder, content):
                return decoder
        return claiming if claiming is not None and not claiming.magic else None

    def source_of_file(self, name: str) -> Source | None:
        """Return the source with the suffix of this file's name."""
        return next((self._by_container[end] for end in _endings(name) if end in self._by_container), None)

    def source_of_reference(self, reference: str) -> Source | None:
        """Return the source with the prefix of this reference, such as `tfds:mnist`."""
        matches = (source for source in self.sources if source.prefix and reference.startswith(source.prefix))
        return next(matches, None)

    def source_of(self, path: Path, progress: Progress) -> Source | None:
        """Return the source of a folder or file: the last loaded that recognises it, else the one with its suffix."""
        for source in reversed(self.sources):
            if source.recognises is not None and _recognises(source, path, progress):
                return source
        return self.source_of_file(path.name)

    @cached_property
    def _by_suffix(self) -> dict[str, Decoder]:
        return {suffix: decoder for decoder in self.decoders for suffix in decoder.suffixes}

    @cached_property
    def _by_container(self) -> dict[str, Source]:
        return {suffix: source for source in self.sources for suffix in source.suffixes}


def require_package(reader: Source | Decoder, what: str) -> None:
    """Refuse to read `what` where the package that the source or decoder needs is not installed.

    Raises:
        DatasetError: it is not; the message says how to install it.
    """
    if not has_package(reader):
        raise DatasetError(
            f"'{what}' needs {reader.package}, which is not installed: "
            f"pip install {reader.install or reader.package}"
        )


def has_package(reader: Source | Decoder) -> bool:
    """Whether the package that it needs is installed; imports at most the packages around it."""
    try:
        return not reader.package or find_spec(reader.package) is not None
    except ModuleNotFoundError:  # of the package around it
        return False


def _recognises(source: Source, path: Path, progress: Progress) -> bool:
    assert source.recognises is not None  # noqa: S101  the caller has looked
    try:
        return bool(source.recognises(path))
    except OSError:  # a name that is too long, or a folder without permission
        return False
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's code, whose failure must not break all other folders
        progress.notice(
            f"source '{source.name}' failed to look at '{path}' ({type(error).__name__}: {text_of(error)}) and is "
            "skipped; fix its plugin"
        )
        return False


def _has_magic(decoder: Decoder, content: bytes) -> bool:
    return any(content.startswith(magic, offset) for offset, magic in decoder.magic)


def _endings(name: str) -> Iterator[str]:
    """Yield the endings of a file's name in lower case, the longest first: `.tar.gz`, then `.gz`."""
    name = name[name.rfind("/") + 1 :].lower()
    place = name.find(".")
    while place >= 0:
        yield name[place:]
        place = name.find(".", place + 1)
