"""The image formats that zoo reads. Modules that decode are imported on first use."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from zoo.hookspecs import hookimpl
from zoo.interfaces import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from PIL.Image import Image


@hookimpl
def zoo_decoders() -> list[Decoder]:
    """Return the decoders, the most common first."""
    return [
        _by_pillow(
            "jpeg",
            "JPEG, shrunk while it is decoded",
            "ITU-T T.81, https://www.w3.org/Graphics/JPEG/itu-t81.pdf",
            (".jpg", ".jpeg"),
            ((0, b"\xff\xd8\xff"),),
            decode_square=_decode_jpeg,
        ),
        _by_pillow(
            "png",
            "PNG, of 1 to 16 bits",
            "https://www.w3.org/TR/png-3/",
            (".png",),
            ((0, b"\x89PNG\r\n\x1a\n"),),
        ),
        _by_pillow(
            "webp",
            "WebP, the first frame",
            "RFC 9649, https://www.rfc-editor.org/rfc/rfc9649",
            (".webp",),
            ((8, b"WEBP"),),
        ),
        _by_pillow(
            "bmp",
            "BMP",
            "https://learn.microsoft.com/windows/win32/gdi/bitmap-storage",
            (".bmp",),
            ((0, b"BM"),),
        ),
        _by_pillow(
            "gif",
            "GIF, the first frame",
            "https://www.w3.org/Graphics/GIF/spec-gif89a.txt",
            (".gif",),
            ((0, b"GIF87a"), (0, b"GIF89a")),
        ),
        _by_pillow(
            "tiff",
            "TIFF, the first page, of 1 to 16 bits",
            "TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf",
            (".tif", ".tiff"),
            tuple((0, magic) for magic in _TIFF),
        ),
    ]


# Little-endian, big-endian, BigTIFF; and the others that Pillow accepts, since such files exist.
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"MM*\0", b"II\0*")


def _by_pillow(
    name: str,
    summary: str,
    reference: str,
    suffixes: tuple[str, ...],
    magic: tuple[tuple[int, bytes], ...],
    decode_square: Callable[[bytes, int, int], np.ndarray | None] | None = None,
) -> Decoder:
    """Return a decoder that uses Pillow; its name is Pillow's name of the format in lower case."""
    kind = name.upper()

    def decode(content: bytes) -> Image:
        from zoo.data.pillow_images import open_image

        return open_image(content, kind)

    def header(file: BinaryIO) -> tuple[int, int, bool]:
        from zoo.data.pillow_images import read_header

        return read_header(file, kind)

    return Decoder(
        name=name,
        decode=decode,
        header=header,
        summary=summary,
        reference=reference,
        suffixes=suffixes,
        magic=magic,
        decode_square=decode_square,
        version="",
        sample=lambda: _sample(kind),
    )


def _decode_jpeg(content: bytes, size: int, channels: int) -> np.ndarray | None:
    from zoo.data.decode import LARGE
    from zoo.data.jpeg import decode_jpeg

    return decode_jpeg(content, size, channels, max_pixels=LARGE)


def _sample(kind: str) -> bytes:
    """Return a small coloured image, wider than high."""
    from PIL import Image

    gradient = Image.linear_gradient("L").resize((48, 32))
    image = Image.merge("RGB", (gradient, gradient.transpose(Image.Transpose.ROTATE_180), gradient))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()
