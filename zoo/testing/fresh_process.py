"""Loads a stored model in another process, which has not built it, as `zoo predict` does the day after."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zoo.errors import ContractError
from zoo.registry.artifacts import ArtifactStore
from zoo.registry.manifest import save_content
from zoo.testing.imports import modules_of
from zoo.testing.loading import ANSWER, OUTPUTS, PIXELS, Inside, Job

if TYPE_CHECKING:
    from zoo.interfaces import Architecture, ModelContent


class Loaded(NamedTuple):
    """A model in the other process: its outputs for the pixels, and its inside if that was asked for."""

    outputs: np.ndarray
    inside: Inside | None


def load_elsewhere(
    architecture: Architecture, content: ModelContent, pixels: np.ndarray, *, in_detail: bool = False
) -> Loaded:
    """Store the model in a temporary folder and load it in a process that has imported only the plugin.

    Args:
        in_detail: ask for its inside.

    Raises:
        ContractError: it cannot be loaded there.
    """
    with TemporaryDirectory(prefix="zoo-check-") as text:
        folder = Path(text)
        manifest = save_content(ArtifactStore(folder), content).manifest
        np.save(folder / PIXELS, pixels)
        job = Job(text, manifest, in_detail, sys.path, *_plugin_of(architecture))
        _ask(job)
        try:
            answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ContractError(
                "the process that loads the stored model ended without a result: check for a crash in compiled code"
            ) from None
        if "error" in answer:
            raise ContractError(f"stored, it cannot be loaded in a new process: {answer['error']}")
        return Loaded(np.load(folder / OUTPUTS), Inside(**answer) if in_detail else None)


def start_server() -> None:
    """Start the process that loads models, so that it imports Keras while other checks run."""
    _server()


def _plugin_of(architecture: Architecture) -> tuple[list[tuple[str, str | None]], str, str]:
    """Return the modules to import, the architecture's name, and where `custom_layers` is if no hook returns it."""
    modules = modules_of(architecture.backbone, "zoo_architectures", architecture.name)
    function = architecture.custom_layers
    name = "" if function is None else f"{function.__module__}:{getattr(function, '__qualname__', '')}"
    return [(module.__name__, module.__file__) for module in modules], architecture.name, name


def _ask(job: Job) -> None:
    """Have the model loaded; return when the process that did so has ended."""
    server = _server()
    assert server.stdin is not None  # noqa: S101  for mypy
    assert server.stdout is not None  # noqa: S101
    try:
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        answered = server.stdout.readline()
    except BrokenPipeError:
        answered = ""
    if not answered:
        _server.cache_clear()
        raise ContractError("the process that loads stored models has ended: run the check again")


@cache
def _server() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "zoo.testing.loading"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    atexit.register(process.communicate)  # closes its standard input, which ends it
    return process
