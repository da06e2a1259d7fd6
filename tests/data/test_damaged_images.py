"""Real image files, damaged in hundreds of ways: each is decoded or refused in one line."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.formats import FORMATS
from zoo.data.cache import decode_dataset
from zoo.data.decode import UnreadableImage, decode_bytes
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # pytest undoes the filter that zoo.data.decode sets

SLOPES = np.indices((24, 40)).astype(np.uint8).transpose(1, 2, 0)
PHOTO = Image.fromarray(
    np.dstack([SLOPES * 6, np.random.default_rng(0).integers(0, 90, (24, 40, 1), np.uint8)])
)
EXIF = Image.Exif()
EXIF[0x0112] = 6


def encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    PHOTO.convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


FILES = {
    "JPEG": encoded("JPEG"),
    "JPEG with EXIF": encoded("JPEG", exif=EXIF),
    "progressive JPEG": encoded("JPEG", progressive=True),
    "CMYK JPEG": encoded("JPEG", "CMYK"),
    "PNG": encoded("PNG"),
    "palette PNG": encoded("PNG", "P"),
    "transparent PNG": encoded("PNG", "RGBA"),
    "WebP": encoded("WEBP"),
    "lossless WebP": encoded("WEBP", lossless=True),
    "GIF": encoded("GIF"),
    "animated GIF": encoded("GIF", save_all=True, append_images=[PHOTO]),
    "BMP": encoded("BMP"),
    "TIFF": encoded("TIFF"),
    "LZW TIFF": encoded("TIFF", compression="tiff_lzw"),
    "JPEG TIFF": encoded("TIFF", compression="jpeg"),
}

place = st.floats(0, 1, exclude_max=True)
damage = st.one_of(
    st.tuples(st.just("flip"), place, st.integers(1, 255).map(lambda value: bytes([value]))),
    st.tuples(st.just("cut"), place, st.integers(1, 64).map(bytes)),
    st.tuples(st.just("insert"), place, st.binary(min_size=1, max_size=16)),
    st.tuples(st.just("end"), place, st.just(b"")),
)


def damaged(content: bytes, harm: tuple[str, float, bytes]) -> bytes:
    kind, where, extra = harm
    at = int(where * len(content))
    if kind == "flip":
        return content[:at] + bytes([content[at] ^ extra[0]]) + content[at + 1 :] if content else content
    if kind == "cut":
        return content[:at] + content[at + len(extra) :]
    return content[:at] if kind == "end" else content[:at] + extra + content[at:]


@pytest.mark.parametrize("name", FILES)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(harms=st.lists(damage, min_size=1, max_size=4), channels=st.sampled_from([1, 3]))
def test_a_damaged_file_is_decoded_or_refused_in_one_line(
    name: str, harms: list[tuple[str, float, bytes]], channels: int
) -> None:
    content = FILES[name]
    for harm in harms:
        content = damaged(content, harm)
    try:
        pixels = decode_bytes(content, "photo", 8, channels, FORMATS)
        result = f"{pixels.dtype} {pixels.shape}"
    except UnreadableImage as error:
        result = str(error)
    assert re.fullmatch(rf"uint8 \(8, 8, {channels}\)|cannot read the image 'photo': .+", result)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_ends_early_is_decoded_or_refused_in_one_line(name: str) -> None:
    reasons = set()
    for keep in range(0, len(FILES[name]), max(1, len(FILES[name]) // 60)):
        try:
            decode_bytes(FILES[name][:keep], "photo", 8, 3, FORMATS)
        except UnreadableImage as error:
            reasons.add(error.reason)
    assert reasons <= {"zero bytes", "not an image", "truncated", "damaged"}
    assert len(reasons) > 1


@pytest.fixture
def harmed(tmp_path: Path) -> Callable[[], Path]:
    """A folder of 200 damaged files among 60 whole ones."""

    def make() -> Path:
        random = np.random.default_rng(0)
        whole = [encoded(kind) for kind in ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")]
        for name in ("cat", "dog"):
            (tmp_path / "photos" / name).mkdir(parents=True)
            for number in range(130):
                content = bytearray(whole[number % 6])
                for at in random.integers(0, len(content), 0 if number < 30 else 40):
                    content[at] ^= 255
                tail = b"" if number < 30 else bytes([number])
                (tmp_path / "photos" / name / f"{number:03}.png").write_bytes(
                    bytes(content) + tail + name.encode()
                )
        return tmp_path / "photos"

    return make


def test_every_unreadable_file_of_a_folder_is_named(harmed: Callable[[], Path], tmp_path: Path) -> None:
    opened = open_dataset(str(harmed()), {}, FORMATS)
    decoded = decode_dataset(opened, 8, 3, cache=tmp_path / "cache", progress=Progress())
    named = Counter(file.path for file in decoded.skipped)
    assert len(decoded.labels) + len(named) == 260
    assert len(named) > 60
    assert set(named.values()) == {1}
    assert set(named) <= {str(item) for item in opened.images.items}
