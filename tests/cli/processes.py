"""`zoo` in processes of its own: with pipes, on a terminal, or forked from one that has imported nothing large."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ZOO = [sys.executable, "-m", "zoo"]
LARGE = (
    *("tensorflow", "keras", "keras_hub", "keras_tuner", "optuna", "ray", "sklearn"),
    *("matplotlib", "matplotlib.pyplot"),
)

# Imports once what most commands need, then answers each request in a fork of itself.
SERVER = """
import json, os, sys, tempfile
from zoo.cli import run, running
from zoo.plugins import load_plugins
from zoo.registry import open_registry
from zoo.workflows import preflight
load_plugins(None)
with tempfile.TemporaryDirectory() as folder:
    open_registry(folder + "/registry.db").close()

def answer(request):
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.modules.update(dict.fromkeys(request["missing"]))
    for number, name in enumerate(("out", "err"), start=1):
        os.dup2(os.open(request[name], os.O_WRONLY), number)
    code = run(request["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(replies, (json.dumps([code, sorted(filter(sys.modules.get, sys.modules))]) + "\\n").encode())

replies = os.dup(1)
for line in sys.stdin:
    if (child := os.fork()) == 0:
        try:
            answer(json.loads(line))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.write(replies, b"\\n")
"""


@dataclass(frozen=True)
class LeanResult:
    """The result of one call of `zoo`, and the large packages that it imported."""

    code: int
    out: str
    err: str
    imported: tuple[str, ...]


class LeanProcess:
    """Calls `zoo` in processes that have imported the command line and nothing large."""

    def __init__(self, folder: Path) -> None:
        self._outputs = {name: folder / name for name in ("out", "err")}
        self._server = subprocess.Popen(
            [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, *arguments: object, missing: tuple[str, ...] = ()) -> LeanResult:
        """Call it in the working directory and the environment of this process.

        Args:
            missing: packages that cannot be imported.
        """
        for path in self._outputs.values():
            path.write_bytes(b"")
        request = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(Path.cwd()),
            "environment": dict(os.environ),
            "missing": missing,
            **{name: str(path) for name, path in self._outputs.items()},
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps(request), file=self._server.stdin, flush=True)
        out, err = self._server.stdout.readline(), self._outputs["err"].read_text(encoding="utf-8")
        assert out != "\n", err  # it ended without a reply
        self._server.stdout.readline()
        code, modules = json.loads(out)
        return LeanResult(
            code,
            self._outputs["out"].read_text(encoding="utf-8"),
            err,
            tuple(name for name in LARGE if name in modules),
        )

    def close(self) -> None:
        """End the server."""
        self._server.communicate()


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Call `zoo` in a new process."""
    command = [*ZOO, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def on_a_terminal(columns: int, *arguments: object) -> str:
    """All that `zoo` writes in a new process to a terminal of that width, without colours and movements."""
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = [*ZOO, *map(str, arguments)]
    with terminal(columns) as screen:
        subprocess.run(
            command,
            stdin=screen.follower,
            stdout=screen.follower,
            stderr=screen.follower,
            env={**environment, "TERM": "xterm"},
            check=False,
        )
    return screen.text


class Screen:
    """The other side of a terminal, which is read until it is closed."""

    def __init__(self, columns: int) -> None:
        self._leader, self.follower = pty.openpty()
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._written = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # how Linux reports that the other side is closed
            while chunk := os.read(self._leader, 65536):
                self._written += chunk

    def close(self) -> None:
        """Close it, and wait until all that was written is read."""
        os.close(self.follower)
        self._reader.join()
        os.close(self._leader)

    @property
    def text(self) -> str:
        """The output, without colours and movements of the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]| *\r(?=\n)", "", self._written.decode())


@contextlib.contextmanager
def terminal(columns: int) -> Iterator[Screen]:
    """A terminal of that width, closed at the end."""
    screen = Screen(columns)
    try:
        yield screen
    finally:
        screen.close()
