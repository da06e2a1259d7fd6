"""Building an entry: resumed after a kill, by one process at a time, never trusting half a write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.formats import FORMATS
from tests.progress import RecordedProgress
from zoo.data.cache import building, decode_dataset
from zoo.data.sources import open_dataset
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from zoo.data.opened import OpenedDataset

CHUNK = 4
HALF = 24  # of the 48 images

# Decodes a folder, and stops in the middle until a line of input arrives.
STOPPING = f"""
import pathlib, sys
from zoo.data.cache import building
from zoo.data.cache import decode_dataset
from zoo.data.sources import open_dataset
from zoo.interfaces import Progress
from zoo.plugins import load_plugins
class Stopping(Progress):
    def advanced(self, work, done, total):
        if done == {HALF}:
            print("half", flush=True)
            sys.stdin.readline()
building.CHUNK, building.PROGRESS_EVERY, building.LOOK_AHEAD = {CHUNK}, 1, 1
opened = open_dataset(sys.argv[1], {{}}, load_plugins().formats)
decode_dataset(opened, 8, 3, cache=pathlib.Path(sys.argv[2]), progress=Stopping())
"""


class NoticeHook(RecordedProgress):
    """Calls this on each notice."""

    def __init__(self, on_notice: Callable[[], object]) -> None:
        super().__init__()
        self.on_notice = on_notice

    def notice(self, message: str) -> None:
        super().notice(message)
        self.on_notice()


def done_of(progress: RecordedProgress) -> list[int]:
    """Return the number of images written at each report."""
    return [done for _, done, _ in progress.advances]


class Interrupted(Progress):
    """The user presses Ctrl-C, by default in the middle."""

    def __init__(self, at: int = HALF) -> None:
        self.at = at

    def advanced(self, work: str, done: int, total: int) -> None:
        if done == self.at:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "CHUNK", CHUNK)
    monkeypatch.setattr(building, "PROGRESS_EVERY", 1)
    monkeypatch.setattr(building, "LOOK_AHEAD", 1)  # progress is what has been written


@pytest.fixture
def other(photos: Path, cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which has decoded half of the photos."""
    command = [sys.executable, "-c", STOPPING, str(photos), str(cache)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        yield process
        process.kill()


@pytest.fixture
def interrupted(opened_photos: OpenedDataset, cache: Path) -> Path:
    """The folder of an entry that is half built."""
    with pytest.raises(KeyboardInterrupt):
        decode_dataset(opened_photos, 8, 3, cache=cache, progress=Interrupted())
    (part,) = (cache / "decoded").iterdir()
    return part


def decoded(opened: OpenedDataset, cache: Path, progress: Progress | None = None) -> np.ndarray:
    return np.array(decode_dataset(opened, 8, 3, cache=cache, progress=progress or Progress()).pixels)


def reported_counts(opened: OpenedDataset, cache: Path) -> list[int]:
    """Return the number of decoded images at each report of progress."""
    progress = RecordedProgress()
    decoded(opened, cache, progress)
    return done_of(progress)


def test_a_killed_build_resumes_where_it_stopped(
    other: subprocess.Popen[str], opened_photos: OpenedDataset, cache: Path, tmp_path: Path
) -> None:
    """Images that were decoded before the kill are not even there any more."""
    expected = decoded(opened_photos, tmp_path / "another")
    other.kill()
    other.wait()
    for number in building.row_order(opened_photos)[:HALF]:
        opened_photos.images.items[number].unlink()  # type: ignore[union-attr]
    assert np.array_equal(decoded(opened_photos, cache), expected)


def test_a_half_built_entry_is_no_entry(interrupted: Path) -> None:
    assert (interrupted.suffix, (interrupted / "index.json").exists()) == (".part", False)


def test_an_interrupted_build_says_at_once_how_far_it_is(
    interrupted: Path, opened_photos: OpenedDataset, cache: Path
) -> None:
    assert reported_counts(opened_photos, cache) == list(range(HALF + CHUNK, 49, CHUNK))


def test_a_build_that_is_stopped_again_resumes_from_there(
    interrupted: Path, opened_photos: OpenedDataset, cache: Path
) -> None:
    append(interrupted / "journal.jsonl", b"half a li")
    with pytest.raises(KeyboardInterrupt):
        decoded(opened_photos, cache, Interrupted(at=HALF + 2 * CHUNK))
    assert reported_counts(opened_photos, cache) == list(range(HALF + 3 * CHUNK, 49, CHUNK))


def test_the_unreadable_images_of_before_the_kill_are_remembered(photos: Path, cache: Path) -> None:
    for path in photos.glob("*/*0.png"):
        path.write_bytes(b"broken" + str(path).encode())
    opened = open_dataset(str(photos), {}, FORMATS)
    with pytest.raises(KeyboardInterrupt):
        decode_dataset(opened, 8, 3, cache=cache, progress=Interrupted())
    result = decode_dataset(opened, 8, 3, cache=cache, progress=Progress())
    assert (len(result.pixels), len(result.skipped)) == (42, 6)


@pytest.mark.parametrize(
    ("damage", "reused"),
    [
        (lambda part: cut(part / "journal.jsonl", -10), HALF - CHUNK),
        (lambda part: cut(part / "journal.jsonl", -1), HALF - CHUNK),
        (lambda part: cut(part / "journal.jsonl", 0), 0),
        (lambda part: (part / "journal.jsonl").write_text("[]\n[]\n"), 0),
        (lambda part: append(part / "journal.jsonl", b"[]\n"), HALF),
        (lambda part: append(part / "journal.jsonl", b'{"rows": "a"}\n'), HALF),
        (lambda part: append(part / "journal.jsonl", b"\xff\x00"), HALF),
        (lambda part: (part / "journal.jsonl").unlink(), 0),
        (lambda part: cut(part / "pixels.bin", -1), HALF - CHUNK),
        (lambda part: append(part / "pixels.bin", b"half a row"), HALF),
        (lambda part: flip(part / "pixels.bin", 0), 0),
        (lambda part: flip(part / "pixels.bin", 8 * 8 * 3 * CHUNK), CHUNK),
        (lambda part: (part / "pixels.bin").unlink(), 0),
    ],
)
def test_only_whole_chunks_of_a_stopped_build_are_reused(
    interrupted: Path,
    opened_photos: OpenedDataset,
    cache: Path,
    tmp_path: Path,
    damage: Callable[[Path], object],
    reused: int,
) -> None:
    damage(interrupted)
    progress = RecordedProgress()
    pixels = decoded(opened_photos, cache, progress)
    assert done_of(progress)[0] == reused + CHUNK
    assert np.array_equal(pixels, decoded(opened_photos, tmp_path / "another"))


def test_rows_that_an_older_decoder_wrote_are_not_reused(
    interrupted: Path, opened_photos: OpenedDataset, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "FORMAT", building.FORMAT + 1)
    progress = RecordedProgress()
    building.build_entry(
        building.Task(cache, opened_photos, 8, 3), lambda: None if not progress.advances else 1, progress
    )
    assert done_of(progress)[0] == CHUNK


def test_a_finished_entry_keeps_no_journal(
    interrupted: Path, opened_photos: OpenedDataset, cache: Path
) -> None:
    decoded(opened_photos, cache)
    (entry,) = (cache / "decoded").iterdir()
    assert sorted(path.name for path in entry.iterdir()) == ["index.json", "pixels.bin"]


def test_a_second_process_waits_and_takes_the_entry_of_the_first(
    other: subprocess.Popen[str], opened_photos: OpenedDataset, cache: Path, tmp_path: Path
) -> None:
    progress = NoticeHook(on_notice=lambda: other.communicate("continue\n"))
    pixels = decoded(opened_photos, cache, progress)
    assert (progress.notices, done_of(progress)) == (
        ["waiting for another process that decodes these images"],
        [],
    )
    assert np.array_equal(pixels, decoded(opened_photos, tmp_path / "another"))


def test_a_second_process_continues_when_the_first_is_killed(
    other: subprocess.Popen[str], opened_photos: OpenedDataset, cache: Path
) -> None:
    progress = NoticeHook(on_notice=other.kill)
    decoded(opened_photos, cache, progress)
    assert done_of(progress) == list(range(HALF + CHUNK, 49, CHUNK))


def test_an_image_that_changed_since_the_kill_is_an_error_and_nothing_stays(
    interrupted: Path, opened_photos: OpenedDataset, cache: Path
) -> None:
    number = building.row_order(opened_photos)[-1]
    opened_photos.images.items[number].write_bytes(b"another")  # type: ignore[union-attr]
    with pytest.raises(DatasetError, match="changed while it was being read"):
        decoded(opened_photos, cache)
    assert list((cache / "decoded").iterdir()) == []


def test_where_nothing_can_be_locked_the_cache_still_serves_what_it_has(
    opened_photos: OpenedDataset, cache: Path
) -> None:
    expected = decoded(opened_photos, cache)
    shutil.rmtree(cache / "locks")
    (cache / "locks").touch()
    assert np.array_equal(decoded(opened_photos, cache), expected)


def test_where_nothing_can_be_locked_nothing_is_built(opened_photos: OpenedDataset, cache: Path) -> None:
    cache.mkdir()
    (cache / "locks").touch()
    with pytest.raises(
        DatasetError, match=r"cannot write the cache '.*': file exists; make room, or set ZOO_CACHE"
    ):
        decoded(opened_photos, cache)


def cut(path: Path, length: int) -> None:
    os.truncate(path, length if length >= 0 else path.stat().st_size + length)


def append(path: Path, content: bytes) -> None:
    path.write_bytes(path.read_bytes() + content)


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_results_of_threads_are_passed_on_in_order() -> None:
    consumed: list[str] = []
    in_turn = building.InTurn(consumed.append)
    positions = []
    for number in (2, 0, 3, 1):
        in_turn.put(number, f"chunk {number}")
        positions.append(len(consumed))
    assert (consumed, positions) == (["chunk 0", "chunk 1", "chunk 2", "chunk 3"], [0, 1, 1, 4])
