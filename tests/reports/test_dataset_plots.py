"""The plots of a dataset are drawn, written and named; what no font can draw is reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.progress import RecordedProgress
from zoo.errors import DatasetError
from zoo.reports.dataset_plots import PLOTS, plot_augmentation, plot_dataset

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_each_plot_is_written_to_a_file_of_its_name(opened: Callable) -> None:
    progress = RecordedProgress()
    files = plot_dataset(opened({"train": {"cat": 3, "dog": 3}, "validation": {"cat": 1}}), PLOTS, progress)
    assert files == {plot: Path(f"drawn-{plot}.png") for plot in PLOTS}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files.values())
    assert progress.notices == []


def test_the_sizes_of_all_images_are_read_unless_one_split_is_drawn(opened: Callable) -> None:
    dataset = opened({"train": {"cat": 3, "dog": 3}, "validation": {"cat": 1}})
    totals = []
    for split in (None, "validation"):
        progress = RecordedProgress()
        plot_dataset(dataset, ("sizes",), progress, split=split)
        totals.append(progress.advances[-1])
    assert totals == [("reading sizes", 7, 7), ("reading sizes", 1, 1)]


@pytest.mark.parametrize("plot", ["samples", "classes"])
def test_a_split_without_images_is_refused_and_nothing_is_written(opened: Callable, plot: str) -> None:
    with pytest.raises(DatasetError, match="has no test images"):
        plot_dataset(
            opened({"train": {"cat": 3, "dog": 3}, "validation": {"cat": 1}}),
            (plot,),
            RecordedProgress(),
            split="test",
        )
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("names", "start"),
    [(["\U0001e800", "dog"], "1 class is numbered"), (["\U0001e800", "\U0001e801"], "2 classes are")],
)
def test_classes_that_no_font_can_draw_are_counted(opened: Callable, names: list[str], start: str) -> None:
    progress = RecordedProgress()
    dataset = opened({"train": dict.fromkeys(names, 3), "validation": {names[0]: 1}})
    plot_dataset(dataset, ("classes",), progress)
    (notice,) = progress.notices
    assert notice.startswith(start)


def test_an_augmentation_is_part_of_the_name_of_its_plot(opened: Callable) -> None:
    dataset = opened({"train": {"cat": 3, "dog": 3}, "validation": {"cat": 1}})
    files = plot_augmentation(dataset, "flip", RecordedProgress())
    assert files == {"augmentation-flip": Path("drawn-augmentation-flip.png")}
    assert files["augmentation-flip"].exists()
