"""A plugin's image format and container go all the way: checked, trained on, searched in a child process, predicted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import PLUGIN_FILES
from tests.format_plugins.toys import encode, write_crate
from zoo.workflows.search import running

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Result

TOYS = Path(__file__).parents[1] / "format_plugins" / "toys.py"


@pytest.fixture(autouse=True)
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin folder with the tiny network and the toy format."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    shutil.copy(PLUGIN_FILES / "tiny.py", folder)
    shutil.copy(TOYS, folder)
    monkeypatch.setenv("ZOO_PLUGINS_DIR", str(folder))
    return folder


@pytest.fixture
def toys(photos: Path) -> Path:
    """The photos in the plugin's format."""
    for file in sorted(photos.rglob("*.png")):
        file.with_suffix(".toy").write_bytes(encode(np.asarray(Image.open(file))))
        file.unlink()
    return photos


def test_a_folder_of_them_is_checked(zoo: Callable[..., Result], toys: Path) -> None:
    report = json.loads(zoo("data", "check", toys, "--json").out)
    assert (report["images"], report["classes"]) == (60, 2)
    assert [finding["check"] for finding in report["findings"] if finding["severity"] == "error"] == []


def test_a_damaged_one_is_found(zoo: Callable[..., Result], toys: Path) -> None:
    file = toys / "cat" / "00.toy"
    file.write_bytes(file.read_bytes()[:50])
    assert "1 image cannot be read" in zoo("data", "check", toys).out


def test_files_that_no_decoder_claims_are_left_out_by_the_names_of_those_that_are(
    zoo: Callable[..., Result], toys: Path
) -> None:
    (toys / "cat" / "notes.txt").write_text("no image")
    assert ".tiff, .toy) and places" in " ".join(zoo("data", "check", toys).out.split())


def test_its_size_and_colour_are_those_of_its_headers(zoo: Callable[..., Result], toys: Path) -> None:
    shown = json.loads(zoo("data", "show", toys, "--json").out)
    assert (shown["image_size"], shown["channels"], shown["skipped"]) == (12, 3, [])


def test_a_container_is_the_folder_that_it_lists(zoo: Callable[..., Result], toys: Path) -> None:
    files = sorted(file.relative_to(toys) for file in toys.rglob("*.toy"))
    crate = write_crate(toys / "set.crate", [(file, file.parts[0]) for file in files])
    shown = [json.loads(zoo("data", "show", path, "--json").out) for path in (crate, toys)]
    assert shown[0]["fingerprint"] == shown[1]["fingerprint"]
    assert (shown[0]["name"], shown[0]["source"]) == ("set", str(crate))


def test_a_damaged_container_is_one_line(refused: Callable[..., str], toys: Path) -> None:
    (toys / "set.crate").write_text("{")
    assert refused("data", "show", toys / "set.crate") == (
        f"the crate '{toys / 'set.crate'}' is damaged; write it again"
    )


def test_an_archive_of_them_is_unpacked(zoo: Callable[..., Result], toys: Path) -> None:
    archive = shutil.make_archive("toys", "zip", toys)
    shown = [json.loads(zoo("data", "show", path, "--json").out) for path in (archive, toys)]
    assert shown[0]["fingerprint"] == shown[1]["fingerprint"]


def test_a_model_is_trained_on_them_and_predicts_them(zoo: Callable[..., Result], toys: Path) -> None:
    trained = zoo("train", "tiny", toys, "--epochs", "2")
    assert trained.code == 0, trained.err
    files = [toys / "cat" / "00.toy", toys / "dog" / "00.toy"]
    predicted = json.loads(zoo("predict", "photos@best", *files, "--json").out)
    assert [prediction["file"] for prediction in predicted] == list(map(str, files))


@pytest.mark.large
def test_a_search_trains_on_them_in_a_child_process(
    zoo: Callable[..., Result], toys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TRIALS_OF_A_PROCESS", 1)
    searched = zoo("search", "tiny", toys, "--algorithm", "random", "--trials", "2", "--epochs", "1")
    assert searched.code == 0, searched.err
    runs = json.loads(zoo("runs", "--json").out)
    assert [run["state"] for run in runs] == ["completed", "completed"]


def test_without_the_plugin_they_are_no_images(
    refused: Callable[..., str], toys: Path, plugins: Path
) -> None:
    (plugins / "toys.py").unlink()
    assert refused("data", "show", toys) == (
        f"class folder '{toys / 'cat'}' contains no image (.jpg, .jpeg, .png, .webp, .bmp, .gif, .tif, .tiff); "
        "add some or delete it"
    )


def test_a_package_that_is_missing_is_one_line(
    refused: Callable[..., str], toys: Path, plugins: Path
) -> None:
    text = TOYS.read_text().replace(
        "magic=(", 'package="toy_codec",\n            install="toy-codec>=2",\n            magic=('
    )
    (plugins / "toys.py").write_text(text)
    message = refused("data", "show", toys)
    assert message.endswith("needs toy_codec, which is not installed: pip install toy-codec>=2")
    assert refused("train", "tiny", toys) == message


def test_a_plugin_with_a_bad_decoder_is_quarantined_and_all_else_works(
    zoo: Callable[..., Result], photos: Path, plugins: Path
) -> None:
    (plugins / "toys.py").write_text(TOYS.read_text().replace('(".toy",)', '"toy"'))
    listed = zoo("plugins").out
    assert "toys is quarantined: decoder 'toy': suffixes must be a tuple of lower-case endings" in listed
    assert zoo("data", "show", photos).code == 0


def test_it_is_listed_with_its_formats(zoo: Callable[..., Result], plugins: Path) -> None:
    (listed,) = (plugin for plugin in json.loads(zoo("plugins", "--json").out) if plugin["name"] == "toys")
    assert (listed["sources"], listed["decoders"]) == (["crate"], ["toy"])
    assert (listed["kinds"], listed["origin"]) == (["source", "decoder"], str(plugins / "toys.py"))


def test_it_keeps_the_contract(zoo: Callable[..., Result], plugins: Path) -> None:
    checked = json.loads(zoo("plugins", "check", plugins / "toys.py", "--json").out)
    assert checked["passed"]
    assert {check["subject"] for check in checked["checks"][1:]} == {"crate", "toy"}
