"""The cache: right pixels in right rows, decoded once, complete or absent, with a list of what it skipped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.format_plugins.toys import encode, zoo_decoders
from tests.formats import FORMATS
from tests.progress import RecordedProgress
from zoo.data.cache import DecodedDataset, decode_dataset, decode_images
from zoo.data.decode import decode_file
from zoo.data.formats import Formats
from zoo.data.sources import open_dataset
from zoo.errors import DatasetError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.data.opened import OpenedDataset


def decoded(opened: OpenedDataset, cache: Path, size: int = 8, **options: bool) -> DecodedDataset:
    return decode_dataset(opened, size, 3, cache=cache, progress=Progress(), **options)


def was_decoded(opened: OpenedDataset, cache: Path) -> bool:
    """Whether asking for the pixels makes zoo decode."""
    progress = RecordedProgress()
    decode_dataset(opened, 8, 3, cache=cache, progress=progress)
    return bool(progress.advances)


def entry_of(cache: Path) -> Path:
    (entry,) = (cache / "decoded").iterdir()
    return entry


def expected_rows(opened: OpenedDataset) -> set[tuple[bytes, int]]:
    labeled = zip(opened.images.items, opened.images.labels, strict=True)
    return {(decode_file(path, 8, 3, FORMATS).tobytes(), label) for path, label in labeled}  # type: ignore[arg-type]


def rows_of(result: DecodedDataset) -> set[tuple[bytes, int]]:
    return {(row.tobytes(), int(label)) for row, label in zip(result.pixels, result.labels, strict=True)}


def break_images(photos: Path, class_name: str, count: int) -> None:
    for path in sorted((photos / class_name).iterdir())[:count]:
        path.write_bytes(b"broken" + path.name.encode())


def test_every_row_holds_the_pixels_of_its_label(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    assert rows_of(decoded(opened_photos, tmp_path)) == expected_rows(opened_photos)


def test_pixels_are_read_only_uint8_of_the_asked_size(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    pixels = decoded(opened_photos, tmp_path, size=5).pixels
    assert (pixels.shape, pixels.dtype, pixels.flags.writeable) == ((48, 5, 5, 3), np.uint8, False)


def test_rows_and_counts_agree_with_the_opened_dataset(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    assert decoded(opened_photos, tmp_path).counts == opened_photos.counts


def test_rows_cover_every_image_once(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    rows = np.concatenate(list(decoded(opened_photos, tmp_path).rows.values()))
    assert sorted(rows) == list(range(48))


def test_the_second_time_nothing_is_decoded(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    assert [was_decoded(opened_photos, tmp_path) for _ in range(2)] == [True, False]


def test_another_size_is_another_entry(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    decoded(opened_photos, tmp_path, size=5)
    assert was_decoded(opened_photos, tmp_path)


# Decoders of plugins --------------------------------------------------------------------------------------


@pytest.fixture
def toys(photos: Path) -> Path:
    """The photos, the cats in the format of a plugin."""
    for file in (photos / "cat").iterdir():
        file.with_suffix(".toy").write_bytes(encode(np.asarray(Image.open(file))))
        file.unlink()
    return photos


def open_toys(folder: Path, **fields: Any) -> OpenedDataset:
    """Open a folder with the plugin's decoder, changed in these fields."""
    (decoder,) = zoo_decoders()
    formats = Formats(FORMATS.sources, (*FORMATS.decoders, replace(decoder, **fields)))
    return open_dataset(str(folder), {}, formats)


def test_an_entry_of_zoos_own_decoders_is_called_as_ever(
    opened_photos: OpenedDataset, tmp_path: Path
) -> None:
    """So that what an earlier version decoded stays valid."""
    decoded(opened_photos, tmp_path)
    entry = entry_of(tmp_path)
    assert entry.name == f"{opened_photos.fingerprint[:16]}-8x8x3"
    assert list(json.loads((entry / "index.json").read_text())) == [
        *("format", "dataset", "source", "fingerprint", "size", "channels", "rows", "bytes", "unreadable")
    ]


def test_an_entry_names_the_decoders_of_plugins(toys: Path, tmp_path: Path) -> None:
    opened = open_toys(toys)
    assert decoded(opened, tmp_path).decoders == opened.decoders == ("toy 1",)
    assert json.loads((entry_of(tmp_path) / "index.json").read_text())["decoders"] == ["toy 1"]


def test_another_version_of_a_decoder_decodes_anew(toys: Path, tmp_path: Path) -> None:
    opened = [open_toys(toys, version=version) for version in ("1", "1", "2")]
    assert [was_decoded(each, tmp_path) for each in opened] == [True, False, True]
    assert len({each.fingerprint for each in opened}) == 1


def test_images_that_nothing_could_read_are_decoded_when_their_decoder_is_there(
    photos: Path, tmp_path: Path
) -> None:
    """As a manifest or a plugin's dataset may list them, the suffix is one that is known."""
    cat = photos / "cat" / "00.png"
    cat.write_bytes(encode(np.asarray(Image.open(cat))))
    before = decoded(open_dataset(str(photos), {}, FORMATS), tmp_path)
    after = decoded(open_toys(photos), tmp_path)
    assert ([file.path for file in before.skipped], after.skipped) == ([str(cat)], ())


def test_a_decoder_that_decodes_none_of_the_images_changes_nothing(photos: Path, tmp_path: Path) -> None:
    decoded(open_dataset(str(photos), {}, FORMATS), tmp_path)
    assert not was_decoded(open_toys(photos), tmp_path)


def test_rows_match_labels_when_the_cache_was_filled_in_another_order(photos: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    decoded(open_dataset(str(photos), {}, FORMATS), cache)
    for number, path in enumerate(sorted(photos.rglob("*.png"), reverse=True)):
        path.rename(path.with_name(f"{number:03}-again.png"))
    renamed = open_dataset(str(photos), {}, FORMATS)
    assert not was_decoded(renamed, cache)
    assert rows_of(decoded(renamed, cache)) == expected_rows(renamed)


def test_copies_of_an_image_have_a_row_each(
    opened_arrays: Callable[..., OpenedDataset], tmp_path: Path
) -> None:
    black, white = np.zeros((8, 8), np.uint8), np.full((8, 8), 255, np.uint8)
    split = ["train"] * 4 + ["validation"] * 2
    opened = opened_arrays([black, white, black, white, black, white], [0, 1, 0, 1, 0, 1], split)
    result = decoded(opened, tmp_path)
    assert [
        (int(row.max()), int(label)) for row, label in zip(result.pixels, result.labels, strict=True)
    ] in (
        [(0, 0)] * 3 + [(255, 1)] * 3,
        [(255, 1)] * 3 + [(0, 0)] * 3,
    )


def test_unreadable_images_are_skipped_and_named(photos: Path, tmp_path: Path) -> None:
    (photos / "cat" / "empty.png").touch()
    (photos / "dog" / "notes.txt").touch()
    result = decoded(open_dataset(str(photos), {}, FORMATS), tmp_path / "cache")
    assert {(Path(file.path).name, file.reason) for file in result.skipped} == {
        ("empty.png", "zero bytes"),
        ("notes.txt", "not an image by its name"),
    }


def test_the_cache_remembers_what_it_skipped(photos: Path, tmp_path: Path) -> None:
    break_images(photos, "cat", 2)
    opened = open_dataset(str(photos), {}, FORMATS)
    first, second = (decoded(opened, tmp_path / "cache") for _ in range(2))
    assert (len(second.skipped), second.skipped, rows_of(second)) == (2, first.skipped, rows_of(first))


def test_strict_refuses_unreadable_images(photos: Path, tmp_path: Path) -> None:
    break_images(photos, "cat", 5)
    with pytest.raises(
        DatasetError, match=r"^unreadable images, 5 in all: '.*00\.png' \(not an image\), .*, …; replace"
    ):
        decoded(open_dataset(str(photos), {}, FORMATS), tmp_path / "cache", strict=True)


def test_strict_takes_a_dataset_without_unreadable_images(
    opened_photos: OpenedDataset, tmp_path: Path
) -> None:
    assert len(decoded(opened_photos, tmp_path, strict=True).labels) == 48


def test_a_class_without_a_readable_image_is_refused(photos: Path, tmp_path: Path) -> None:
    break_images(photos, "cat", 24)
    with pytest.raises(DatasetError, match="no image of class 'cat' can be read"):
        decoded(open_dataset(str(photos), {}, FORMATS), tmp_path / "cache")


def test_splits_are_checked_again_after_skipping(photos: Path, tmp_path: Path) -> None:
    split = {"train": photos.rename(tmp_path / "train")}
    split["val"] = shutil.copytree(split["train"], tmp_path / "val")
    for name in split:
        shutil.move(split[name], tmp_path / "all" / name)
    for path in (tmp_path / "all" / "val").rglob("*.png"):
        path.write_bytes(b"broken")
    opened = open_dataset(str(tmp_path / "all"), {}, FORMATS)
    with pytest.raises(DatasetError, match="no validation images"):
        decoded(opened, tmp_path / "cache")


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: (entry / "index.json").write_text("{"),
        lambda entry: (entry / "index.json").write_text("[]"),
        lambda entry: (entry / "index.json").unlink(),
        lambda entry: (entry / "pixels.bin").unlink(),
        lambda entry: os.truncate(entry / "pixels.bin", 100),
        lambda entry: (entry / "index.json").write_text(
            json.dumps({**json.loads((entry / "index.json").read_text()), "format": 0})
        ),
    ],
)
def test_a_damaged_entry_is_built_again(
    opened_photos: OpenedDataset, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    decoded(opened_photos, tmp_path)
    damage(entry_of(tmp_path))
    assert rows_of(decoded(opened_photos, tmp_path)) == expected_rows(opened_photos)


def test_only_the_whole_entry_is_left_behind(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    decoded(opened_photos, tmp_path)
    assert sorted(path.name for path in entry_of(tmp_path).iterdir()) == ["index.json", "pixels.bin"]


def test_threads_may_decode_the_same_dataset_at_once(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    results: list[DecodedDataset] = []
    threads = [
        threading.Thread(target=lambda: results.append(decoded(opened_photos, tmp_path))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [rows_of(result) for result in results] == [expected_rows(opened_photos)] * 4


def test_a_cache_that_cannot_be_created_is_reported(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"cannot write the cache .*: not a directory; .* set ZOO_CACHE"):
        decoded(opened_photos, tmp_path / "file")


def test_a_full_disk_is_reported_and_leaves_nothing(photos: Path, tmp_path: Path) -> None:
    """A limit on the size of files simulates a full disk, in a separate process."""
    script = (
        "import resource, sys, pathlib\n"
        "from zoo.plugins import load_plugins\n"
        "from zoo.data.cache import decode_dataset\n"
        "from zoo.data.sources import open_dataset\n"
        "from zoo.errors import DatasetError\n"
        "from zoo.interfaces import Progress\n"
        "opened = open_dataset(sys.argv[1], {}, load_plugins().formats)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "try: decode_dataset(opened, 64, 3, cache=pathlib.Path(sys.argv[2]), progress=Progress())\n"
        "except DatasetError as error: print(error)\n"
    )
    command = [sys.executable, "-c", script, str(photos), str(tmp_path / "cache")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "file too large; make room, or set ZOO_CACHE" in result.stdout
    assert list((tmp_path / "cache" / "decoded").iterdir()) == []


def test_a_vanished_image_is_an_error(photos: Path, tmp_path: Path) -> None:
    opened = open_dataset(str(photos), {}, FORMATS)
    (photos / "cat" / "03.png").unlink()
    with pytest.raises(DatasetError, match=r"03\.png' has vanished"):
        decoded(opened, tmp_path / "cache")


def test_an_image_that_changed_is_an_error_and_never_cached(photos: Path, tmp_path: Path) -> None:
    opened = open_dataset(str(photos), {}, FORMATS)
    Image.new("RGB", (4, 4)).save(photos / "cat" / "03.png")
    with pytest.raises(DatasetError, match=r"03\.png' changed"):
        decoded(opened, tmp_path / "cache")
    assert list((tmp_path / "cache" / "decoded").iterdir()) == []


def test_progress_ends_with_all_images(opened_photos: OpenedDataset, tmp_path: Path) -> None:
    progress = RecordedProgress()
    decode_dataset(opened_photos, 8, 3, cache=tmp_path, progress=progress)
    assert progress.advances[-1][1:] == (48, 48)


def test_images_to_predict_are_decoded_as_for_training(photos: Path) -> None:
    paths = sorted(photos.rglob("*.png"))[:3]
    expected = np.stack([decode_file(path, 8, 3, FORMATS) for path in paths])
    assert np.array_equal(decode_images(paths, 8, 3, FORMATS)[0], expected)


def test_an_unreadable_image_to_predict_is_named_and_left_out(photos: Path) -> None:
    break_images(photos, "cat", 1)
    paths = sorted(photos.rglob("*.png"))
    pixels, readable, skipped = decode_images(paths, 8, 3, FORMATS)
    assert (len(pixels), readable) == (len(paths) - 1, tuple(paths[1:]))
    assert [(file.path, file.reason) for file in skipped] == [(str(paths[0]), "not an image")]


def test_an_unreadable_image_to_predict_is_an_error_if_strict(photos: Path) -> None:
    break_images(photos, "cat", 1)
    with pytest.raises(DatasetError, match=r"cannot read the image '.*00\.png': not an image"):
        decode_images(sorted(photos.rglob("*.png")), 8, 3, FORMATS, strict=True)
