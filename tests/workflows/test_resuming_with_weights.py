"""Resuming a run that started from a file of weights: the file must be as it was."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.workflows.stopped_runs import TINY, checkpoints, refusal, stop
from zoo import workflows
from zoo.errors import InterruptedWork
from zoo.interfaces import Epoch, Run, State
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.workflows import Workspace

WEIGHTED = """
import numpy as np
from zoo import Architecture, hookimpl


def backbone(hp, inputs, *, weights=None):
    from keras import layers

    layer = layers.Conv2D(2, 3, strides=2, name="conv")
    features = layer(inputs)
    if weights is not None:
        layer.kernel.assign(np.load(weights)["kernel"])
    return features


@hookimpl
def zoo_architectures():
    return [Architecture("weighted", backbone, "one layer", "none", min_size=4, weights=("own",))]
"""


@pytest.fixture
def weights_file(tmp_path: Path) -> Path:
    file = tmp_path / "start.npz"
    np.savez(file, kernel=np.ones((3, 3, 1, 2), "float32"))
    return file


@pytest.fixture
def weighted(workspace: Workspace, tmp_path: Path) -> Workspace:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "weighted.py").write_text(WEIGHTED)
    (folder / "tiny.py").symlink_to(TINY)
    return replace(workspace, plugins=load_plugins(folder))


def test_a_run_whose_weights_file_has_changed_is_refused(weighted: Workspace, weights_file: Path) -> None:
    run = stop(weighted, 1, lambda: workflows.train(weighted, "weighted", "blobs", weights=str(weights_file)))
    content = weights_file.read_bytes()
    weights_file.write_bytes(b"second")
    assert refusal(weighted, run) == (
        f"the weights file {weights_file} has changed since the run started: restore it, or start a new run"
    )
    weights_file.write_bytes(content)
    assert workflows.resume_training(weighted, run.id).run_id == run.id


def test_keep_best_leaves_a_run_whose_weights_file_has_changed_to_be_resumed(
    weighted: Workspace, weights_file: Path
) -> None:
    def change_and_interrupt(run: Run, epoch: Epoch) -> None:
        weights_file.write_bytes(b"second")
        os.kill(os.getpid(), signal.SIGINT)

    weighted.progress.at_epoch = change_and_interrupt
    with pytest.raises(InterruptedWork, match="continue with: "):
        workflows.train(weighted, "weighted", "blobs", weights=str(weights_file), keep_best=True)
    (run,) = weighted.registry.runs()
    assert (run.state, checkpoints(weighted)) == (State.INTERRUPTED, [run.id])
    assert (
        f"the weights file {weights_file} has changed since the run started: "
        in weighted.progress.notices[-1]
    )
