"""The files of plots: their names, and errors on writing."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from PIL import Image

from zoo.errors import PlotError
from zoo.reports.files import output_files, write_figure

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def figure() -> Figure:
    drawn = Figure(figsize=(1, 1))
    drawn.text(0.1, 0.5, "drawn")
    return drawn


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """A place where nothing can be made, not even by root: below a file."""
    (tmp_path / "file").touch()
    return tmp_path / "file"


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file can grow beyond 500 bytes, which looks to a program as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_by_default_plots_are_named_after_the_dataset() -> None:
    files = output_files(("samples", "sizes"), "photos", None)
    assert files == {"samples": Path("photos-samples.png"), "sizes": Path("photos-sizes.png")}


def test_a_folder_is_filled(tmp_path: Path) -> None:
    assert output_files(("sizes",), "photos", tmp_path) == {"sizes": tmp_path / "photos-sizes.png"}


def test_a_name_without_an_ending_is_a_folder_to_be_made() -> None:
    assert output_files(("sizes",), "photos", Path("new")) == {"sizes": Path("new/photos-sizes.png")}


def test_a_folder_may_have_a_dot_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "v1.2").mkdir()
    assert output_files(("sizes",), "photos", tmp_path / "v1.2") == {
        "sizes": tmp_path / "v1.2/photos-sizes.png"
    }


@pytest.mark.parametrize("name", ["mine.png", "mine.svg", "MINE.PNG"])
def test_one_plot_gets_the_name_that_was_asked_for(name: str) -> None:
    assert output_files(("sizes",), "photos", Path(name)) == {"sizes": Path(name)}


def test_several_plots_share_a_name() -> None:
    files = output_files(("samples", "sizes"), "photos", Path("to/mine.svg"))
    assert files == {"samples": Path("to/mine-samples.svg"), "sizes": Path("to/mine-sizes.svg")}


def test_another_ending_is_refused() -> None:
    message = r"^cannot write a plot as '\.jpg': give mine\.jpg the suffix \.png or \.svg, or name a folder$"
    with pytest.raises(PlotError, match=message):
        output_files(("sizes",), "photos", Path("mine.jpg"))


def test_png(figure: Figure, tmp_path: Path) -> None:
    write_figure(figure, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (150, 150))


def test_svg(figure: Figure, tmp_path: Path) -> None:
    write_figure(figure, tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert (root.tag, root.get("width")) == ("{http://www.w3.org/2000/svg}svg", "72pt")


def test_the_same_plot_is_the_same_svg(figure: Figure, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        write_figure(figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_folders_are_made(figure: Figure, tmp_path: Path) -> None:
    write_figure(figure, tmp_path / "new" / "folder" / "a.png")
    assert (tmp_path / "new" / "folder" / "a.png").exists()


def test_a_plot_of_before_is_replaced_and_nothing_is_left_over(figure: Figure, tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("before")
    write_figure(figure, tmp_path / "a.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
    assert "before" not in (tmp_path / "a.svg").read_text()


def test_a_place_that_cannot_be_written_is_reported(figure: Figure, read_only: Path) -> None:
    message = f"^cannot write {read_only}/a.png: .*; name another place with --output$"
    with pytest.raises(PlotError, match=message):
        write_figure(figure, read_only / "a.png")


def test_a_full_disk_leaves_the_plot_of_before(figure: Figure, tmp_path: Path, small_disk: None) -> None:
    (tmp_path / "a.png").write_text("before")
    with pytest.raises(PlotError, match=r"^cannot write .*/a.png: file too large; name another place"):
        write_figure(figure, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_text() == "before"


def test_a_file_that_cannot_be_replaced_stays_and_nothing_is_left_over(
    figure: Figure, tmp_path: Path
) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(PlotError):
        write_figure(figure, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
