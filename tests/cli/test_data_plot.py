"""`zoo data plot`: its files, output and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.processes import LeanProcess


def test_three_plots_by_default(zoo: Callable, photos: Path) -> None:
    result = zoo("data", "plot", photos)
    assert (result.code, result.out) == (
        0,
        "samples  photos-samples.png\nclasses  photos-classes.png\nsizes    photos-sizes.png\n",
    )
    assert sorted(path.name for path in Path().glob("*.png")) == [
        "photos-classes.png",
        "photos-samples.png",
        "photos-sizes.png",
    ]


def test_one_plot_as_svg(zoo: Callable, photos: Path) -> None:
    result = zoo("data", "plot", photos, "--kind", "classes", "--output", "plots/counts.svg")
    assert (result.code, result.out) == (0, "classes  plots/counts.svg\n")
    assert "photos: images per class" in Path("plots/counts.svg").read_text()


def test_json(zoo: Callable, photos: Path) -> None:
    result = zoo("data", "plot", photos, "--kind", "sizes", "--json")
    assert json.loads(result.out) == {"dataset": "photos", "plots": {"sizes": "photos-sizes.png"}}


def test_the_split_and_the_seed_reach_the_plot(zoo: Callable, photos: Path) -> None:
    for seed in ("1", "2"):
        zoo(
            "data",
            "plot",
            photos,
            "--kind",
            "samples",
            "--split",
            "train",
            "--seed",
            seed,
            "--output",
            f"{seed}.svg",
        )
    zoo("data", "plot", photos, "--kind", "samples", "--split", "test", "--output", "test.svg")
    assert Path("1.svg").read_text() != Path("2.svg").read_text()
    assert "photos: test images" in Path("test.svg").read_text()


def test_augmentation_is_a_plot_of_its_own(zoo: Callable, photos: Path) -> None:
    result = zoo("data", "plot", photos, "--augmentation", "flip")
    assert (result.code, result.out) == (0, "augmentation-flip  photos-augmentation-flip.png\n")
    with Image.open("photos-augmentation-flip.png") as image:
        assert image.format == "PNG"


def test_only_augmentation_imports_tensorflow(lean: LeanProcess, photos: Path) -> None:
    result = lean("data", "plot", photos)
    assert (result.code, result.imported) == (0, ("matplotlib",))


def test_classes_that_no_font_can_draw_are_reported(zoo: Callable, photos: Path) -> None:
    (photos / "cat").rename(photos / "\U0001e800")
    result = zoo("data", "plot", photos, "--kind", "classes")
    assert (result.code, result.err) == (
        0,
        "· 1 class is numbered in the plots, since no installed font can show the name; install one (Noto Sans)\n",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--output", "a.jpg"],
            "cannot write a plot as '.jpg': give a.jpg the suffix .png or .svg, or name a folder",
        ),
        (["--augmentation", "clasic"], "unknown augmentation 'clasic': did you mean 'classic'?"),
        (
            ["--augmentation", "none"],
            "the augmentation 'none' changes nothing: name another one to see its effect",
        ),
    ],
)
def test_refused(refused: Callable, photos: Path, options: list[str], message: str) -> None:
    assert refused("data", "plot", photos, *options) == message
    assert not list(Path().glob("*.png"))


def test_a_place_that_cannot_be_written(refused: Callable, photos: Path) -> None:
    Path("file").touch()
    message = refused("data", "plot", photos, "--kind", "sizes", "--output", "file/plots")
    assert message.startswith("cannot write file/plots/photos-sizes.png: ")
    assert message.endswith("; name another place with --output")


def test_kind_and_augmentation_exclude_each_other(zoo: Callable, photos: Path) -> None:
    result = zoo("data", "plot", photos, "--kind", "sizes", "--augmentation", "flip")
    assert result.code == 2
    assert result.err.splitlines()[-1] == "Error: --augmentation makes its own plot: leave --kind out"
