"""An architecture that accepts only some sizes of images: how it is shown, and `--image-size` that does not fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PLUGIN_FILES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.processes import LeanProcess


@pytest.fixture(autouse=True)
def _multiples_of_four(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny plugin, whose `tiny` takes multiples of 4 up to 16, and `large` only 16."""
    source = (PLUGIN_FILES / "tiny.py").read_text(encoding="utf-8")
    source = source.replace("import Architecture,", "import Architecture, Sizes,")
    source = source.replace(
        "min_size=4,\n            freeze", "sizes=Sizes(step=4, largest=16),\n            freeze"
    )
    source = source.replace("min_size=16", "sizes=Sizes.only(16)")
    assert source.count("sizes=") == 2
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tiny.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(tmp_path / "own"))


def test_the_list_shows_them(zoo: Callable, plain: Callable) -> None:
    rows = plain(zoo("architectures").out).splitlines()
    sizes = {row.split("  ")[0]: row.split("  ")[1] for row in rows}
    assert {name: sizes[name] for name in ("tiny", "moody", "large", "resnet50")} == {
        "tiny": "4–16, step 4",
        "moody": "≥ 4",
        "large": "16",
        "resnet50": "224 (≥ 32)",
    }


def test_one_architecture_shows_them(zoo: Callable, plain: Callable) -> None:
    fields = plain(zoo("architectures", "tiny").out)
    assert "pixels a side  those of the dataset, multiples of 4, 4 to 16\n" in fields


def test_json_has_them(zoo: Callable) -> None:
    rows = {row["name"]: row for row in json.loads(zoo("architectures", "--json").out)}
    assert [(rows[name]["min_size"], rows[name]["sizes"]) for name in ("tiny", "moody", "large")] == [
        (4, {"smallest": 4, "largest": 16, "step": 4}),
        (4, {"smallest": 4, "largest": None, "step": 1}),
        (16, {"smallest": 16, "largest": 16, "step": 1}),
    ]


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "train tiny blobs --image-size 9",
            "images of 9×9 do not fit tiny, which takes multiples of 4, 4 to 16: give --image-size 8 or 12",
        ),
        (
            "train large blobs --image-size 8",
            "images of 8×8 do not fit large, which takes only 16: give --image-size 16",
        ),
        (
            "search moody,tiny blobs --image-size 20",
            "images of 20×20 do not fit tiny, which takes multiples of 4, 4 to 16: give --image-size 16",
        ),
        (
            "finetune blobs@best blobs --image-size 10",
            "images of 10×10 do not fit tiny, which takes multiples of 4, 4 to 16: give --image-size 8 or 12",
        ),
    ],
)
def test_a_size_that_does_not_fit_is_refused_early(lean: LeanProcess, command: str, message: str) -> None:
    result = lean(*command.split())
    assert (result.code, result.out, result.err, result.imported) == (1, "", f"Error: {message}\n", ())


def test_each_architecture_of_a_search_gets_its_own_size(zoo: Callable) -> None:
    """The images of `blobs` are 8×8."""
    result = zoo("search", "tiny,large", "blobs", "--dry-run")
    assert result.code == 0, result.err
    assert "images of 8×8 are enlarged to 16×16, the least large takes" in result.err
    assert "reduced" not in result.err
