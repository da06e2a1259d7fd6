"""The plot of image sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.progress import RecordedProgress
from zoo.errors import DatasetError
from zoo.interfaces import Progress
from zoo.reports.image_sizes import ImageSizes, draw_sizes, read_sizes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure

    from zoo.data.opened import OpenedDataset


def gray(seed: int, width: int, height: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def two_splits(opened: Callable, train: list, validation: list) -> OpenedDataset:
    return opened({"train": {"a": train, "b": [gray(90, 8, 8)]}, "validation": {"a": validation}})


def drawn(dataset: OpenedDataset) -> Figure:
    return draw_sizes(dataset, read_sizes(dataset, None, Progress()))


def lines_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_sizes_are_counted_over_all_splits(opened: Callable) -> None:
    dataset = two_splits(opened, [gray(1, 30, 20), gray(2, 30, 20)], [gray(3, 5, 6)])
    assert read_sizes(dataset, None, Progress()) == ImageSizes({(30, 20): 2, (5, 6): 1, (8, 8): 1}, 0)


def test_sizes_of_one_split(opened: Callable) -> None:
    dataset = two_splits(opened, [gray(1, 30, 20)], [gray(3, 5, 6)])
    assert read_sizes(dataset, "validation", Progress()) == ImageSizes({(5, 6): 1}, 0)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
def test_a_photo_taken_sideways_counts_upright(opened: Callable, tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / f"sideways.{kind}"
    Image.fromarray(gray(0, 30, 20)).save(path, exif=exif)
    dataset = two_splits(opened, [path], [gray(3, 30, 20)])
    assert read_sizes(dataset, "train", Progress()).counts == {(20, 30): 1, (8, 8): 1}


def test_damaged_images_are_counted(opened: Callable, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    dataset = two_splits(opened, [tmp_path / "broken.jpg"], [gray(3, 30, 20)])
    assert read_sizes(dataset, None, Progress()) == ImageSizes({(30, 20): 1, (8, 8): 1}, 1)
    assert lines_of(drawn(dataset))[1] == "2 images in 2 sizes, 8×8 to 30×20 pixels; 1 more cannot be read"


def test_nothing_but_damaged_images(opened: Callable, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    dataset = two_splits(opened, [gray(1, 9, 9)], [tmp_path / "broken.jpg"])
    with pytest.raises(DatasetError, match="no image of dataset 'drawn' can be read: check"):
        read_sizes(dataset, "validation", Progress())


def test_progress_reaches_the_end(opened: Callable) -> None:
    progress = RecordedProgress()
    read_sizes(two_splits(opened, [gray(1, 30, 20)], [gray(3, 5, 6)]), None, progress)
    assert progress.advances == [("reading sizes", 3, 3)]


def test_a_dot_a_size_on_equal_scales_in_pixels(opened: Callable) -> None:
    (axes,) = drawn(two_splits(opened, [gray(1, 30, 20)], [gray(3, 5, 6)])).axes
    (dots,) = axes.collections
    assert sorted(map(tuple, dots.get_offsets())) == [(5, 6), (8, 8), (30, 20)]
    assert axes.get_xlim() == axes.get_ylim()
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width (pixels)", "height (pixels)")


def test_the_diagonal_and_the_size_that_networks_read(opened: Callable) -> None:
    (axes,) = drawn(two_splits(opened, [gray(1, 30, 20)], [gray(3, 5, 6)])).axes
    labels = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert labels["read as 8×8"] == [[8, 8]]
    assert set(labels) == {"square images", "read as 8×8"}


def test_sizes_that_many_images_share_are_larger_and_counted(opened: Callable) -> None:
    axes, scale = drawn(two_splits(opened, [gray(n, 30, 20) for n in range(12)], [gray(3, 5, 6)])).axes
    (dots,) = axes.collections
    assert list(dots.get_array()) == [12, 1, 1]
    assert dots.get_sizes()[0] > dots.get_sizes()[1]
    assert scale.get_ylabel() == "images of that size"


@pytest.mark.parametrize(("side", "scale"), [(100, "linear"), (200, "log")])
def test_a_wide_mixture_is_drawn_on_logarithmic_scales(opened: Callable, side: int, scale: str) -> None:
    (axes,) = drawn(two_splits(opened, [gray(1, side, side)], [gray(2, 9, 9)])).axes
    assert (axes.get_xscale(), axes.get_yscale()) == (scale, scale)


def test_one_size_is_said_and_drawn_to_scale(opened: Callable) -> None:
    dataset = opened(
        {"train": {"a": [gray(1, 30, 20)], "b": [gray(2, 30, 20)]}, "validation": {"a": [gray(3, 30, 20)]}}
    )
    figure = drawn(dataset)
    (page,) = figure.axes
    assert lines_of(figure)[1] == "all 3 images are 30×20 pixels"
    box, square = page.patches
    assert abs(box.get_width() / box.get_height()) == pytest.approx(1.5)
    assert abs(square.get_height()) == pytest.approx(abs(box.get_height()))
    assert [text.get_text() for text in page.texts] == [
        "width 30 pixels",
        "height 20 pixels",
        "read as 20×20 pixels",
    ]


def test_one_size_that_is_read_as_it_is(opened: Callable) -> None:
    figure = drawn(opened({"train": {"a": 2, "b": 1}, "validation": {"a": 1}}))
    assert lines_of(figure)[1] == "all 4 images are 8×8 pixels and are read at that size"
