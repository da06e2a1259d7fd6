"""`zoo architectures NAME`: one architecture, with the network that it builds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.processes import LeanProcess

PLUGIN = """
from zoo import Architecture, hookimpl

def backbone(hp, inputs, *, weights=None):
    from keras import layers
    {declare}
    return layers.Conv2D(4, 3, padding="same", name="only_conv")(inputs)

@hookimpl
def zoo_architectures():
    return [Architecture(name="mine", backbone=backbone, summary="s", reference="r", min_size=4, channels=1)]
"""
EVERY_KIND = """
    hp.Choice("kind", ["plain", "residual"])
    with hp.conditional_scope("kind", ["residual"]):
        hp.Int("depth", 2, 8, step=2)
    hp.Float("growth", 0.5, 32.0, sampling="log", default=4.0)
    hp.Boolean("biased")
    hp.Fixed("plan", "")
"""


@pytest.fixture(autouse=True)
def _own_cache(cache: Path) -> None:
    pass


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write the plugin `mine`, whose backbone runs these lines."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(folder))

    def write(declare: str = "") -> None:
        (folder / "mine.py").write_text(PLUGIN.format(declare=declare.strip() or "pass"), encoding="utf-8")

    return write


def rows_of(out: str) -> list[str]:
    """The table of hyperparameters, those of the architecture itself, cells apart by two spaces."""
    lines = [line for line in out.split("\n\n")[1].splitlines() if line]
    return ["  ".join(part.strip() for part in line.split("  ") if part.strip()) for line in lines]


def test_one_architecture(zoo: Callable, plain: Callable) -> None:
    fields = plain(zoo("architectures", "tiny").out.split("\n\n")[0])
    assert fields == (
        "architecture  tiny, version 1\n"
        "summary  two convolutions\n"
        "reference  none\n"
        "from  PLUGINS/tiny.py\n"
        "pixels a side  those of the dataset, at least 4\n"
        "channels  1 or 3\n"
        "dtype policy  float32\n"
        "parameters  132 before the head, at 4×4\n"
        "weights  –\n"
        "freeze points  front, back\n"
        "preset wide  filters=4 dropout=0.5"
    )


def test_its_search_space(zoo: Callable, plugin: Callable) -> None:
    plugin(EVERY_KIND)
    assert rows_of(zoo("architectures", "mine").out)[:7] == [
        "hyperparameter  default  searched over  note",
        "kind  plain  plain, residual  –",
        "depth  2  2 to 8, step 2  only with kind=residual",
        "growth  4.0  0.5 to 32, log  –",
        "biased  False  True, False  –",
        "plan  ''  not searched  –",
        "optimizer  adam  not searched  how weights are updated",
    ]


def test_its_search_space_as_json(zoo: Callable) -> None:
    built = json.loads(zoo("architectures", "tiny", "--json").out)["built"]
    assert (built["image_size"], built["parameters"], built["error"]) == (4, 132, None)
    assert built["hyperparameters"][0] == {
        "name": "filters",
        "default": 2,
        "searched": "1 to 4",
        "condition": None,
        "own": False,
        "summary": "",
    }


def test_a_second_look_imports_no_tensorflow(lean: LeanProcess, zoo: Callable, plugin: Callable) -> None:
    plugin()
    first = zoo("architectures", "mine").out
    second = lean("architectures", "mine")
    assert (second.code, second.out, second.imported) == (0, first, ())


def test_a_change_of_its_code_is_seen(zoo: Callable, plugin: Callable) -> None:
    plugin()
    before = rows_of(zoo("architectures", "mine").out)
    plugin('hp.Boolean("biased")')
    assert set(rows_of(zoo("architectures", "mine").out)) - set(before) == {"biased  False  True, False  –"}


def test_a_damaged_cache_is_made_anew(zoo: Callable, plugin: Callable, tmp_path: Path) -> None:
    plugin()
    first = zoo("architectures", "mine").out
    (entry,) = (tmp_path / "cache" / "architectures").iterdir()
    entry.write_text('{"space": [', encoding="utf-8")
    assert zoo("architectures", "mine").out == first


def test_a_cache_that_cannot_be_written_changes_nothing(
    zoo: Callable, plugin: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin()
    first = zoo("architectures", "mine").out
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    assert zoo("architectures", "mine").out == first


@pytest.mark.parametrize(
    ("declare", "reason"),
    [
        (
            "raise ValueError('no luck')",
            (
                "its hyperparameters are not known: architecture 'mine': its backbone cannot be built: ValueError: no "
                "luck (FOLDER/mine.py:6): fix the plugin, and test it with `zoo plugins check mine`"
            ),
        ),
        (
            "from zoo import ZooError; raise ZooError('give it a handle')",
            "its hyperparameters are not known: give it a handle",
        ),
    ],
    ids=["its own error", "a value that it needs"],
)
def test_one_that_cannot_be_built_says_why(
    zoo: Callable, plugin: Callable, declare: str, reason: str, tmp_path: Path
) -> None:
    plugin(declare)
    result = zoo("architectures", "mine")
    lines = result.out.replace(str(tmp_path / "own"), "FOLDER").split("\n\n")
    assert (result.code, lines[1]) == (0, f"{reason}\n")


def test_architectures(zoo: Callable, plain: Callable) -> None:
    head, *rows = plain(zoo("architectures").out).splitlines()
    assert head == "architecture  pixels a side  summary  presets  from"
    assert {
        "convnet  ≥ 8  stacked convolution and pooling blocks  fingers, mobi-scan, chest-xray  keras-zoo VERSION",
        "large  ≥ 16  colour only  –  PLUGINS/tiny.py",
        "moody  ≥ 4  fails at times  –  PLUGINS/tiny.py",
        (
            "resnet  32 (≥ 16)  residual network for small images, from scratch  "
            "resnet20, resnet32, resnet56  keras-zoo VERSION"
        ),
        "tiny  ≥ 4  two convolutions  wide  PLUGINS/tiny.py",
    } <= set(rows)


def test_architectures_are_in_the_order_that_people_count(zoo: Callable) -> None:
    names = [line.split()[0] for line in zoo("architectures").out.splitlines()]
    assert names.index("resnet") < names.index("resnet50") < names.index("resnet101")
