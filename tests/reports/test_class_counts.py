"""The bar plot of class counts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from zoo.errors import DatasetError
from zoo.reports.class_counts import draw_class_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

SPLITS = {
    "train": {"cat": 3, "dog": 9, "owl": 5},
    "validation": {"cat": 2, "dog": 1, "owl": 0},
    "test": {"cat": 1, "dog": 1, "owl": 4},
}


def bars_of(axes: Axes) -> list[float]:
    return [bar.get_width() for bar in axes.patches]


def names_of(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def numbers_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_each_split_has_a_panel_with_its_sum(opened: Callable) -> None:
    figure = draw_class_counts(opened(SPLITS))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["train (17)", "validation (3)", "test (6)"]


def test_bars_are_the_counts_largest_class_of_train_first(opened: Callable) -> None:
    train, validation, test = draw_class_counts(opened(SPLITS)).axes
    assert names_of(train) == ["dog", "owl", "cat"]
    assert [bars_of(axes) for axes in (train, validation, test)] == [[9, 5, 3], [1, 0, 2], [1, 4, 1]]


def test_counts_are_written_at_the_bars(opened: Callable) -> None:
    validation = draw_class_counts(opened(SPLITS)).axes[1]
    assert numbers_of(validation) == ["1", "0", "2"]


def test_title_and_unit(opened: Callable) -> None:
    figure = draw_class_counts(opened(SPLITS))
    assert [text.get_text() for text in figure.texts] == [
        "drawn: images per class",
        "26 images in 3 classes, the largest in train first; validation lacks some classes",
    ]
    assert {axes.get_xlabel() for axes in figure.axes} == {"images"}


def test_all_panels_have_one_scale(opened: Callable) -> None:
    (limits,) = {axes.get_xlim() for axes in draw_class_counts(opened(SPLITS)).axes}
    assert limits[0] == 0
    assert limits[1] > 9  # the largest class


def test_a_split_without_images_has_no_panel(opened: Callable) -> None:
    figure = draw_class_counts(opened({"train": {"a": 2, "b": 2}, "validation": {"a": 1, "b": 1}}))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["train (4)", "validation (2)"]


def test_one_split_can_be_drawn_alone(opened: Callable) -> None:
    (axes,) = draw_class_counts(opened(SPLITS), "test").axes
    assert dict(zip(names_of(axes), bars_of(axes), strict=True)) == {"owl": 4, "dog": 1, "cat": 1}


def test_an_empty_split_is_refused(opened: Callable) -> None:
    dataset = opened({"train": {"a": 2, "b": 2}, "validation": {"a": 1, "b": 1}})
    message = "dataset 'drawn' has no test images: choose --split train or validation"
    with pytest.raises(DatasetError, match=f"^{message}$"):
        draw_class_counts(dataset, "test")


def test_extreme_imbalance_is_drawn_on_a_logarithmic_scale(opened: Callable) -> None:
    figure = draw_class_counts(opened({"train": {"a": 50, "b": 1}, "validation": {"a": 1, "b": 1}}))
    scales = {(axes.get_xscale(), axes.get_xlabel()) for axes in figure.axes}
    assert scales == {("log", "images (logarithmic)")}


def test_a_small_validation_split_is_no_imbalance(opened: Callable) -> None:
    figure = draw_class_counts(opened({"train": {"a": 60, "b": 50}, "validation": {"a": 1, "b": 1}}))
    assert figure.axes[0].get_xscale() == "linear"


def test_the_names_of_200_classes_do_not_touch(opened: Callable) -> None:
    names = [f"class {number}" for number in range(200)]
    figure = draw_class_counts(
        opened({"train": dict.fromkeys(names, 1), "validation": dict.fromkeys(names, 1)})
    )
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert len(boxes) == 200
    assert all(upper.y0 > lower.y1 for upper, lower in pairwise(boxes))
    assert all(box.x0 > 0 for box in boxes)


def test_of_more_classes_the_largest_and_the_smallest_are_drawn(opened: Callable) -> None:
    counts = {f"class {number}": 1 + (number < 10) for number in range(230)}
    figure = draw_class_counts(opened({"train": counts, "validation": counts}))
    names = names_of(figure.axes[0])
    assert (len(names), names[159], names[160], names[161]) == (221, "class 159", "… 10 more …", "class 170")
    assert len(figure.axes[0].patches) == 220


def test_the_widest_number_stays_inside_the_panel(opened: Callable) -> None:
    figure = draw_class_counts(opened({"train": {"a": 1234, "b": 1000}, "validation": {"a": 1, "b": 1}}))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert all(text.get_window_extent().x1 < axes.get_window_extent().x1 for text in axes.texts)
