"""Pre-trained weights: looked for before work starts, stored by place and content, and found again unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architectures import TINY
from zoo.errors import HyperparameterError, UnknownNameError
from zoo.interfaces import Progress, Weights
from zoo.workflows.weights import find_weights, locate_weights

if TYPE_CHECKING:
    from zoo.interfaces import Architecture

DIGEST = hashlib.sha256(b"weights").hexdigest()
CHANGED = "the weights file {} has changed since the search started: restore it, or start a new search"


class Downloads(Progress):
    """Records the reports of downloads: the work, and whether it is done."""

    def __init__(self) -> None:
        self.works: list[tuple[str, bool]] = []

    def advanced(self, work: str, done: int, total: int) -> None:
        self.works.append((work, done == total))


@pytest.fixture
def pretrained() -> Architecture:
    return replace(TINY, weights=("imagenet", "google/tiny"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "net.weights.h5").write_bytes(b"weights")
    return tmp_path / "net.weights.h5"


@pytest.mark.parametrize("name", [None, "imagenet", "google/tiny"])
def test_a_name_needs_no_file(pretrained: Architecture, name: str | None) -> None:
    weights = find_weights(pretrained, name, Progress())
    assert weights == (None if name is None else Weights(name))
    assert locate_weights(pretrained, weights, Progress()) == weights


def test_a_file_is_named_by_its_absolute_path_and_content(
    pretrained: Architecture, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    weights = find_weights(pretrained, f"./{file.name}", Progress())
    assert weights == Weights(str(file), DIGEST)
    assert weights.argument == f"./{file.name}"


def test_a_file_behind_a_url_is_downloaded_where_one_sees_it(
    pretrained: Architecture, file: Path, cache: Path
) -> None:
    downloads = Downloads()
    weights = find_weights(pretrained, f"file://{file}", downloads)
    assert weights == Weights(f"file://{file}", DIGEST)
    copy = Path(weights.argument)
    assert (copy.read_bytes(), copy.is_relative_to(cache)) == (b"weights", True)
    assert downloads.works[-1] == ("downloading", True)


def test_no_weights_to_load() -> None:
    with pytest.raises(
        HyperparameterError, match="'tiny' has no pre-trained weights to load: leave --weights out"
    ):
        find_weights(TINY, "imagenet", Progress())


def test_an_unknown_name(pretrained: Architecture) -> None:
    with pytest.raises(UnknownNameError, match="unknown weights 'imagenett'"):
        find_weights(pretrained, "imagenett", Progress())


def test_a_url_that_cannot_be_reached(pretrained: Architecture) -> None:
    with pytest.raises(HyperparameterError) as caught:
        find_weights(pretrained, "memory://none-such.h5", Progress())
    assert str(caught.value) == (
        "cannot download 'memory://none-such.h5': there is no such file; "
        "check the URL, the network, and your permissions"
    )


def test_a_path_to_nothing(pretrained: Architecture) -> None:
    with pytest.raises(HyperparameterError, match=r"there is no weights file \./none.h5: check --weights"):
        find_weights(pretrained, "./none.h5", Progress())


# Found again -----------------------------------------------------------------------------------------------


def refusal(architecture: Architecture, weights: Weights, node: str = "") -> str:
    with pytest.raises(HyperparameterError) as caught:
        locate_weights(architecture, weights, Progress(), node)
    return str(caught.value)


def test_a_file_that_has_changed_is_refused(pretrained: Architecture, file: Path) -> None:
    weights = Weights(str(file), DIGEST)
    file.write_bytes(b"other weights")
    assert refusal(pretrained, weights) == CHANGED.format(file)
    assert refusal(pretrained, weights, "n1") == f"node n1: {CHANGED.format(file)}"


@pytest.mark.usefixtures("cache")
def test_a_file_behind_a_url_that_has_changed_is_refused(pretrained: Architecture, file: Path) -> None:
    weights = find_weights(pretrained, f"file://{file}", Progress())
    assert weights is not None
    file.write_bytes(b"other weights")
    assert refusal(pretrained, replace(weights, path=None)) == CHANGED.format(weights.shown)


def test_a_file_that_is_gone(pretrained: Architecture, file: Path) -> None:
    weights = Weights(str(file), DIGEST)
    file.unlink()
    message = f"there is no weights file {file}: "
    assert refusal(pretrained, weights) == f"{message}restore it, or start a new search"
    assert refusal(pretrained, weights, "n1") == f"node n1: {message}mount it there under the same path"


def test_another_process_of_this_machine_downloads_nothing(
    pretrained: Architecture, file: Path, cache: Path
) -> None:
    weights = find_weights(pretrained, f"file://{file}", Progress())
    file.unlink()
    assert weights is not None
    assert locate_weights(pretrained, weights, Progress()) == weights


def test_another_machine_downloads_the_same_file(pretrained: Architecture, file: Path, cache: Path) -> None:
    downloads = Downloads()
    weights = Weights(f"file://{file}", DIGEST, path="/on/another/machine.h5")
    weights_again = locate_weights(pretrained, weights, downloads)
    assert weights_again == weights
    assert Path(weights_again.argument).is_relative_to(cache)
    assert downloads.works[-1] == ("downloading", True)


def test_a_file_of_which_no_digest_was_stored_is_taken_as_it_is(pretrained: Architecture, file: Path) -> None:
    weights_again = locate_weights(pretrained, Weights(str(file)), Progress())
    assert weights_again is not None
    assert weights_again.argument == str(file)
