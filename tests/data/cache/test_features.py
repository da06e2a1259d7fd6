"""Activations in the cache: computed once, read again, and never used when damaged."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.progress import RecordedProgress
from zoo.cli import run
from zoo.data.cache.entries import list_cache
from zoo.data.cache.features import FeatureEntry
from zoo.data.rows import is_mapped
from zoo.errors import DatasetError, HyperparameterError
from zoo.interfaces import FeatureOptions, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 10
MAPS = np.random.default_rng(0).normal(size=(ROWS, 2, 2, 3)).astype(np.float32)
VECTORS = np.random.default_rng(1).normal(size=(ROWS, 5)).astype(np.float32)
BYTES = MAPS.nbytes + VECTORS.nbytes

# Builds the entry that `entry` names, and stops in the middle until a line of input arrives.
STOPPING = """
import pathlib, sys
import numpy as np
from zoo.data.cache.features import FeatureEntry
from zoo.interfaces import Progress
def batches():
    yield (np.ones((4, 5), np.float32),)
    print("begun", flush=True)
    sys.stdin.readline()
    yield (np.ones((6, 5), np.float32),)
FeatureEntry({"prefix": "slow"}, {}, ((5,),), 10, cache=pathlib.Path(sys.argv[1])).build(batches(), Progress())
"""


@pytest.fixture
def entry(cache: Path) -> FeatureEntry:
    """Of feature maps and vectors."""
    about = {"dataset": "pets", "size": 8, "channels": 3}
    return FeatureEntry({"prefix": "one"}, about, ((2, 2, 3), (5,)), ROWS)


def batches(scale: float = 1) -> Iterator[tuple[np.ndarray, ...]]:
    for start in range(0, ROWS, 4):
        yield scale * MAPS[start : start + 4], scale * VECTORS[start : start + 4]


def never() -> Iterator[tuple[np.ndarray, ...]]:
    """They are in the cache."""
    raise AssertionError("computed again")
    yield


@pytest.fixture
def built(entry: FeatureEntry) -> FeatureEntry:
    """The entry, in the cache."""
    entry.build(batches(), Progress())
    return entry


def same(arrays: tuple[np.ndarray, ...] | None) -> bool:
    return arrays is not None and np.array_equal(arrays[0], MAPS) and np.array_equal(arrays[1], VECTORS)


# Keeping them ------------------------------------------------------------------------------------------------


def test_activations_are_returned_when_built_and_when_read(entry: FeatureEntry) -> None:
    assert (same(entry.build(batches(), Progress())), same(entry.read(Progress()))) == (True, True)


def test_nothing_is_read_before_it_is_built(entry: FeatureEntry) -> None:
    progress = RecordedProgress()
    assert (entry.read(progress), progress.notices) == (None, [])


def test_existing_activations_are_not_computed_again(built: FeatureEntry) -> None:
    assert same(built.build(never(), Progress()))


def test_another_key_is_another_entry(built: FeatureEntry) -> None:
    other = replace(built, key={"prefix": "other"})
    doubled = other.build(batches(2), Progress())
    assert (np.array_equal(doubled[0], 2 * MAPS), same(built.read(Progress()))) == (True, True)


def test_arrays_are_mapped_and_read_only(built: FeatureEntry) -> None:
    arrays = built.read(Progress())
    assert arrays is not None
    assert [array.flags.writeable for array in arrays] == [False, False]
    assert is_mapped(built.folder / "features-1.bin")


def test_progress_is_reported_in_rows(entry: FeatureEntry) -> None:
    progress = RecordedProgress()
    entry.build(batches(), progress)
    assert progress.advances == [("computing activations", done, ROWS) for done in (4, 8, 10)]


def test_float16_takes_half_the_room(entry: FeatureEntry) -> None:
    half = replace(entry, dtype="float16")
    arrays = half.build(batches(), Progress())
    assert np.array_equal(arrays[0], MAPS.astype(np.float16))
    assert sum(path.stat().st_size for path in half.folder.glob("*.bin")) == BYTES // 2


def test_float16_and_float32_are_two_entries(built: FeatureEntry) -> None:
    assert replace(built, dtype="float16").read(Progress()) is None


def test_a_feature_too_large_for_float16_is_refused(entry: FeatureEntry) -> None:
    with pytest.raises(DatasetError) as refused:
        replace(entry, dtype="float16").build(batches(1e6), Progress())
    assert str(refused.value).endswith(
        "is too large for float16, whose maximum is 65,504: use --cache-dtype float32"
    )


@pytest.mark.parametrize("options", [{"mode": "always"}, {"dtype": "int8"}, {"copies": 0}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(HyperparameterError):
        FeatureOptions(**options)


# Damage ------------------------------------------------------------------------------------------------------


def flip(entry: FeatureEntry) -> None:
    path = entry.folder / "features-0.bin"
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content)


def cut(entry: FeatureEntry) -> None:
    os.truncate(entry.folder / "features-1.bin", 100)


def lose_a_file(entry: FeatureEntry) -> None:
    (entry.folder / "features-1.bin").unlink()


def lose_the_index(entry: FeatureEntry) -> None:
    (entry.folder / "index.json").unlink()


def break_the_index(entry: FeatureEntry) -> None:
    (entry.folder / "index.json").write_text("{")


def replace_the_index(entry: FeatureEntry) -> None:
    (entry.folder / "index.json").write_text("[]")


def forget_the_digests(entry: FeatureEntry) -> None:
    (entry.folder / "index.json").write_text(json.dumps({"sha256": None}))


DAMAGES = (
    flip,
    cut,
    lose_a_file,
    lose_the_index,
    break_the_index,
    replace_the_index,
    forget_the_digests,
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_reported_once_and_repaired(built: FeatureEntry, damage: Any) -> None:
    damage(built)
    progress = RecordedProgress()
    assert built.read(progress) is None
    assert same(built.build(batches(), progress))
    assert progress.notices == ["the cached activations are damaged: they are computed again"]


# Ends in the middle ------------------------------------------------------------------------------------------


def failing(error: BaseException) -> Iterator[tuple[np.ndarray, ...]]:
    yield next(batches())
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("no")])
def test_an_end_in_the_middle_leaves_nothing(entry: FeatureEntry, error: BaseException) -> None:
    with pytest.raises(type(error)):
        entry.build(failing(error), Progress())
    assert list(entry.folder.parent.iterdir()) == []


def test_an_error_of_the_disk_is_reported_in_one_line(entry: FeatureEntry) -> None:
    with pytest.raises(DatasetError) as refused:
        entry.build(failing(OSError(28, os.strerror(28))), Progress())
    assert str(refused.value) == (
        f"cannot write the cache '{entry.folder.parent}': no space left on device; "
        "make room, or set ZOO_CACHE to a folder on another disk"
    )


def test_a_cache_that_is_no_folder_is_reported_in_one_line(entry: FeatureEntry, cache: Path) -> None:
    cache.write_text("a file")
    assert entry.read(Progress()) is None
    with pytest.raises(
        DatasetError, match=r"^cannot write the cache '.*': \S.*; make room, or set ZOO_CACHE"
    ):
        entry.build(batches(), Progress())


@pytest.fixture
def other(cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, in the middle of computing activations."""
    command = [sys.executable, "-c", STOPPING, str(cache)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
        process.kill()


def test_a_build_that_was_killed_starts_again(other: subprocess.Popen[str], cache: Path) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    (part,) = (cache / "features").iterdir()
    entry = FeatureEntry({"prefix": "slow"}, {}, ((5,),), ROWS)
    (vectors,) = entry.build(((vectors,) for _, vectors in batches()), Progress())
    assert (part.suffix, list((cache / "features").iterdir())) == (".part", [entry.folder])
    assert np.array_equal(vectors, VECTORS)


def test_a_second_process_waits_for_the_first(other: subprocess.Popen[str]) -> None:
    progress, results = RecordedProgress(), []
    entry = FeatureEntry({"prefix": "slow"}, {}, ((5,),), ROWS)
    waiting = threading.Thread(target=lambda: results.append(entry.build(never(), progress)))
    waiting.start()
    assert progress.noticed.wait(60)
    assert results == []
    other.communicate("continue\n")
    waiting.join(60)
    assert progress.notices == ["waiting for another process that computes these activations"]
    assert results[0][0].tolist() == np.ones((10, 5)).tolist()


# The limit ---------------------------------------------------------------------------------------------------


def test_features_larger_than_the_limit_are_refused_before_they_are_computed(
    entry: FeatureEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "500")
    with pytest.raises(DatasetError) as refused:
        entry.build(never(), Progress())
    assert str(refused.value) == (
        "the cached activations need 680 B, but the cache's limit is 500 B: "
        "set ZOO_CACHE_LIMIT higher, or use --cache-dtype float16"
    )


@pytest.fixture
def two(entry: FeatureEntry, monkeypatch: pytest.MonkeyPatch) -> tuple[FeatureEntry, FeatureEntry]:
    """Two entries, the first used longer ago, in a cache that has no room for a third."""
    first, second = (replace(entry, key={"prefix": name}) for name in ("first", "second"))
    for age, sibling in enumerate((second, first)):
        sibling.build(batches(), Progress())
        for path in (*sibling.folder.iterdir(), sibling.folder):
            os.utime(path, (1_000_000_000 - 60 * age,) * 2)
    gc.collect()
    monkeypatch.setenv("ZOO_CACHE_LIMIT", str(sum(listed.bytes for listed in list_cache(entry.cache)) + 100))
    return first, second


def names_in(entry: FeatureEntry) -> set[str]:
    return {path.name for path in entry.folder.parent.iterdir()}


def test_the_least_recently_used_go_first(
    entry: FeatureEntry, two: tuple[FeatureEntry, FeatureEntry]
) -> None:
    entry.build(batches(), Progress())
    assert names_in(entry) == {entry.name, two[1].name}


def test_reading_is_using(entry: FeatureEntry, two: tuple[FeatureEntry, FeatureEntry]) -> None:
    two[0].read(Progress())
    gc.collect()
    entry.build(batches(), Progress())
    assert names_in(entry) == {entry.name, two[0].name}


def test_features_in_use_stay(entry: FeatureEntry, two: tuple[FeatureEntry, FeatureEntry]) -> None:
    activations = two[0].read(Progress())
    os.utime(two[0].folder / "index.json", (1_000_000_000 - 60,) * 2)  # it is the older one all the same
    entry.build(batches(), Progress())
    assert (same(activations), names_in(entry)) == (True, {entry.name, two[0].name})


# `zoo data cache` --------------------------------------------------------------------------------------------


def test_features_are_listed_with_their_dataset(built: FeatureEntry) -> None:
    (listed,) = list_cache(built.cache)
    assert (listed.kind, listed.dataset, listed.image_size, listed.channels, listed.images, listed.path) == (
        "features",
        "pets",
        8,
        3,
        ROWS,
        built.folder,
    )


def test_features_are_cleared(built: FeatureEntry, capsys: pytest.CaptureFixture[str]) -> None:
    gc.collect()
    assert run(["data", "cache", "features", "--clear"]) == 0
    assert (capsys.readouterr().out.startswith("removed 1 entry"), names_in(built)) == (True, set())


def test_features_in_use_are_not_cleared(built: FeatureEntry, capsys: pytest.CaptureFixture[str]) -> None:
    activations = built.read(Progress())
    assert run(["data", "cache", "pets", "--clear"]) == 0
    assert (same(activations), capsys.readouterr().out.splitlines()[1:]) == (
        True,
        ["kept pets 8×8 RGB: a process uses it"],
    )
