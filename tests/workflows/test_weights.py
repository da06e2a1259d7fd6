"""Pre-trained weights: looked for before work starts, stored by place and content, and found again unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save

from tests.architectures import TINY
from zoo.errors import ContractError, HyperparameterError, UnknownNameError, WeightsError, ZooError
from zoo.interfaces import Progress, Weights
from zoo.workflows.weights import check_weights, digest_of, find_weights, locate_weights, weights_of_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Architecture

CONTENT, OTHER = (save({"w": np.full(1, number)}) for number in range(2))
DIGEST = hashlib.sha256(CONTENT).hexdigest()
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
    (tmp_path / "net.weights.h5").write_bytes(CONTENT)
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
    assert weights.argument == file.name


def test_a_file_behind_a_url_is_downloaded_where_one_sees_it(
    pretrained: Architecture, file: Path, cache: Path
) -> None:
    downloads = Downloads()
    weights = find_weights(pretrained, f"file://{file}", downloads)
    assert weights == Weights(f"file://{file}", DIGEST)
    copy = Path(weights.argument)
    assert (copy.read_bytes(), copy.is_relative_to(cache)) == (CONTENT, True)
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


@pytest.mark.parametrize("name", ["net", "lite0.npz", "net.safetensors"])
def test_whatever_exists_is_a_path_whatever_its_ending(
    pretrained: Architecture, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(CONTENT)
    assert find_weights(pretrained, name, Progress()) == Weights(str(tmp_path / name), DIGEST)


def test_a_path_may_begin_with_the_home_folder(
    pretrained: Architecture, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(file.parent))
    weights = find_weights(pretrained, f"~/{file.name}", Progress())
    assert weights == Weights(str(file), DIGEST)
    assert weights.argument == str(file)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("imagenet", "imagenet"),
        ("./imagenet", "{}/imagenet"),
        ("a_preset", "{}/a_preset"),
        ("b_preset", "b_preset"),
    ],
    ids=["a name wins", "a path", "a file wins over a pattern", "a pattern"],
)
def test_a_name_and_a_file_of_that_name(
    pretrained: Architecture, name: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("imagenet").write_bytes(CONTENT)
    Path("a_preset").write_bytes(CONTENT)
    architecture = replace(pretrained, weights=("imagenet", "*_preset"))
    weights = find_weights(architecture, name, Progress())
    assert weights is not None
    assert weights.shown == shown.format(tmp_path)


def test_a_path_to_nothing_matches_no_pattern(pretrained: Architecture) -> None:
    with pytest.raises(HyperparameterError, match=r"there is no weights file \./b_preset: check --weights"):
        find_weights(replace(pretrained, weights=("*_preset",)), "./b_preset", Progress())


@pytest.mark.parametrize("check", [check_weights, find_weights])
@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("net.npz", b"", "it is empty"),
        ("net.npz", CONTENT[:40], "it is damaged, or no .npz file"),
        ("photo.png", b"\x89PNG\r\n\x1a\n0123", "zoo does not read this form"),
    ],
)
def test_a_file_without_weights_is_refused_before_work_starts(
    pretrained: Architecture, check: Callable, name: str, content: bytes, problem: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=f"weights {tmp_path / name} cannot be read: {problem}"):
        check(pretrained, str(tmp_path / name), Progress())


def test_a_file_that_the_backbone_reads_itself_is_not_checked(
    pretrained: Architecture, tmp_path: Path
) -> None:
    (tmp_path / "net.ckpt").write_bytes(b"of the plugin's own form")
    own = replace(pretrained, weights=("*.ckpt",))
    check_weights(own, str(tmp_path / "net.ckpt"), Progress())
    weights = find_weights(own, str(tmp_path / "net.ckpt"), Progress())
    assert weights == Weights(str(tmp_path / "net.ckpt"), digest_of(tmp_path / "net.ckpt"))


# Folders ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "preset"
    (folder / "assets").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "assets" / "names.txt").write_text("cat")
    (folder / "model.safetensors").write_bytes(CONTENT)
    return folder


def test_a_folder_is_weights(pretrained: Architecture, folder: Path) -> None:
    weights = find_weights(pretrained, str(folder), Progress())
    assert weights == Weights(str(folder), digest_of(folder))
    assert locate_weights(pretrained, replace(weights, path=None), Progress()) == weights


def test_the_digest_of_a_folder_is_of_its_files_and_their_names(folder: Path, tmp_path: Path) -> None:
    digest = digest_of(folder)
    other = tmp_path / "other"
    (other / "assets").mkdir(parents=True)
    (other / "assets" / "names.txt").symlink_to(folder / "assets" / "names.txt")
    (other / "config.json").write_text("{}")
    (other / "model.safetensors").write_bytes(CONTENT)
    (other / ".DS_Store").write_text("a file manager's")
    (other / "assets" / "up").symlink_to(other)
    assert digest_of(other) == digest
    (other / "config.json").rename(other / "config2.json")
    assert digest_of(other) != digest


@pytest.mark.parametrize("change", ["{}x", ""], ids=["other content", "a file gone"])
def test_a_folder_that_has_changed_is_refused(pretrained: Architecture, folder: Path, change: str) -> None:
    weights = find_weights(pretrained, str(folder), Progress())
    assert weights is not None
    if change:
        (folder / "config.json").write_text(change)
    else:
        (folder / "config.json").unlink()
    assert refusal(pretrained, weights) == CHANGED.replace("file", "folder").format(folder)


# Names that the plugin fetches -----------------------------------------------------------------------------


class Hub:
    """Fetches weights into a folder, and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = CONTENT
        self.fetched: list[str] = []

    def __call__(self, name: str) -> Path:
        self.fetched.append(name)
        self.folder.mkdir(exist_ok=True)
        path = self.folder / name.replace("/", "-")
        path.write_bytes(self.content)
        return path


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def fetching(hub: Hub) -> Architecture:
    return replace(TINY, weights=("imagenet", "hf://*"), fetch_weights=hub)


@pytest.mark.parametrize("name", ["imagenet", "hf://keras/tiny"])
def test_a_plugin_fetches_the_weights_of_a_name(fetching: Architecture, hub: Hub, name: str) -> None:
    check_weights(fetching, name, Progress())
    assert hub.fetched == []
    weights = find_weights(fetching, name, Progress())
    assert weights == Weights(name, DIGEST)
    assert Path(weights.argument).parent == hub.folder
    assert locate_weights(fetching, weights, Progress()) == weights
    assert hub.fetched == [name]


def test_they_are_fetched_again_on_another_machine(fetching: Architecture, hub: Hub) -> None:
    weights = locate_weights(fetching, Weights("imagenet", DIGEST), Progress(), "n1")
    assert weights is not None
    assert Path(weights.argument).parent == hub.folder
    hub.content = OTHER
    assert refusal(fetching, Weights("imagenet", DIGEST), "n1") == f"node n1: {CHANGED.format('imagenet')}"


def test_an_error_of_the_plugins_download_is_one_line(pretrained: Architecture) -> None:
    def fetch(name: str) -> Path:
        raise ValueError("no network.\nTry again.")

    with pytest.raises(HyperparameterError) as caught:
        find_weights(replace(pretrained, fetch_weights=fetch), "imagenet", Progress())
    assert str(caught.value) == "architecture 'tiny': weights 'imagenet' cannot be fetched: no network"


@pytest.mark.parametrize("answer", [None, Path("/none/such")])
def test_a_plugin_must_return_what_it_fetched(pretrained: Architecture, answer: Path | None) -> None:
    with pytest.raises(ContractError, match="'tiny': fetch_weights must return the path of a file or folder"):
        find_weights(replace(pretrained, fetch_weights=lambda _: answer), "imagenet", Progress())  # type: ignore[arg-type, return-value]


def test_of_several_architectures_those_get_weights_that_know_their_name(fetching: Architecture) -> None:
    other = replace(TINY, name="other")
    name = "hf://keras/tiny"
    assert weights_of_each([fetching, other], name) == {"tiny": name, "other": None}
    with pytest.raises(ZooError, match=r"\./imagenet is a file, which fits one architecture"):
        weights_of_each([fetching, other], "./imagenet")


# Found again -----------------------------------------------------------------------------------------------


def refusal(architecture: Architecture, weights: Weights, node: str = "") -> str:
    with pytest.raises(HyperparameterError) as caught:
        locate_weights(architecture, weights, Progress(), node)
    return str(caught.value)


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
