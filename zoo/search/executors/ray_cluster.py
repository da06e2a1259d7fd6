"""Where trials run on Ray: slots on this machine, or a cluster that is there already."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
import os
import re
import socket
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

from zoo.errors import SearchError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANSWER_SECONDS = 3
CLUSTER_ID = "/ray.rpc.NodeInfoGcsService/GetClusterId"  # what Ray itself asks first
ATTEMPTS = 2
SERVER_FAILED = "Starting Ray client server failed"  # on a busy machine, where the next one starts
SHORT_FOLDER = "/tmp"  # noqa: S108  a socket's path has 107 letters at most, and TMPDIR may have as many
ADDRESS = re.compile(r"(ray://)?([^/\s]+:[0-9]+)")


@dataclass(frozen=True)
class Cluster:
    """Where trials run, and what each of them takes.

    Args:
        address: `HOST:PORT` of a cluster that this machine is a node of, `auto` to find it, or `ray://HOST:PORT` from
            elsewhere; None: a Ray of its own on this machine, which ends with the search.
        workers: the most trials at once; None: as many as fit.
        cpus_per_trial, gpus_per_trial: up to 1 also a part of one.

    Raises:
        SearchError: the address is none, or no trial can take so much.
    """

    address: str | None
    workers: int | None
    cpus_per_trial: float = 1
    gpus_per_trial: float = 0

    def __post_init__(self) -> None:
        if self.address not in (None, "auto") and not ADDRESS.fullmatch(str(self.address)):
            raise SearchError(f"'{self.address}' is no Ray address: write HOST:PORT, ray://HOST:PORT or auto")
        if self.cpus_per_trial <= 0 or self.gpus_per_trial < 0:
            raise SearchError("a trial needs more than 0 CPUs, and 0 GPUs or more")
        for name, amount in self.needs.items():
            if amount > 1 and amount % 1:
                raise SearchError(f"a trial cannot have {amount:g} {name}s: up to 1, or a whole number")

    @property
    def needs(self) -> Mapping[str, float]:
        """What a trial takes, as Ray names it."""
        gpus = {"GPU": self.gpus_per_trial} if self.gpus_per_trial else {}
        return {"CPU": self.cpus_per_trial, **gpus}


def require_ray() -> None:
    """Check that Ray is installed, without importing it.

    Raises:
        SearchError: it is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise SearchError("Ray is not installed: pip install 'keras-zoo[ray]'")


@contextmanager
def connected(cluster: Cluster) -> Iterator[None]:
    """Ray, ready for `zoo.search.executors.ray.RayExecutor`; whatever happens inside, nothing of it is left behind.

    Raises:
        SearchError: Ray is not installed or connected already, the address does not answer, or a trial fits no node.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    require_ray()
    import ray

    if ray.is_initialized():
        raise SearchError("this process is connected to Ray already: call ray.shutdown() first")
    # Workers write to Ray's own logs: what a trial says of itself comes through the search.
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    with tempfile.TemporaryDirectory(
        prefix="zoo-ray-", dir=SHORT_FOLDER, ignore_cleanup_errors=True
    ) as folder:
        try:
            if cluster.address is None:
                ray.init("local", num_cpus=_cpus(cluster), include_dashboard=False, _temp_dir=folder, **quiet)
            else:
                _join(ray, cluster.address, quiet)
            slots(cluster)
            yield
        finally:
            ray.shutdown()
            _end_those_left(folder)


def slots(cluster: Cluster) -> int:
    """How many trials may run at once.

    Raises:
        SearchError: a trial fits no node.
    """
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    fitting = sum(
        min(int(node.get(name, 0) / amount + 1e-6) for name, amount in cluster.needs.items())
        for node in nodes
    )
    if not fitting:
        asked = _describe(cluster.needs)
        there = " or ".join(
            sorted({_describe({name: node.get(name, 0) for name in cluster.needs}) for node in nodes})
        )
        raise SearchError(
            f"a trial asks for {asked}, and no node of the Ray cluster has that: there is {there}"
        )
    return fitting if cluster.workers is None else min(fitting, cluster.workers)


def _cpus(cluster: Cluster) -> int | None:
    """Slots are what the user says they are: more of them than there are cores share these."""
    return None if cluster.workers is None else math.ceil(cluster.workers * cluster.cpus_per_trial)


def _end_those_left(folder: str) -> None:
    """End what Ray left to notice its end by itself, which takes a minute where it was only starting."""
    for process in psutil.process_iter(["cmdline"]):
        if any(folder in argument for argument in process.info["cmdline"] or ()):
            with contextlib.suppress(psutil.Error):  # gone by itself
                process.kill()


def _join(ray: Any, address: str, quiet: Mapping[str, Any]) -> None:
    """Connect to a cluster; Ray by itself would wait for minutes where none answers."""
    found = ADDRESS.fullmatch(address)
    if found and os.environ.get("RAY_USE_TLS") != "1":
        _refuse_silence(address, found[2])
    for attempt in range(1, ATTEMPTS + 1):
        try:
            ray.init(address, **quiet)
            return
        except Exception as error:  # Ray raises all kinds: other versions, no token, no node here …
            reason = " ".join(str(error).split())
            if SERVER_FAILED not in reason or attempt == ATTEMPTS:
                raise SearchError(f"the Ray cluster at '{address}' cannot be joined: {reason}") from None


def _refuse_silence(address: str, host_and_port: str) -> None:
    """Both Ray's head and Ray Client speak gRPC."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import grpc

    host, _, port = host_and_port.rpartition(":")
    reason = f"silence for {ANSWER_SECONDS} s"
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
        with grpc.insecure_channel(host_and_port) as channel:
            grpc.channel_ready_future(channel).result(timeout=ANSWER_SECONDS)
            if not address.startswith("ray://"):
                channel.unary_unary(CLUSTER_ID)(b"", timeout=ANSWER_SECONDS)
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            reason = "something else answers there"
        elif error.code() not in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE):
            return  # a Ray cluster that wants a token, say
    except (OSError, OverflowError, grpc.FutureTimeoutError) as error:
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            reason = reason_of(error)
    else:
        return
    raise SearchError(
        f"no Ray cluster answers at '{address}' ({reason}): is it running there, and is the port open?"
    )


def _describe(resources: Mapping[str, float]) -> str:
    return " and ".join(
        f"{amount:g} {name}{'' if amount == 1 else 's'}" for name, amount in resources.items()
    )
