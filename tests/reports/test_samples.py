"""The plot of sample images."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.errors import DatasetError
from zoo.reports.samples import draw_samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure


def heading(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def texts(figure: Figure) -> list[str]:
    (page,) = figure.axes
    return [text.get_text() for text in page.texts]


def pictures(figure: Figure) -> list[np.ndarray]:
    (page,) = figure.axes
    return [np.asarray(image.get_array()) for image in page.images]


def boxes(figure: Figure) -> list[tuple[float, float]]:
    """Width and height of each image on the page."""
    (page,) = figure.axes
    return [
        (right - left, bottom - top) for left, right, bottom, top in (i.get_extent() for i in page.images)
    ]


def test_a_row_a_class_with_its_name_and_count(opened: Callable) -> None:
    figure = draw_samples(opened({"train": {"cat": 20, "dog": 3}, "validation": {"cat": 1}}))
    assert heading(figure) == ["drawn: training images", "11 of 23 training images, of both classes"]
    assert texts(figure) == ["cat", "20 images", "dog", "3 images"]
    assert len(pictures(figure)) == 8 + 3


def test_images_are_those_of_the_class(opened: Callable) -> None:
    dark = [np.full((8, 8), value, np.uint8) for value in range(5)]
    light = [np.full((8, 8), 200 + value, np.uint8) for value in range(5)]
    figure = draw_samples(opened({"train": {"dark": dark, "light": light}, "validation": {"dark": 1}}))
    means = [pixels.mean() for pixels in pictures(figure)]
    assert sorted(means[:5]) == [0, 1, 2, 3, 4]
    assert sorted(means[5:]) == [200, 201, 202, 203, 204]


def test_another_split(opened: Callable) -> None:
    figure = draw_samples(opened({"train": {"a": 2, "b": 2}, "validation": {"a": 1, "b": 1}}), "validation")
    assert heading(figure) == ["drawn: validation images", "2 of 2 validation images, of both classes"]


def test_the_seed_decides_which_images(opened: Callable) -> None:
    dataset = opened({"train": {"a": 60, "b": 60}, "validation": {"a": 1}})
    first, again, other = (np.stack(pictures(draw_samples(dataset, seed=seed))) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_copy_is_shown_once(opened: Callable) -> None:
    same = np.arange(64, dtype=np.uint8).reshape(8, 8)
    figure = draw_samples(opened({"train": {"a": [same] * 5, "b": 1}, "validation": {"a": 1}}))
    assert len(pictures(figure)) == 2


def test_damaged_images_are_passed_over(opened: Callable, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    good = np.zeros((8, 8), np.uint8)
    dataset = opened({"train": {"a": [tmp_path / "broken.jpg", good], "b": 1}, "validation": {"a": 1}})
    assert len(pictures(draw_samples(dataset))) == 2


def test_nothing_but_damaged_images(opened: Callable, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    dataset = opened({"train": {"a": 1, "b": 1}, "validation": {"a": [tmp_path / "broken.jpg"]}})
    message = "^no validation image of dataset 'drawn' can be read; see `zoo data check`$"
    with pytest.raises(DatasetError, match=message):
        draw_samples(dataset, "validation")


def test_an_empty_split_is_refused(opened: Callable) -> None:
    dataset = opened({"train": {"a": 1, "b": 1}, "validation": {"a": 1}})
    with pytest.raises(DatasetError, match="has no test images: choose --split train or validation"):
        draw_samples(dataset, "test")


def test_images_keep_their_shape(opened: Callable) -> None:
    wide = np.random.default_rng(0).integers(0, 256, (10, 40), dtype=np.uint8)
    figure = draw_samples(opened({"train": {"a": [wide], "b": 1}, "validation": {"a": 1}}))
    (width, height), _ = boxes(figure)
    assert width / height == pytest.approx(4)


def test_images_do_not_overlap(opened: Callable) -> None:
    tall = [np.full((40, 10 + number), number, np.uint8) for number in range(4)]
    (page,) = draw_samples(opened({"train": {"a": tall, "b": 4}, "validation": {"a": 1}})).axes
    extents = [image.get_extent() for image in page.images]
    assert all(left[1] < other[0] for row in (extents[:4], extents[4:]) for left, other in pairwise(row))
    assert max(bottom for _, _, bottom, _ in extents[:4]) < min(top for *_, top in extents[4:])


@pytest.mark.parametrize(("classes", "images"), [(12, 96), (13, 52), (60, 240), (61, 61), (200, 200)])
def test_the_more_classes_the_fewer_images_of_each(opened: Callable, classes: int, images: int) -> None:
    names = [f"c{number}" for number in range(classes)]
    figure = draw_samples(opened({"train": dict.fromkeys(names, 8), "validation": {"c0": 1}}))
    assert len(pictures(figure)) == images
    assert set(names) <= set(texts(figure))


def test_of_more_than_200_classes_200_are_drawn_and_it_is_said(opened: Callable) -> None:
    names = [f"c{number}" for number in range(203)]
    figure = draw_samples(opened({"train": dict.fromkeys(names, 1), "validation": {"c0": 1}}))
    assert heading(figure)[1] == "200 of 203 training images, of 200 of 203 classes"
    assert len(texts(figure)) == 200


@pytest.mark.parametrize("classes", [3, 20, 70])
def test_long_names_touch_neither_the_edge_nor_a_neighbour(opened: Callable, classes: int) -> None:
    names = [
        f"a very long name of a class that goes on until the number {number}" for number in range(classes)
    ]
    figure = draw_samples(opened({"train": dict.fromkeys(names, 4), "validation": {names[0]: 1}}))
    figure.draw_without_rendering()
    (page,) = figure.axes
    extents = [text.get_window_extent() for text in page.texts]
    assert all(box.x0 > 0 and box.x1 < figure.bbox.x1 for box in extents)
    rows: dict[int, list] = {}
    for box in extents:
        rows.setdefault(round(box.y0), []).append(box)
    assert all(a.x1 < b.x0 for row in rows.values() for a, b in pairwise(row))
