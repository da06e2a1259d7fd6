"""Ray for a search's trials: started on this machine, or an existing cluster."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
import os
import re
import signal
import socket
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

from zoo.errors import SearchError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANSWER_SECONDS = 3
CLUSTER_ID = "/ray.rpc.NodeInfoGcsService/GetClusterId"  # Ray's own first call
RETRIES = 1
SERVER_FAILED = "Starting Ray client server failed"  # on a busy machine, where a retry succeeds
SHORT_FOLDER = "/tmp"  # noqa: S108  the path of a socket has at most 107 characters, and TMPDIR may be long
ADDRESS = re.compile(r"(ray://)?([^/\s]+:[0-9]+)")


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster, and the resources of each trial.

    Args:
        address: `HOST:PORT` of a cluster of which this machine is a node, `auto` to find it, or `ray://HOST:PORT` from
            elsewhere; None: start Ray on this machine for the duration of the search.
        workers: the maximal number of concurrent trials; None: as many as fit.
        cpus_per_trial, gpus_per_trial: a fraction up to 1, or a whole number.

    Raises:
        SearchError: the address or the resources are invalid.
    """

    address: str | None
    workers: int | None
    cpus_per_trial: float = 1
    gpus_per_trial: float = 0

    def __post_init__(self) -> None:
        if self.address not in (None, "auto") and not ADDRESS.fullmatch(str(self.address)):
            raise SearchError(
                f"'{self.address}' is not a Ray address: write HOST:PORT, ray://HOST:PORT or auto"
            )
        if self.cpus_per_trial <= 0 or self.gpus_per_trial < 0:
            raise SearchError("a trial needs more than 0 CPUs, and 0 GPUs or more")
        for name, amount in self.needs.items():
            if amount > 1 and amount % 1:
                raise SearchError(f"a trial cannot have {amount:g} {name}s: up to 1, or a whole number")

    @property
    def needs(self) -> Mapping[str, float]:
        """The resources of a trial by Ray's names."""
        gpus = {"GPU": self.gpus_per_trial} if self.gpus_per_trial else {}
        return {"CPU": self.cpus_per_trial, **gpus}


def require_ray() -> None:
    """Check that Ray is installed, without importing it.

    Raises:
        SearchError: it is not installed.
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
            with _same_sigterm():
                if cluster.address is None:
                    ray.init(
                        "local", num_cpus=_cpus(cluster), include_dashboard=False, _temp_dir=folder, **quiet
                    )
                else:
                    _join(ray, cluster.address, quiet)
            slots(cluster)
            yield
        finally:
            ray.shutdown()
            _kill_leftovers(folder)


@contextmanager
def _same_sigterm() -> Iterator[None]:
    """Restore the handler of SIGTERM: Ray's own kills its processes, so that trials would fail, and exits."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and handler is not None:
            signal.signal(signal.SIGTERM, handler)


def slots(cluster: Cluster) -> int:
    """The number of trials that can run at once.

    Raises:
        SearchError: a trial fits on no node.
    """
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    fitting = sum(
        min(int(node.get(name, 0) / amount + 1e-6) for name, amount in cluster.needs.items())
        for node in nodes
    )
    if not fitting:
        available = " or ".join(
            sorted({_describe({name: node.get(name, 0) for name in cluster.needs}) for node in nodes})
        )
        raise SearchError(
            f"a trial needs {_describe(cluster.needs)}, but no node of the Ray cluster has that; "
            f"available: {available}"
        )
    return fitting if cluster.workers is None else min(fitting, cluster.workers)


def _cpus(cluster: Cluster) -> int | None:
    """The CPUs to declare to Ray, as many as the user's workers need: more workers than cores share the cores."""
    return None if cluster.workers is None else math.ceil(cluster.workers * cluster.cpus_per_trial)


def _kill_leftovers(folder: str) -> None:
    """Kill processes that Ray leaves to exit by themselves, which takes a minute if Ray was only starting."""
    for process in psutil.process_iter(["cmdline"]):
        if any(folder in argument for argument in process.info["cmdline"] or ()):
            with contextlib.suppress(psutil.Error):  # it has exited by itself
                process.kill()


def _join(ray: Any, address: str, quiet: Mapping[str, Any]) -> None:
    """Connect to a cluster; Ray itself would wait for minutes if none answers."""
    match = ADDRESS.fullmatch(address)
    if match and os.environ.get("RAY_USE_TLS") != "1":
        _check_answer(address, match[2])
    for retry in range(RETRIES + 1):
        try:
            ray.init(address, **quiet)
            return
        except (
            Exception
        ) as error:  # Ray raises many kinds: another version, no token, no node on this machine, …
            reason = " ".join(str(error).split())
            if SERVER_FAILED not in reason or retry == RETRIES:
                raise SearchError(f"the Ray cluster at '{address}' cannot be joined: {reason}") from None


def _check_answer(address: str, host_and_port: str) -> None:
    """Check that a cluster answers: both Ray's head node and Ray Client speak gRPC."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import grpc

    host, _, port = host_and_port.rpartition(":")
    reason = f"no answer within {ANSWER_SECONDS} s"
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
            return  # such as a Ray cluster that requires a token
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
