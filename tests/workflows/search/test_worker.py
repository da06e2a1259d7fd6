"""A trial on a node of a cluster; missing requirements are reported in one line, with the node's name."""

from __future__ import annotations

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.formats import FORMATS
from tests.plans import SEARCH_PLAN, changed
from zoo.data.sources import open_dataset
from zoo.errors import DatasetError, HyperparameterError, PluginError, ZooError
from zoo.interfaces import Trial, Weights
from zoo.search.decisions import CONTINUE, Decision
from zoo.search.executors.reporter import Message, Notice, TrialReporter
from zoo.workflows.search.trial import Assignment
from zoo.workflows.search.worker import RemoteAssignment, RemoteImages, train_remotely

PLUGIN_FILES = Path(__file__).parents[2] / "cli" / "plugin_files"
NODE = socket.gethostname()
PLAN = changed(SEARCH_PLAN, trials=1, epochs=1)
TRIAL = Trial("0", 1, {}, 1)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number, pixels in enumerate(np.random.default_rng(ord(name[0])).integers(0, 255, (12, 8, 8))):
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


@pytest.fixture
def remote(photos: Path) -> RemoteAssignment:
    opened = open_dataset(str(photos), {}, FORMATS)
    images = RemoteImages(opened.name, opened.source, opened.fingerprint)
    return RemoteAssignment(Assignment(PLAN, TRIAL), images, plugins_dir=PLUGIN_FILES)


def of(remote: RemoteAssignment, **candidate: object) -> RemoteAssignment:
    """The same trial, but of a candidate with these values."""
    return replace(remote, assignment=Assignment(changed(PLAN, **candidate), TRIAL))


def message_of(remote: RemoteAssignment, kind: type[ZooError]) -> str:
    with pytest.raises(kind) as error:
        train_remotely(remote, TrialReporter(lambda message: CONTINUE))
    return str(error.value)


@pytest.mark.filterwarnings("ignore::UserWarning:keras.*")
def test_the_use_of_cached_activations_is_reported(remote: RemoteAssignment) -> None:
    plan = changed(PLAN, patience=1, mode="on")
    frozen = replace(TRIAL, hyperparameters={"freeze": "all", "filters": 2})
    messages: list[Message] = []

    def send(message: Message) -> Decision:
        messages.append(message)
        return CONTINUE

    train_remotely(replace(remote, assignment=Assignment(plan, frozen)), TrialReporter(send))
    notices = [message.text for message in messages if isinstance(message, Notice)]
    assert [notice.partition(":")[0] for notice in notices] == ["activations of frozen layers are cached"]


def test_a_dataset_that_is_not_there(remote: RemoteAssignment, photos: Path) -> None:
    shutil.rmtree(photos)
    message = message_of(remote, DatasetError)
    assert message.startswith(f"node {NODE} cannot read dataset 'photos' at {photos}: ")
    assert message.endswith(
        "; mount it there under the same path, or use one that every node reaches, such as tfds:NAME"
    )
    assert "\n" not in message


def test_other_images_under_the_same_path(remote: RemoteAssignment, photos: Path) -> None:
    (photos / "cat" / "0.png").unlink()
    assert message_of(remote, DatasetError) == (
        f"node {NODE} has other images at {photos} than the search began with: "
        "copy the dataset there again, or mount it there under the same path"
    )


def test_a_plugin_folder_that_is_not_there(remote: RemoteAssignment, tmp_path: Path) -> None:
    assert message_of(replace(remote, plugins_dir=tmp_path / "none"), PluginError) == (
        f"node {NODE}: plugin folder {tmp_path}/none is not a folder: check --plugins-dir or ZOO_PLUGINS_DIR; "
        "mount it there under the same path"
    )


def test_a_plugin_that_is_not_installed(remote: RemoteAssignment) -> None:
    message = message_of(of(remote, architecture="tinny"), PluginError)
    assert message == (
        f"node {NODE}: unknown architecture 'tinny': did you mean 'tiny'?; install the plugin there too"
    )


def test_another_version_of_the_architecture(remote: RemoteAssignment) -> None:
    assert message_of(of(remote, version="2"), PluginError) == (
        f"node {NODE} has version 1 of 'tiny' and the search 2: install the same plugin on both"
    )


def test_another_version_of_a_decoder(remote: RemoteAssignment) -> None:
    decoded_there = replace(remote, images=replace(remote.images, decoders=("toy 2",)))
    assert message_of(decoded_there, PluginError) == (
        f"node {NODE} has other decoders of dataset 'photos' (none) than the search (toy 2): "
        "install the same plugins on both"
    )


def test_another_version_of_zoo(remote: RemoteAssignment) -> None:
    message = message_of(replace(remote, zoo_version="0.0"), PluginError)
    assert message.startswith(f"node {NODE} has zoo ")
    assert message.endswith(" and the search 0.0: install the same on both")


def test_images_behind_a_url_that_cannot_be_reached(remote: RemoteAssignment) -> None:
    url = "memory://none-such.zip"
    request = replace(remote, images=replace(remote.images, source=url))
    assert message_of(request, DatasetError) == (
        f"node {NODE} cannot read dataset 'photos' at {url}: cannot download '{url}': there is no such file; "
        "check the URL, the network, and your permissions"
    )


def test_other_images_behind_the_same_url(remote: RemoteAssignment, photos: Path) -> None:
    (photos / "cat" / "0.png").unlink()
    url = f"file://{shutil.make_archive(str(photos), 'zip', photos)}"
    request = replace(remote, images=replace(remote.images, source=url))
    assert message_of(request, DatasetError) == (
        f"node {NODE} has other images at {url} than the search began with: "
        "put the same file there again, or start a new search"
    )


def test_weights_behind_a_url_that_cannot_be_reached(remote: RemoteAssignment) -> None:
    url = "memory://none-such.h5"
    request = of(remote, weights=Weights(url, "0" * 64, "/on/the/driver/alone.h5"))
    assert message_of(request, HyperparameterError) == (
        f"node {NODE}: cannot download '{url}': there is no such file; "
        "check the URL, the network, and your permissions"
    )


def test_another_weights_file_than_the_search_began_with(remote: RemoteAssignment, tmp_path: Path) -> None:
    (tmp_path / "net.h5").write_bytes(b"other weights")
    weights = str(tmp_path / "net.h5")
    request = of(remote, weights=Weights(weights, "0" * 64, weights))
    assert message_of(request, HyperparameterError) == (
        f"node {NODE}: the weights file {weights} has changed since the search started: "
        "restore it, or start a new search"
    )


def test_a_weights_file_that_is_not_there(remote: RemoteAssignment, tmp_path: Path) -> None:
    weights = str(tmp_path / "none.h5")
    request = of(remote, weights=Weights(weights, "0" * 64, weights))
    assert message_of(request, HyperparameterError) == (
        f"node {NODE}: there is no weights file {weights}: mount it there under the same path"
    )
