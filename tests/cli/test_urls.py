"""A dataset by URL through the command line: trained on, found again, named."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result


@pytest.fixture
def url(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an archive; the folder is gone."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    path = shutil.make_archive(str(photos), "zip", photos)
    shutil.rmtree(photos)
    return f"file://{path}"


def test_train_and_best(zoo: Callable[..., Result], url: str) -> None:
    trained = zoo("train", "tiny", url, "--epochs", 1, "--json")
    best = zoo("best", url, "--json")
    assert json.loads(best.out)["id"] == json.loads(trained.out)["id"]


def test_a_name_opens_it_from_anywhere(
    zoo: Callable[..., Result], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", str(tmp_path / "registry.db"))
    added = json.loads(zoo("data", "add", "mine", url, "--json").out)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    shown = json.loads(zoo("data", "show", "mine", "--json").out)
    assert (added["source"], shown["source"], shown["fingerprint"]) == (url, url, added["fingerprint"])


def test_a_url_that_cannot_be_downloaded(refused: Callable[..., str]) -> None:
    assert refused("train", "tiny", "foo://x") == (
        "'foo://x' begins with foo://, which fsspec does not know: check the URL"
    )


def test_weights_that_cannot_be_had(refused: Callable[..., str]) -> None:
    assert refused("train", "vgg16", "blobs", "--weights", "memory://none-such.h5") == (
        "cannot download 'memory://none-such.h5': there is no such file; "
        "check the URL, the network, and your permissions"
    )
