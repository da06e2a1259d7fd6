"""Pre-trained weights in the workflows: found again unchanged, or refused; of several architectures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architectures import TINY
from tests.pretrained import CONTENT, DIGEST, OTHER, PRETRAINED, Downloads, Hub, fetching_from
from zoo.errors import HyperparameterError, ZooError
from zoo.interfaces import Progress, Weights
from zoo.models.pretrained.finding import find_weights
from zoo.workflows.weights import locate_weights, weights_of_each

if TYPE_CHECKING:
    from zoo.interfaces import Architecture

CHANGED = "the weights file {} has changed since the search started: restore it, or start a new search"


@pytest.fixture
def pretrained() -> Architecture:
    return PRETRAINED


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "net.weights.h5").write_bytes(CONTENT)
    return tmp_path / "net.weights.h5"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "preset"
    (folder / "assets").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "assets" / "names.txt").write_text("cat")
    (folder / "model.safetensors").write_bytes(CONTENT)
    return folder


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def fetching(hub: Hub) -> Architecture:
    return fetching_from(hub)


def refusal(architecture: Architecture, weights: Weights, node: str = "") -> str:
    with pytest.raises(HyperparameterError) as caught:
        locate_weights(architecture, weights, Progress(), node)
    return str(caught.value)


@pytest.mark.parametrize("change", ["{}x", ""], ids=["other content", "a file gone"])
def test_a_folder_that_has_changed_is_refused(pretrained: Architecture, folder: Path, change: str) -> None:
    weights = find_weights(pretrained, str(folder), Progress())
    assert weights is not None
    if change:
        (folder / "config.json").write_text(change)
    else:
        (folder / "config.json").unlink()
    assert refusal(pretrained, weights) == CHANGED.replace("file", "folder").format(folder)


def test_they_are_fetched_again_on_another_machine(fetching: Architecture, hub: Hub) -> None:
    weights = locate_weights(fetching, Weights("imagenet", DIGEST), Progress(), "n1")
    assert weights is not None
    assert Path(weights.argument).parent == hub.folder
    hub.content = OTHER
    assert refusal(fetching, Weights("imagenet", DIGEST), "n1") == f"node n1: {CHANGED.format('imagenet')}"


def test_of_several_architectures_those_get_weights_that_know_their_name(fetching: Architecture) -> None:
    without_weights = replace(TINY, name="other")
    name = "hf://keras/tiny"
    assert weights_of_each([fetching, without_weights], name) == {"tiny": name, "other": None}
    with pytest.raises(ZooError, match=r"\./imagenet is a file, which fits one architecture"):
        weights_of_each([fetching, without_weights], "./imagenet")


def test_a_file_that_has_changed_is_refused(pretrained: Architecture, file: Path) -> None:
    weights = Weights(str(file), DIGEST)
    file.write_bytes(OTHER)
    assert refusal(pretrained, weights) == CHANGED.format(file)
    assert refusal(pretrained, weights, "n1") == f"node n1: {CHANGED.format(file)}"


@pytest.mark.usefixtures("cache")
def test_a_file_behind_a_url_that_has_changed_is_refused(pretrained: Architecture, file: Path) -> None:
    weights = find_weights(pretrained, f"file://{file}", Progress())
    assert weights is not None
    file.write_bytes(OTHER)
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


@pytest.mark.parametrize("name", ["imagenet", "google/tiny"])
def test_a_name_that_the_backbone_loads_is_the_same_everywhere(pretrained: Architecture, name: str) -> None:
    assert locate_weights(pretrained, Weights(name), Progress(), "n1") == Weights(name)


def test_a_folder_is_found_again(pretrained: Architecture, folder: Path) -> None:
    weights = find_weights(pretrained, str(folder), Progress())
    assert weights is not None
    again = locate_weights(pretrained, replace(weights, path=None), Progress())
    assert again == weights
    assert again.argument == str(folder)


def test_what_was_fetched_is_not_fetched_again_on_the_same_machine(fetching: Architecture, hub: Hub) -> None:
    weights = find_weights(fetching, "imagenet", Progress())
    assert locate_weights(fetching, weights, Progress()) == weights
    assert hub.fetched == ["imagenet"]
