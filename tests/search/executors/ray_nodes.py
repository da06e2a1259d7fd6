"""A real Ray cluster of two nodes on this machine."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Nodes:
    """A head and a second node, one CPU each.

    Args:
        address, client: of the head: for who is on one of the nodes, and for who is not.
        folder: where they store their files; their command lines contain it.
        started: each node's processes but its workers.
    """

    address: str
    client: str
    folder: str
    started: dict[str, list[psutil.Process]] = field(default_factory=dict)

    def start(self, name: str, *options: str) -> None:
        """Start a node, and remember the processes that are new."""
        before = set(self._processes())
        ray = Path(sys.executable).parent / "ray"
        command = (ray, "start", *options, "--num-cpus=1", f"--object-store-memory={80 * 2**20}")
        command += ("--disable-usage-stats", "--dashboard-agent-listen-port=0")
        started = subprocess.run(command, capture_output=True, text=True)
        self.started[name] = [process for process in self._processes() if process not in before]
        assert started.returncode == 0, started.stdout + started.stderr

    def raylet(self, name: str) -> int:
        """The process that is the parent of a node's workers."""
        return next(process.pid for process in self.started[name] if process.name() == "raylet")

    def kill(self, name: str) -> None:
        """SIGKILL to all of a node's processes at once, as when its power is cut."""
        processes = []
        for process in self.started[name]:
            with contextlib.suppress(psutil.NoSuchProcess):
                processes += [process, *process.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)

    def _processes(self) -> list[psutil.Process]:
        """All of this cluster but those that another of them started."""
        every = psutil.process_iter(["cmdline", "ppid"])
        own = [process for process in every if self.folder in " ".join(process.info["cmdline"] or ())]
        processes = {process.pid: process for process in own}
        return [process for process in processes.values() if process.info["ppid"] not in processes]


@contextlib.contextmanager
def two_nodes() -> Iterator[Nodes]:
    """A cluster of two nodes on the loopback interface; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="zoo-nodes-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        port, client_port = free_port(), free_port()
        nodes = Nodes(f"127.0.0.1:{port}", f"ray://127.0.0.1:{client_port}", folder)
        try:
            nodes.start(
                "head",
                *("--head", "--node-ip-address=127.0.0.1", f"--port={port}", f"--temp-dir={folder}"),
                *("--include-dashboard=false", f"--ray-client-server-port={client_port}"),
            )
            # The second has an address of its own, and the note of it beside the head's session, where Ray before
            # 2.60 puts it, is taken back: the search would else join by that node, and die with it.
            notes = {path: path.read_bytes() for path in Path(folder).glob("session_*/node_ip_address.json")}
            nodes.start("second", "--node-ip-address=127.0.0.2", f"--address={nodes.address}")
            for path, content in notes.items():
                path.write_bytes(content)
            yield nodes
        finally:
            for name in nodes.started:
                nodes.kill(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
