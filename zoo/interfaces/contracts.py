"""The descriptions that plugins return, which check themselves when they are created."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, BinaryIO, Protocol

from zoo.errors import ContractError
from zoo.interfaces.sizes import Sizes, is_size

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from keras import KerasTensor
    from keras_tuner import HyperParameters
    from PIL.Image import Image

    from zoo.interfaces.reporting import Progress

HyperparameterValue = bool | int | float | str
Hyperparameters = Mapping[str, HyperparameterValue]
"""Name -> value, as stored with a run."""

SPLITS = ("train", "validation", "test")

MIN_SIZE = 32  # pixels per side of the smallest images, unless an architecture says otherwise
LONGEST_MAGIC = 512  # magic bytes must lie within so many bytes from the start of a file

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SUFFIX = re.compile(r"\.[a-z0-9][a-z0-9._+-]*")
_PREFIX = re.compile(r"[a-z][a-z0-9+.-]+:(//)?")  # two letters or more, since C: is a drive


class Backbone(Protocol):
    """Layers from pixels to features.

    `inputs` is a KerasTensor (batch, height, width, channels), float32, raw pixels 0-255, which the backbone scales in
    its own layers. `weights` is None, a name from `Architecture.weights`, or the path of a file or folder. The result
    is a KerasTensor (batch, h, w, c) or (batch, d). Hyperparameters are declared through `hp`.
    """

    def __call__(
        self, hp: HyperParameters, inputs: KerasTensor, *, weights: str | None = None
    ) -> KerasTensor: ...


@dataclass(frozen=True)
class Architecture:
    """A plugin's description of a backbone with its search space, presets and freeze points.

    Args:
        name: lower-case name, unique among all plugins.
        backbone: see `Backbone`.
        summary: a one-line description.
        reference: the paper or code that it follows.
        min_size: the smallest image that the backbone accepts, in pixels per side; smaller images are enlarged. None:
            that of `sizes`, or else 32.
        default_size: the intended pixels per side; None: the dataset's own size.
        channels: 1, 3, or None for either.
        weights: names of pre-trained weights that it can load, such as "imagenet", and patterns of names, such as
            "hf://*".
        fetch_weights: takes such a name and returns the local file or folder of its weights, downloaded if necessary;
            `backbone` then gets that path. Called before work starts, never while networks are built. None: `backbone`
            gets the name.
        presets: name -> hyperparameters, each a published recipe.
        freeze_points: names of its stages, from the input on. A stage is every layer whose name starts with the freeze
            point, unless a digit follows: `block1` includes `block1_conv` and `block1a_bn`.
        version: changes whenever the same hyperparameters would build another network.
        custom_layers: imports and returns the backbone's own Keras layer classes, each registered with
            `keras.saving.register_keras_serializable`. Called before a stored model is rebuilt.
        sizes: the sizes of images that the backbone accepts; others are resized to the nearest. None: all from
            `min_size` on.

    Raises:
        ContractError: a field has the wrong type or is out of range.
    """

    name: str
    backbone: Backbone
    summary: str
    reference: str
    min_size: int = None  # type: ignore[assignment]  # a number once it is created
    default_size: int | None = None
    channels: int | None = None
    weights: tuple[str, ...] = ()
    fetch_weights: Callable[[str], Path] | None = None
    presets: Mapping[str, Hyperparameters] = field(default_factory=dict)
    freeze_points: tuple[str, ...] = ()
    version: str = "1"
    custom_layers: Callable[[], Iterable[type]] | None = None
    sizes: Sizes | None = None

    def __post_init__(self) -> None:
        _check_description("architecture", self.name, self.summary, self.reference)
        subject = f"architecture '{self.name}'"
        _require(callable(self.backbone), f"{subject}: backbone must be a function, got {self.backbone!r}")
        self._check_sizes(subject)
        _require(
            self.channels is None or (is_size(self.channels) and self.channels in (1, 3)),
            f"{subject}: channels must be 1, 3 or None, got {self.channels!r}",
        )
        _require(
            isinstance(self.version, str) and bool(self.version),
            f"{subject}: version must be text, got {self.version!r}",
        )
        _require(
            self.custom_layers is None or callable(self.custom_layers),
            f"{subject}: custom_layers must be a function, got {self.custom_layers!r}",
        )
        _require(
            self.fetch_weights is None or (callable(self.fetch_weights) and bool(self.weights)),
            f"{subject}: fetch_weights must be a function, and needs names in weights, got {self.fetch_weights!r}",
        )
        for name in ("weights", "freeze_points"):
            _require(_is_names(getattr(self, name)), f"{subject}: {name} must be a tuple of names")
        _require(
            isinstance(self.presets, Mapping) and all(isinstance(p, Mapping) for p in self.presets.values()),
            f"{subject}: presets must map names to hyperparameters",
        )

    def has_weights(self, name: str) -> bool:
        """Whether `weights` contains this name, or a pattern that it matches."""
        return name in self.weights or any(fnmatchcase(name, pattern) for pattern in self.weights)

    @property
    def image_sizes(self) -> Sizes:
        """The sizes of images that the backbone accepts: `sizes`, or all from `min_size` on."""
        return self.sizes or Sizes(smallest=self.min_size)

    def _check_sizes(self, subject: str) -> None:
        """Check `min_size`, `sizes` and `default_size`; set `min_size` where it was left out."""
        _require(
            self.min_size is None or is_size(self.min_size),
            f"{subject}: min_size must be 1 or more pixels, got {self.min_size!r}",
        )
        _require(
            self.sizes is None or isinstance(self.sizes, Sizes),
            f"{subject}: sizes must be zoo.Sizes, such as Sizes(step=16), got {self.sizes!r}",
        )
        smallest = self.sizes.smallest if self.sizes else self.min_size or MIN_SIZE
        _require(
            self.min_size in (None, smallest),
            f"{subject}: min_size is {self.min_size}, but the smallest of its sizes is {smallest}: leave min_size out",
        )
        object.__setattr__(self, "min_size", smallest)
        _require(
            self.default_size is None
            or (is_size(self.default_size) and self.default_size in self.image_sizes),
            f"{subject}: default_size must be None or one of its sizes, {self.image_sizes}, got {self.default_size!r}",
        )


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
        _require(
            _is_names(self.class_names), f"class_names must be a tuple of names, got {self.class_names!r}"
        )
        _require(len(self.labels) == count, f"{count} images but {len(self.labels)} labels")
        _require(
            len(set(self.class_names)) == len(self.class_names), f"class names repeat: {self.class_names}"
        )
        classes = range(len(self.class_names))
        _require(all(label in classes for label in self.labels), f"a label is not in 0..{len(classes) - 1}")
        if self.split is not None:
            _require(len(self.split) == count, f"{count} images but {len(self.split)} splits")
            _require(set(self.split) <= set(SPLITS), f"a split is not one of {', '.join(SPLITS)}")


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
        _check_description("dataset", self.name, self.summary, self.reference)
        _require(callable(self.load), f"dataset '{self.name}': load must be a function, got {self.load!r}")


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
        _check_description("source", self.name, self.summary, self.reference)
        subject = f"source '{self.name}'"
        _require_functions(subject, self, "load", optional=("recognises", "sample"))
        _require_suffixes(subject, self.suffixes)
        _require(
            isinstance(self.prefix, str) and (not self.prefix or _PREFIX.fullmatch(self.prefix) is not None),
            f"{subject}: prefix must be lower-case letters and a colon, such as 'tfds:', got {self.prefix!r}",
        )
        is_path = bool(self.suffixes) or self.recognises is not None
        _require(
            is_path != bool(self.prefix),
            f"{subject}: give suffixes or recognises for a path, or a prefix for a reference, and not both",
        )
        _require(
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
        _check_description("decoder", self.name, self.summary, self.reference)
        subject = f"decoder '{self.name}'"
        _require_functions(subject, self, "decode", "header", optional=("decode_square", "sample"))
        _require_suffixes(subject, self.suffixes)
        _require(bool(self.suffixes), f"{subject}: suffixes must name at least one, such as ('.xyz',)")
        _require(
            isinstance(self.magic, tuple) and all(map(_is_magic, self.magic)),
            f"{subject}: magic must be a tuple of (offset, bytes) within the first {LONGEST_MAGIC} bytes, "
            f"got {self.magic!r}",
        )
        _require_package(subject, self.package, self.install)
        _require(isinstance(self.version, str), f"{subject}: version must be text, got {self.version!r}")


def _check_description(kind: str, name: str, summary: str, reference: str) -> None:
    _require(
        isinstance(name, str) and _NAME.fullmatch(name) is not None,
        f"{kind} name must be lower-case letters, digits, '.', '_' or '-', got {name!r}",
    )
    for label, text in (("summary", summary), ("reference", reference)):
        _require(
            isinstance(text, str) and bool(text.strip()),
            f"{kind} '{name}': {label} must be text, got {text!r}",
        )


def _is_names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) and name for name in value)


def _is_magic(value: object) -> bool:
    if not (isinstance(value, tuple) and len(value) == 2):
        return False
    offset, content = value
    is_offset = isinstance(offset, int) and not isinstance(offset, bool) and offset >= 0
    return is_offset and isinstance(content, bytes) and 0 < len(content) <= LONGEST_MAGIC - offset


def _require_functions(subject: str, described: object, *needed: str, optional: tuple[str, ...]) -> None:
    for name in (*needed, *optional):
        value = getattr(described, name)
        _require(
            callable(value) or (value is None and name in optional),
            f"{subject}: {name} must be a function, got {value!r}",
        )


def _require_suffixes(subject: str, suffixes: object) -> None:
    _require(
        _is_names(suffixes) and all(_SUFFIX.fullmatch(suffix) for suffix in suffixes),  # type: ignore[attr-defined]
        f"{subject}: suffixes must be a tuple of lower-case endings with a dot, such as ('.xyz',), got {suffixes!r}",
    )


def _require_package(subject: str, package: object, install: object) -> None:
    _require(
        isinstance(package, str) and all(part.isidentifier() for part in package.split(".") if package),
        f"{subject}: package must be the name that is imported, got {package!r}",
    )
    _require(
        isinstance(install, str) and (not install or bool(package)),
        f"{subject}: install must be text, and needs a package, got {install!r}",
    )


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ContractError(message)
