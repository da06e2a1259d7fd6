"""Joining a Ray cluster and leaving it: nodes that die, Ctrl-C, addresses that do not answer."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.search.executors import ray_nodes
from tests.search.executors.ray_search import HERE, Recorder, line_of, searched
from zoo.errors import SearchError
from zoo.search.executors import ray_cluster as clusters
from zoo.search.executors.ray_cluster import Cluster, connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zoo.interfaces import Epoch, Trial


pytestmark = pytest.mark.large  # each test starts Ray, some start nodes


@pytest.fixture(scope="module")
def nodes() -> Iterator[ray_nodes.Nodes]:
    with ray_nodes.two_nodes() as nodes:
        yield nodes


def test_trials_run_from_outside_of_the_cluster(nodes: ray_nodes.Nodes) -> None:
    cluster = Cluster(nodes.client, None)
    with connected(cluster):
        recorder = searched(cluster=cluster)
    assert sorted(recorder.scores) == [1, 2, 3, 4]


def test_a_dead_nodes_trials_finish_elsewhere_once(nodes: ray_nodes.Nodes, tmp_path: Path) -> None:
    notes, second = tmp_path / "notes", nodes.raylet("second")
    killed: list[int] = []

    def kill_once(trial: Trial, epoch: Epoch) -> None:
        if not killed and f"{trial.number} 2 {second}" in notes.read_text().splitlines():
            killed.append(trial.number)
            nodes.kill("second")

    recorder, cluster = Recorder(at_epoch=kill_once), Cluster(nodes.address, None)
    with connected(cluster):
        searched(recorder=recorder, cluster=cluster, trials=6, epochs=4, pace=0.2, notes=notes)
    done = [tuple(map(int, line.split())) for line in notes.read_text().splitlines()]
    assert recorder.started == [1, 2, 3, 4, 5, 6]
    assert recorder.epochs == {trial: [1, 2, 3, 4] for trial in range(1, 7)}
    assert sorted(recorder.scores) == [1, 2, 3, 4, 5, 6]
    assert [epoch for trial, epoch, node in done if trial in killed and node != second] == [3, 4]


# The end ---------------------------------------------------------------------------------------------------

ENDLESS = """
from tests.search.executors.ray_search import HERE, Recorder, searched
from zoo.search.executors.ray_cluster import connected

with connected(HERE):
    said = Recorder(at_epoch=lambda trial, epoch: print(trial.number, epoch.number, flush=True))
    searched(recorder=said, epochs=10_000, pace=0.1)
"""


def test_ctrl_c_leaves_no_process_behind() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as search:
        assert search.stdout is not None
        first = search.stdout.readline()
        processes = psutil.Process(search.pid).children(recursive=True)
        os.killpg(search.pid, signal.SIGINT)  # as a terminal does: to all that the command started
        _, errors = search.communicate(timeout=60)
    assert first.split()[1] == "1", errors
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert len(processes) > 3
    assert psutil.wait_procs(processes, timeout=30)[1] == []


def test_sigterm_stops_the_search_as_it_did_before() -> None:
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(KeyboardInterrupt), connected(HERE):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_process_of_ray_that_does_not_notice_the_end_is_ended() -> None:
    with connected(HERE):
        raylet = next(
            child for child in psutil.Process().children(recursive=True) if child.name() == "raylet"
        )
        folder = re.findall(r"[^\s=]*/zoo-ray-\w+", " ".join(raylet.cmdline()))[0]
        slow = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)", f"--temp-dir={folder}"]
        )
    assert slow.wait(timeout=10) == -signal.SIGKILL


# Addresses


def test_an_address_without_a_listener_is_refused() -> None:
    address = f"127.0.0.1:{ray_nodes.free_port()}"
    with pytest.raises(SearchError) as error, connected(Cluster(address, None)):
        pass
    assert line_of(error) == (
        f"no Ray cluster answers at '{address}' (connection refused): is it running there, and is the port open?"
    )


@pytest.mark.parametrize("kind", ["", "ray://"])
def test_an_address_that_stays_silent_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "ANSWER_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"{kind}127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(SearchError) as error, connected(Cluster(address, None)):
            pass
    assert line_of(error) == (
        f"no Ray cluster answers at '{address}' (no answer within 1 s): is it running there, and is the port open?"
    )


def test_an_address_where_something_else_answers_is_refused() -> None:
    import grpc

    server = grpc.server(futures.ThreadPoolExecutor(1))
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        with pytest.raises(SearchError) as error, connected(Cluster(address, None)):
            pass
    finally:
        server.stop(None)
    assert line_of(error) == (
        f"no Ray cluster answers at '{address}' (something else answers there): is it running there, and is the port "
        "open?"
    )


@pytest.mark.parametrize("address", ["head", "head:port", "http://head:8265", ""])
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(SearchError, match=r"is not a Ray address: write HOST:PORT, ray://HOST:PORT or auto$"):
        Cluster(address, None)


@pytest.mark.parametrize(
    ("takes", "message"),
    [
        ({"cpus_per_trial": 0}, "a trial needs more than 0 CPUs, and 0 GPUs or more"),
        ({"gpus_per_trial": 1.5}, "a trial cannot have 1.5 GPUs: up to 1, or a whole number"),
    ],
)
def test_resources_that_the_cluster_lacks_are_refused(takes: dict[str, float], message: str) -> None:
    with pytest.raises(SearchError) as error:
        Cluster(None, 2, **takes)
    assert line_of(error) == message
