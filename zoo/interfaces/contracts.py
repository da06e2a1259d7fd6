"""The descriptions of data that plugins return: datasets, sources, decoders. They check themselves when created."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from zoo.interfaces.requirements import is_names, require, require_description, require_functions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from PIL.Image import Image

    from zoo.interfaces.reporting import Progress

SPLITS = ("train", "validation", "test")

LONGEST_MAGIC = 512  # magic bytes must lie within so many bytes from the start of a file

_SUFFIX = re.compile(r"\.[a-z0-9][a-z0-9._+-]*")
_PREFIX = re.compile(r"[a-z][a-z0-9+.-]+:(//)?")  # two letters or more, since C: is a drive


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """Images with a label each, as a dataset plugin or an image source returns them.

    Args:
        items: each the path of an image file, or an array of uint8 pixels 0-255 of shape (height, width),
            (height, width, 1) or (height, width, 3).
        labels: for each item the index of its class in `class_names`.
        class_names: the classes, in the order of the model's outputs.
        split: for each item "train", "validation" or "test"; None: zoo splits (see zoo.data.splits).
        skipped: files among the images that are not images, each with the reason.

    Raises:
        ContractError: lengths differ, or a label or a split is out of range.
    """

    items: Sequence[Path | np.ndarray]
    labels: Sequence[int]
    class_names: tuple[str, ...]
    split: Sequence[str] | None = None
    skipped: tuple[SkippedFile, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.items)
        require(is_names(self.class_names), f"class_names must be a tuple of names, got {self.class_names!r}")
        require(len(self.labels) == count, f"{count} images but {len(self.labels)} labels")
        require(
            len(set(self.class_names)) == len(self.class_names), f"class names repeat: {self.class_names}"
        )
        classes = range(len(self.class_names))
        require(all(label in classes for label in self.labels), f"a label is not in 0..{len(classes) - 1}")
        if self.split is not None:
            require(len(self.split) == count, f"{count} images but {len(self.split)} splits")
            require(set(self.split) <= set(SPLITS), f"a split is not one of {', '.join(SPLITS)}")


@dataclass(frozen=True)
class SkippedFile:
    """A file that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Dataset:
    """A plugin's description of a dataset. `load` may take time and is called only when images are needed."""

    name: str
    load: Callable[[], LabeledImages]
    summary: str
    reference: str

    def __post_init__(self) -> None:
        require_description("dataset", self.name, self.summary, self.reference)
        require(callable(self.load), f"dataset '{self.name}': load must be a function, got {self.load!r}")


@dataclass(frozen=True)
class SourceContext:
    """Everything that a source may need in order to load.

    Args:
        progress: receives notices and progress.
        image_suffixes: file suffixes of all decoders, in lower case.
        load: loads another path, such as the folder into which an archive was unpacked.
        recognise: returns the name of the source that reads this path; empty if none does.
    """

    progress: Progress
    image_suffixes: tuple[str, ...]
    load: Callable[[Path], LabeledImages]
    recognise: Callable[[Path], str]

    def is_image_name(self, name: str) -> bool:
        """Whether a file with this name or path counts as an image."""
        return name.lower().endswith(self.image_suffixes)


@dataclass(frozen=True)
class Source:
    """A plugin's description of a container of labeled images, named by a path or a reference such as `tfds:NAME`.

    A path belongs to the source whose `recognises` accepts it (if several do, to the one that was loaded last), or else
    to the source with its suffix. A reference belongs to the source with its prefix.

    Args:
        name: lower-case name, unique among all plugins.
        load: returns the images at an absolute path, passed as a string, or of a whole reference. It may take time.
        summary: a one-line description.
        reference: where the layout is described.
        suffixes: file suffixes, in lower case with the dot, such as ".npz"; no other source may have them.
        recognises: whether this folder or file is such a container. Called for each path, so it must be quick; it
            looks at names, not into images.
        prefix: of references, such as "tfds:"; excludes `suffixes` and `recognises`.
        single_file: whether the container is one file, so that it can be downloaded from a URL.
        package: the import name of a package that it needs; empty: none.
        install: the argument of `pip install` for that package; empty: `package`.
        sample: writes a small dataset into an empty folder and returns its path or reference, for `zoo plugins check`.

    Raises:
        ContractError: a field has the wrong type or is out of range.
    """

    name: str
    load: Callable[[str, SourceContext], LabeledImages]
    summary: str
    reference: str
    suffixes: tuple[str, ...] = ()
    recognises: Callable[[Path], bool] | None = None
    prefix: str = ""
    single_file: bool = False
    package: str = ""
    install: str = ""
    sample: Callable[[Path], Path | str] | None = None

    def __post_init__(self) -> None:
        require_description("source", self.name, self.summary, self.reference)
        subject = f"source '{self.name}'"
        require_functions(subject, self, "load", optional=("recognises", "sample"))
        _require_suffixes(subject, self.suffixes)
        require(
            isinstance(self.prefix, str) and (not self.prefix or _PREFIX.fullmatch(self.prefix) is not None),
            f"{subject}: prefix must be lower-case letters and a colon, such as 'tfds:', got {self.prefix!r}",
        )
        is_path = bool(self.suffixes) or self.recognises is not None
        require(
            is_path != bool(self.prefix),
            f"{subject}: give suffixes or recognises for a path, or a prefix for a reference, and not both",
        )
        require(
            isinstance(self.single_file, bool) and (not self.single_file or bool(self.suffixes)),
            f"{subject}: single_file must be True or False, and True only with suffixes, got {self.single_file!r}",
        )
        _require_package(subject, self.package, self.install)


@dataclass(frozen=True)
class Decoder:
    """A plugin's description of an image format.

    A file belongs to the decoder whose magic bytes it has (if several match, to the one with its suffix, or else to
    the one that was loaded first). A file without any decoder's magic bytes belongs to the decoder with its suffix,
    provided that this decoder has no magic bytes.

    Args:
        name: lower-case name, unique among all plugins.
        decode: takes the bytes of a file and returns its pixels: an upright array of uint8, or of uint16 with white at
            65535, of shape (height, width) or (height, width, 1 or 3); or a `PIL.Image.Image`, whose palette,
            transparency, 16 bits and EXIF orientation zoo converts. Called in several threads at once; any error that
            it raises means that the image cannot be read.
        header: takes a file opened at its start and returns (width, height, is grayscale) of the upright image, without
            decoding pixels.
        summary: a one-line description.
        reference: where the format is described.
        suffixes: file suffixes, in lower case with the dot, such as ".png"; no other decoder may have them.
        magic: pairs (offset, bytes) within the first 512 bytes of a file, each of which alone identifies the format.
        decode_square: a faster alternative: takes the bytes of a file, the size and the channels, 1 or 3, and returns
            upright pixels, uint8 (size, size, channels), or None for an image that it leaves to `decode`.
        package: the import name of a package that it needs; empty: none.
        install: the argument of `pip install` for that package; empty: `package`.
        version: changes whenever the same bytes would become other pixels; decoded images in the cache depend on it.
            It is empty for zoo's own decoders, whose version is the format of that cache.
        sample: returns the bytes of a small image, for `zoo plugins check`.

    Raises:
        ContractError: a field has the wrong type or is out of range.
    """

    name: str
    decode: Callable[[bytes], np.ndarray | Image]
    header: Callable[[BinaryIO], tuple[int, int, bool]]
    summary: str
    reference: str
    suffixes: tuple[str, ...]
    magic: tuple[tuple[int, bytes], ...] = ()
    decode_square: Callable[[bytes, int, int], np.ndarray | None] | None = None
    package: str = ""
    install: str = ""
    version: str = "1"
    sample: Callable[[], bytes] | None = None

    def __post_init__(self) -> None:
        require_description("decoder", self.name, self.summary, self.reference)
        subject = f"decoder '{self.name}'"
        require_functions(subject, self, "decode", "header", optional=("decode_square", "sample"))
        _require_suffixes(subject, self.suffixes)
        require(bool(self.suffixes), f"{subject}: suffixes must name at least one, such as ('.xyz',)")
        require(
            isinstance(self.magic, tuple) and all(map(_is_magic, self.magic)),
            f"{subject}: magic must be a tuple of (offset, bytes) within the first {LONGEST_MAGIC} bytes, "
            f"got {self.magic!r}",
        )
        _require_package(subject, self.package, self.install)
        require(isinstance(self.version, str), f"{subject}: version must be text, got {self.version!r}")


def _is_magic(value: object) -> bool:
    if not (isinstance(value, tuple) and len(value) == 2):
        return False
    offset, content = value
    is_offset = isinstance(offset, int) and not isinstance(offset, bool) and offset >= 0
    return is_offset and isinstance(content, bytes) and 0 < len(content) <= LONGEST_MAGIC - offset


def _require_suffixes(subject: str, suffixes: object) -> None:
    require(
        is_names(suffixes) and all(_SUFFIX.fullmatch(suffix) for suffix in suffixes),  # type: ignore[attr-defined]
        f"{subject}: suffixes must be a tuple of lower-case endings with a dot, such as ('.xyz',), got {suffixes!r}",
    )


def _require_package(subject: str, package: object, install: object) -> None:
    require(
        isinstance(package, str) and all(part.isidentifier() for part in package.split(".") if package),
        f"{subject}: package must be the name that is imported, got {package!r}",
    )
    require(
        isinstance(install, str) and (not install or bool(package)),
        f"{subject}: install must be text, and needs a package, got {install!r}",
    )
