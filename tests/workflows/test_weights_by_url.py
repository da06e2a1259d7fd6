"""Weights behind a URL: looked for before work starts, and kept with the run by URL and content."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from zoo.errors import HyperparameterError
from zoo.workflows.weights import check_weights, weights_settings

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Architecture


@pytest.fixture
def pretrained(tiny: Architecture) -> Architecture:
    return replace(tiny, weights=("imagenet",))


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "net.weights.h5").write_bytes(b"weights")
    return f"file://{tmp_path}/net.weights.h5"


def test_they_are_downloaded_before_work_starts(
    pretrained: Architecture, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    check_weights(pretrained, url)
    copies = tmp_path.glob("cache/downloads/*/net.weights.h5")
    assert [copy.read_bytes() for copy in copies] == [b"weights"]


def test_a_run_stores_the_url_and_the_digest(url: str) -> None:
    assert weights_settings(url) == {
        "weights": url,
        "weights_sha256": hashlib.sha256(b"weights").hexdigest(),
    }


def test_a_url_that_cannot_be_reached(pretrained: Architecture) -> None:
    with pytest.raises(HyperparameterError) as caught:
        check_weights(pretrained, "memory://none-such.h5")
    assert str(caught.value) == (
        "cannot download 'memory://none-such.h5': there is no such file; "
        "check the URL, the network, and whether you may read it"
    )


def test_a_path_to_nothing(pretrained: Architecture) -> None:
    with pytest.raises(HyperparameterError, match=r"there is no weights file \./none.h5: check --weights"):
        check_weights(pretrained, "./none.h5")
