"""The plot of images before and after an augmentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo.errors import DatasetError
from zoo.reports.augmented import COPIES, ROWS, draw_augmented

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from zoo.data.opened import OpenedDataset


@pytest.fixture
def dataset(opened: Callable) -> OpenedDataset:
    return opened({"train": {"cat": 9, "dog": 2}, "validation": {"cat": 2}})


def pictures(figure: Figure) -> np.ndarray:
    """(rows, 1 + versions, height, width, 3)."""
    (page,) = figure.axes
    images = np.stack([np.asarray(image.get_array()) for image in page.images])
    return images.reshape(-1, 1 + COPIES, *images.shape[1:])


def texts(figure: Figure) -> list[str]:
    (page,) = figure.axes
    return [text.get_text() for text in page.texts]


def test_originals_stand_first_their_versions_beside_them(dataset: OpenedDataset) -> None:
    images = pictures(draw_augmented(dataset, "flip"))
    assert images.shape == (ROWS, 1 + COPIES, 8, 8, 3)
    for row in images:
        assert all(
            np.array_equal(picture, row[0]) or np.array_equal(picture, row[0][:, ::-1]) for picture in row
        )
    assert not np.array_equal(images[:, 1:], np.broadcast_to(images[:, :1], images[:, 1:].shape))


def test_classes_take_turns_and_the_plot_has_a_caption(dataset: OpenedDataset) -> None:
    figure = draw_augmented(dataset, "flip", seed=3)
    assert texts(figure) == ["original", "augmented", "cat", "dog", "cat", "dog", "cat", "cat"]
    assert [text.get_text() for text in figure.texts] == [
        "drawn: augmentation flip",
        "training images, read as 8×8 pixels; seed 3",
    ]


def test_mixed_images_tell_their_own_soft_labels(opened: Callable) -> None:
    dark = [np.full((8, 8), value, np.uint8) for value in (0, 1, 2)]
    light = [np.full((8, 8), value, np.uint8) for value in (200, 201, 202)]
    figure = draw_augmented(
        opened({"train": {"dark": dark, "light": light}, "validation": {"dark": 1}}), "mixup"
    )
    labels = [text for text in texts(figure) if "%" in text]
    shares = [{name: int(share) for share, name in re.findall(r"(\d+)% (\w+)", label)} for label in labels]
    brightness = pictures(figure)[:, 1:].mean(axis=(2, 3, 4)).ravel() / 200
    assert len(labels) == ROWS * COPIES
    assert [share.get("light", 0) / 100 for share in shares] == pytest.approx(brightness, abs=0.03)
    assert any(len(share) == 2 for share in shares)


def test_an_augmentation_without_effect_is_refused(dataset: OpenedDataset) -> None:
    message = "^the augmentation 'none' changes nothing: name another one to see its effect$"
    with pytest.raises(DatasetError, match=message):
        draw_augmented(dataset, "none")
