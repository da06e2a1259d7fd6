"""The checks of a decoder, run on its own sample."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from zoo.data.decode import UnreadableImage, decode_bytes, read_header
from zoo.data.fingerprint import THREADS
from zoo.data.formats import Formats
from zoo.data.pictures import lies_on_its_side
from zoo.errors import ContractError
from zoo.testing.contract import NotBuilt
from zoo.testing.imports import check_imports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from zoo.interfaces import Decoder

SIZES = (8, 32)  # pixels a side that the sample is decoded to
CLOSE = 24  # of 256 levels, the mean difference between two ways of shrinking
DAMAGES = 40


@dataclass(frozen=True)
class Subject:
    """A decoder under test."""

    decoder: Decoder

    @cached_property
    def name(self) -> str:
        """The file name of the sample."""
        return f"sample{self.decoder.suffixes[0]}"

    @cached_property
    def formats(self) -> Formats:
        """The formats with no other decoder."""
        return Formats((), (self.decoder,))

    @cached_property
    def sample(self) -> bytes:
        """The bytes of the decoder's sample image.

        Raises:
            NotBuilt: it has none.
            ContractError: it is not bytes.
        """
        if self.decoder.sample is None:
            raise NotBuilt("there is no sample: add Decoder.sample, which returns the bytes of a small image")
        sample = self.decoder.sample()
        if not isinstance(sample, bytes) or not sample:
            raise ContractError(
                f"sample() returns {type(sample).__name__}: return the bytes of a small image"
            )
        return sample

    def decoded(self, size: int, channels: int) -> np.ndarray:
        """Return the sample as training gets it."""
        return decode_bytes(self.sample, self.name, size, channels, self.formats)


def _imports_without_tensorflow(subject: Subject) -> None:
    check_imports(subject.decoder.decode, "zoo_decoders", subject.decoder.name)


def _recognises(subject: Subject) -> None:
    decoder = subject.decoder
    if decoder.sample is not None and subject.formats.decoder_of(subject.name, subject.sample) is None:
        raise ContractError(
            f"its sample begins with {subject.sample[:16]!r}, which is not one of its magic bytes"
        )


def _header(subject: Subject) -> None:
    read_header(io.BytesIO(subject.sample), subject.name, subject.formats)


def _decodes(subject: Subject) -> None:
    for channels in (1, 3):
        subject.decoded(SIZES[0], channels)
    width, height, is_gray = read_header(io.BytesIO(subject.sample), subject.name, subject.formats)
    pixels = subject.decoder.decode(subject.sample)
    if isinstance(pixels, Image.Image):
        size = pixels.size[::-1] if lies_on_its_side(pixels) else pixels.size
    else:
        size = pixels.shape[1], pixels.shape[0]
        if is_gray != (pixels.shape[2:] != (3,)):
            colours = "gray" if is_gray else "colour"
            raise ContractError(f"header() says that it is {colours}, decode() returns shape {pixels.shape}")
    if size != (width, height):
        raise ContractError(f"header() says {width}×{height} pixels, decode() returns {size[0]}×{size[1]}")


def _decodes_square(subject: Subject) -> None:
    plain = Subject(replace(subject.decoder, decode_square=None))
    for size in SIZES:
        for channels in (1, 3):
            square, slow = subject.decoded(size, channels), plain.decoded(size, channels)
            difference = float(np.abs(square.astype(int) - slow.astype(int)).mean())
            if difference > CLOSE:
                raise ContractError(
                    f"decode_square returns {size}×{size} pixels that differ from those of decode by "
                    f"{difference:.0f} of 256 levels: check colours, orientation and cropping"
                )


def _decodes_in_threads(subject: Subject) -> None:
    first = subject.decoded(SIZES[-1], 3)
    with ThreadPoolExecutor(max(THREADS, 4)) as pool:
        for again in pool.map(lambda _: subject.decoded(SIZES[-1], 3), range(32)):
            if not np.array_equal(again, first):
                raise ContractError(
                    "several threads at once get different pixels: keep no state between calls, or use a lock"
                )


def _refuses_damage(subject: Subject) -> None:
    for content in _damaged(subject):
        try:
            decode_bytes(content, subject.name, SIZES[0], 3, subject.formats)
            read_header(io.BytesIO(content), subject.name, subject.formats)
        except UnreadableImage as error:
            cause = error.__cause__
            if cause is not None and not isinstance(
                cause, Exception
            ):  # zoo survives it, other programs would not
                raise cause from None


def _damaged(subject: Subject) -> Iterator[bytes]:
    """Yield damaged files: magic bytes followed by noise, then the sample, truncated or with some bytes changed."""
    rng = np.random.default_rng(0)
    for offset, magic in subject.decoder.magic or ((0, b""),):
        yield rng.bytes(offset) + magic + rng.bytes(100)
    if subject.decoder.sample is None:
        return
    for _ in range(DAMAGES):
        yield subject.sample[: rng.integers(1, len(subject.sample))]
        changed = bytearray(subject.sample)
        for position in rng.integers(0, len(changed), 8):
            changed[position] = rng.integers(0, 256)
        yield bytes(changed)


CHECKS: Mapping[str, Callable[[Subject], None]] = {
    "imports-without-tensorflow": _imports_without_tensorflow,
    "recognises": _recognises,
    "header": _header,
    "decodes": _decodes,
    "decodes-square": _decodes_square,
    "decodes-in-threads": _decodes_in_threads,
    "refuses-damage": _refuses_damage,
}
