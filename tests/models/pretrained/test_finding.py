"""Pre-trained weights are found before work starts, by name, path or URL; the wrong ones are refused in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architectures import TINY
from tests.pretrained import CONTENT, DIGEST, PRETRAINED, Downloads, Hub, fetching_from
from zoo.errors import ContractError, HyperparameterError, UnknownNameError, WeightsError
from zoo.interfaces import Progress, Weights
from zoo.models.pretrained.finding import check_weights, digest_of, find_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Architecture


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


@pytest.mark.parametrize("name", [None, "imagenet", "google/tiny"])
def test_a_name_needs_no_file(pretrained: Architecture, name: str | None) -> None:
    weights = find_weights(pretrained, name, Progress())
    assert weights == (None if name is None else Weights(name))


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


@pytest.mark.parametrize("name", ["gone.ckpt", "gone.npz"])
def test_a_file_of_a_known_ending_that_is_missing(pretrained: Architecture, name: str) -> None:
    with pytest.raises(HyperparameterError, match=f"there is no weights file {name}: check --weights"):
        find_weights(replace(pretrained, weights=("*.ckpt", "*.npz")), name, Progress())


def test_a_file_is_checked_if_zoo_can_read_its_form(pretrained: Architecture, tmp_path: Path) -> None:
    (tmp_path / "net.npz").write_bytes(b"no weights")
    with pytest.raises(WeightsError, match="it is damaged"):
        find_weights(replace(pretrained, weights=("*.npz",)), str(tmp_path / "net.npz"), Progress())


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


def test_a_folder_is_weights(pretrained: Architecture, folder: Path) -> None:
    weights = find_weights(pretrained, str(folder), Progress())
    assert weights == Weights(str(folder), digest_of(folder))


def test_the_digest_of_a_folder_is_of_its_files_and_their_names(folder: Path, tmp_path: Path) -> None:
    digest = digest_of(folder)
    copy = tmp_path / "other"
    (copy / "assets").mkdir(parents=True)
    (copy / "assets" / "names.txt").symlink_to(folder / "assets" / "names.txt")
    (copy / "config.json").write_text("{}")
    (copy / "model.safetensors").write_bytes(CONTENT)
    (copy / ".DS_Store").write_text("a file manager's")
    (copy / "assets" / "up").symlink_to(copy)
    assert digest_of(copy) == digest
    (copy / "config.json").rename(copy / "config2.json")
    assert digest_of(copy) != digest


@pytest.mark.parametrize("name", ["imagenet", "hf://keras/tiny"])
def test_a_plugin_fetches_the_weights_of_a_name(fetching: Architecture, hub: Hub, name: str) -> None:
    check_weights(fetching, name, Progress())
    assert hub.fetched == []
    weights = find_weights(fetching, name, Progress())
    assert weights == Weights(name, DIGEST)
    assert Path(weights.argument).parent == hub.folder
    assert hub.fetched == [name]


def test_what_a_download_prints_is_no_result(
    pretrained: Architecture, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(name: str) -> Path:
        print(f"downloading {name}")
        return file

    find_weights(replace(pretrained, fetch_weights=fetch), "imagenet", Progress())
    assert capsys.readouterr() == ("", "downloading imagenet\n")


def test_the_path_that_a_plugin_returns_may_be_relative(
    pretrained: Architecture, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    weights = find_weights(
        replace(pretrained, fetch_weights=lambda _: Path(file.name)), "imagenet", Progress()
    )
    assert weights is not None
    assert weights.argument == str(file)


def test_the_index_of_weights_in_parts_is_no_path_of_weights(
    pretrained: Architecture, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors.index.json"
    path.write_text("{}")
    with pytest.raises(WeightsError, match="lists the parts of weights: give the path of its folder"):
        find_weights(pretrained, str(path), Progress())


def test_an_error_of_the_plugins_download_is_one_line(pretrained: Architecture) -> None:
    def fetch(name: str) -> Path:
        raise ValueError("no network.\nTry again.")

    with pytest.raises(HyperparameterError) as caught:
        find_weights(replace(pretrained, fetch_weights=fetch), "imagenet", Progress())
    line = fetch.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        f"architecture 'tiny': weights 'imagenet' cannot be fetched: no network ({__file__}:{line})"
    )


@pytest.mark.parametrize("answer", [None, Path("/none/such")])
def test_a_plugin_must_return_what_it_fetched(pretrained: Architecture, answer: Path | None) -> None:
    with pytest.raises(ContractError, match="'tiny': fetch_weights must return the path of a file or folder"):
        find_weights(replace(pretrained, fetch_weights=lambda _: answer), "imagenet", Progress())  # type: ignore[arg-type, return-value]
