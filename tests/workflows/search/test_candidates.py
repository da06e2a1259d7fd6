"""The architectures of a search, each with the weights that it starts from."""

from __future__ import annotations

import http.server
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.workflows.search.tiny_searches import (
    Watcher,
    interrupt_in_trial,
    interrupted,
    resume,
    search,
    workspace_in,
)
from zoo.errors import HyperparameterError, InterruptedWork
from zoo.interfaces import State
from zoo.plugins import load_plugins
from zoo.workflows import TrainingOptions, finetune, train
from zoo.workflows.freeze_comparison import SCRATCH, compare_freezing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from zoo.interfaces import Model
    from zoo.workflows import Workspace

pytestmark = pytest.mark.large

VECTORS = """
from zoo import Architecture, hookimpl


def vectors(hp, inputs, *, weights=None):
    from keras import layers

    maps = layers.Conv2D(2, 3, bias_initializer="ones" if weights else "zeros", name="conv")(inputs)
    return layers.GlobalMaxPooling2D(name="vector")(maps) if weights else maps


@hookimpl
def zoo_architectures():
    return [Architecture("vectors", vectors, "a vector with weights", "none", min_size=4, weights=("vector",))]
"""

LOADED = """
from pathlib import Path

from zoo import Architecture, hookimpl


def loaded(hp, inputs, *, weights=None):
    from keras import initializers, layers

    start = float(Path(weights).read_text()) if weights else 0.0
    return layers.Conv2D(2, 3, bias_initializer=initializers.Constant(start), name="conv")(inputs)


@hookimpl
def zoo_architectures():
    return [Architecture("loaded", loaded, "reads a number", "none", min_size=4, weights=("noise", "*.txt"))]
"""


class Downloading(Watcher):
    """Hears of downloads too: whether each is done."""

    def __init__(self) -> None:
        super().__init__()
        self.downloads: list[bool] = []

    def advanced(self, work: str, done: int, total: int) -> None:
        if work == "downloading":
            self.downloads.append(done == total)


@pytest.fixture
def workspace(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    folder = tmp_path / "plugins"
    folder.mkdir()
    tiny = request.config.rootpath / "tests" / "cli" / "plugin_files" / "tiny.py"
    (folder / "tiny.py").write_text(tiny.read_text())
    (folder / "loaded.py").write_text(LOADED)
    (folder / "vectors.py").write_text(VECTORS)
    with workspace_in(tmp_path, load_plugins(folder)) as workspace:
        yield workspace


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "net.txt").write_text("0.25")
    return tmp_path / "served" / "net.txt"


@pytest.fixture
def requests(file: Path) -> Iterator[list[str]]:
    """Requests to a server of this machine; its port comes first."""
    requests: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            requests.append(self.path)
            super().do_GET()

    handler = partial(Handler, directory=file.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        requests.append(str(server.server_port))
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield requests
        server.shutdown()


@pytest.mark.usefixtures("cache")
def test_a_file_behind_a_url_is_downloaded_once_for_all_trials(
    workspace: Workspace, requests: list[str]
) -> None:
    watcher = Downloading()
    url = f"http://127.0.0.1:{requests.pop()}/net.txt"
    result = search(
        type(workspace)(workspace.registry, workspace.plugins, watcher),
        "loaded",
        {"pooling": "avg"},
        weights=url,
        algorithm="random",
        trials=3,
    )
    assert [run.state for run in result.trials] == [State.COMPLETED] * 3
    assert (requests, watcher.downloads[-1:]) == (["/net.txt"], [True])


def test_a_trial_is_refused_weights_that_have_changed_since_the_search_started(
    workspace: Workspace, file: Path
) -> None:
    workspace.progress.at_epoch = lambda run, epoch: file.write_text("0.5")
    result = search(workspace, "loaded", {"pooling": "avg"}, weights=str(file), algorithm="random", trials=2)
    first, second = result.trials
    assert (first.state, second.state) == (State.COMPLETED, State.FAILED)
    assert str(second.error).startswith(f"the weights file {file} has changed since the search started: ")


def test_a_search_resumes_only_with_its_own_weights(workspace: Workspace, file: Path) -> None:
    workspace.progress.at_epoch = interrupt_in_trial(1)
    with pytest.raises(InterruptedWork):
        search(workspace, "loaded", {"pooling": "avg"}, weights=str(file), algorithm="random", epochs=2)
    file.write_text("0.5")
    with pytest.raises(HyperparameterError) as caught:
        resume(workspace)
    assert str(caught.value) == (
        f"the weights file {file} has changed since the search started: restore it, or start a new search"
    )
    assert interrupted(workspace).state is State.INTERRUPTED
    file.write_text("0.25")
    assert {run.state for run in resume(workspace).trials} == {State.COMPLETED}


@pytest.mark.parametrize(("weights", "poolings"), [("vector", {"avg"}), (None, {"avg", "max", "flatten"})])
def test_pooling_is_searched_only_if_the_features_of_the_weights_are_maps(
    workspace: Workspace, weights: str | None, poolings: set[str]
) -> None:
    values = {"learning_rate": 0.01, "head_units": "0", "augmentation": "none"}
    options = {"algorithm": "random", "trials": 8, "max_seconds": 1e-6}
    plan = search(workspace, "vectors", values, weights=weights, **options).search.plan
    (space,) = [hp["config"] for hp in plan.space["space"] if hp["config"]["name"] == "pooling"]
    assert {*space.get("values", [space.get("value")])} == poolings


@pytest.mark.parametrize(
    "work",
    [
        lambda workspace, values: search(workspace, "vectors", values, weights="vector"),
        lambda workspace, values: train(
            workspace, "vectors", "blobs", weights="vector", hyperparameters=values
        ),
    ],
    ids=["search", "train"],
)
def test_a_pooling_that_the_features_of_the_weights_ignore_is_refused(
    workspace: Workspace, work: Callable
) -> None:
    with pytest.raises(HyperparameterError) as caught:
        work(workspace, {"pooling": "max"})
    assert str(caught.value) == (
        "pooling=max has no effect: the features of this backbone are no feature maps; leave pooling out"
    )
    assert workspace.registry.runs() == []


@pytest.fixture
def parent(workspace: Workspace) -> Model:
    """A model of a zoo that searched pooling for vectors too."""
    trained = train(workspace, "vectors", "blobs", weights="vector", options=TrainingOptions(epochs=1))
    registry, plan = workspace.registry, workspace.registry.run(trained.run_id).plan
    plan = replace(plan, hyperparameters={**plan.hyperparameters, "pooling": "max"})
    run = registry.start_run(plan, registry.dataset("blobs"))
    return registry.complete_run(run.id, registry.load_content(trained.id), [])


def test_a_pooling_of_the_parent_that_had_no_effect_is_no_obstacle(
    workspace: Workspace, parent: Model
) -> None:
    options = TrainingOptions(epochs=1)
    child = finetune(workspace, parent.id, "blobs", head="new", options=options)
    assert child.parent_id == parent.id
    results = compare_freezing(workspace, parent.id, "blobs", ["all"], options=options)
    assert [result.way for result in results] == ["all", SCRATCH]


def test_fine_tuning_refuses_a_pooling_that_the_features_ignore(workspace: Workspace, parent: Model) -> None:
    options = TrainingOptions(epochs=1)
    with pytest.raises(HyperparameterError) as caught:
        finetune(workspace, parent.id, "blobs", hyperparameters={"pooling": "flatten"}, options=options)
    assert str(caught.value) == (
        "pooling=flatten has no effect: the features of this backbone are no feature maps; leave pooling out"
    )
    assert len(workspace.registry.runs()) == 2
