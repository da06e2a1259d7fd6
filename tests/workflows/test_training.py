"""`workflows.train`: what it records, tells and promises."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from zoo import workflows
from zoo.errors import ArtifactError, DatasetError, FreezeError, HyperparameterError, InterruptedWork
from zoo.interfaces import RunKind, State, TrainingOptions
from zoo.plugins import load_plugins
from zoo.registry import open_registry, resume_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Epoch, Run
    from zoo.workflows import Workspace

TINY = Path(__file__).parent.parent / "cli" / "plugin_files" / "tiny.py"
FINISHED = """
import zoo

@zoo.hookimpl
def zoo_run_finished(run):
    with open({path!r}, "a") as file:
        file.write(f"{{run.state}} {{run.model_id}}\\n")
"""
CLUMSY = """
import zoo

@zoo.hookimpl
def zoo_run_finished():
    raise RuntimeError("not today")
"""


def test_the_run_is_recorded_with_its_model(trained: Workspace) -> None:
    model = trained.registry.best("blobs")
    run = trained.registry.run(model.run_id)
    assert (run.model_id, run.state, run.plan.kind) == (model.id, State.COMPLETED, RunKind.TRAIN)


def test_settings_are_recorded(workspace: Workspace, options: Callable) -> None:
    workflows.train(workspace, "tiny", "blobs", options=options(seed=3, patience=4, image_size=12))
    (run,) = workspace.registry.runs()
    assert run.plan.training == TrainingOptions(epochs=2, seed=3, patience=4, image_size=12)
    candidate = run.plan.candidate
    assert (candidate.image_size, candidate.channels, candidate.weights) == (12, 1, None)
    assert (run.plan.preset, run.plan.data_check) == (None, {})


def test_the_environment_is_recorded(trained: Workspace) -> None:
    run = trained.registry.runs()[0]
    assert set(run.plan.environment) == {"zoo", "python", "tensorflow", "keras"}


def test_others_see_the_run_and_its_epochs_as_they_happen(
    workspace: Workspace, options: Callable, tmp_path: Path
) -> None:
    seen = []

    def look(run: object, epoch: object) -> None:
        with open_registry(tmp_path / "registry.db", create=False) as other:
            (run,) = other.runs()
            seen.append((run.state, [one.number for one in other.epochs(run.id)]))

    workspace.progress.at_epoch = look
    workflows.train(workspace, "tiny", "blobs", options=options())
    assert seen == [("running", [1]), ("running", [1, 2])]


def test_the_same_seed_gives_the_same_weights(workspace: Workspace, options: Callable) -> None:
    first, second = (
        workflows.train(
            workspace, "tiny", "blobs", hyperparameters={"augmentation": "light"}, options=options(seed=5)
        )
        for _ in range(2)
    )
    assert first.manifest == second.manifest


def test_another_seed_gives_other_weights(workspace: Workspace, options: Callable) -> None:
    first, second = (
        workflows.train(workspace, "tiny", "blobs", options=options(seed=seed, epochs=1)) for seed in (0, 1)
    )
    assert first.manifest != second.manifest


def test_set_goes_before_a_preset_and_a_preset_before_defaults(
    workspace: Workspace, options: Callable
) -> None:
    workflows.train(
        workspace,
        "tiny",
        "blobs",
        preset="wide",
        hyperparameters={"dropout": "0.1"},
        options=options(epochs=1),
    )
    (run,) = workspace.registry.runs()
    chosen = run.plan.hyperparameters
    assert (chosen["filters"], chosen["dropout"], chosen["optimizer"]) == (4, 0.1, "adam")


# Notices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("architecture", "image_size", "notices"),
    [
        ("tiny", None, []),
        (
            "large",
            None,
            [
                "images of 8×8 are enlarged to 16×16, the least large takes",
                "images become RGB for large",
            ],
        ),
        ("tiny", 2, ["image size 2 is raised to 4, the least tiny takes"]),
    ],
)
def test_what_becomes_of_images_is_told(
    workspace: Workspace, options: Callable, architecture: str, image_size: int | None, notices: list[str]
) -> None:
    workflows.train(workspace, architecture, "blobs", options=options(epochs=1, image_size=image_size))
    assert workspace.progress.notices[:-1] == notices


def test_numbers_of_parameters_are_told(workspace: Workspace, options: Callable) -> None:
    workflows.train(workspace, "tiny", "blobs", options=options(epochs=1))
    assert workspace.progress.notices == ["106 trainable and 0 non-trainable parameters"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of 20 images each, and one broken image."""
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number:02}.png")
    (tmp_path / "photos" / "cat" / "broken.png").write_bytes(b"broken")
    return tmp_path / "photos"


def test_a_skipped_file_is_told(workspace: Workspace, options: Callable, photos: Path) -> None:
    workflows.train(workspace, "tiny", str(photos), options=options(epochs=1))
    assert f"skipped 1 file: {photos}/cat/broken.png (not an image)" in workspace.progress.notices


def test_a_skipped_file_is_an_error_if_strict(workspace: Workspace, options: Callable, photos: Path) -> None:
    with pytest.raises(DatasetError, match="unreadable images, 1 in all"):
        workflows.train(replace(workspace, strict=True), "tiny", str(photos), options=options())
    assert workspace.registry.runs() == []


# Ends ----------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_the_run_as_interrupted(workspace: Workspace, options: Callable) -> None:
    workspace.progress.at_epoch = lambda run, epoch: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(InterruptedWork) as caught:
        workflows.train(workspace, "tiny", "blobs", options=options())
    (run,) = workspace.registry.runs()
    assert run.state is State.INTERRUPTED
    command = resume_command(workspace.registry, run)
    assert str(caught.value) == f"run {run.id} was interrupted; continue with: {command}"


def test_ctrl_c_as_the_run_is_shown_ends_it_as_interrupted(workspace: Workspace, options: Callable) -> None:
    workspace.progress.run_started = lambda run: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(InterruptedWork, match="continue with"):
        workflows.train(workspace, "tiny", "blobs", options=options())
    assert [run.state for run in workspace.registry.runs()] == [State.INTERRUPTED]


def test_a_run_that_cannot_be_stored_has_failed_with_its_error(
    tmp_path: Path, workspace: Workspace, options: Callable
) -> None:
    (tmp_path / "file").touch()
    with open_registry(tmp_path / "registry.db", tmp_path / "file" / "artifacts") as registry:
        with pytest.raises(ArtifactError) as caught:
            workflows.train(replace(workspace, registry=registry), "tiny", "blobs", options=options(epochs=1))
        (run,) = registry.runs()
    assert (run.state, run.error, run.model_id) == (State.FAILED, str(caught.value), None)


def test_a_bug_is_recorded_with_its_traceback(workspace: Workspace, options: Callable) -> None:
    workspace.progress.at_epoch = lambda run, epoch: 1 // 0
    with pytest.raises(ZeroDivisionError):
        workflows.train(workspace, "tiny", "blobs", options=options())
    (run,) = workspace.registry.runs()
    assert run.state is State.FAILED
    assert str(run.error).startswith("Traceback")
    assert "ZeroDivisionError" in str(run.error).splitlines()[-1]


@pytest.fixture
def hooked(workspace: Workspace, tmp_path: Path) -> Workspace:
    """With a plugin that writes finished runs to `finished`, and a clumsy one."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / "tiny.py").symlink_to(TINY)
    (folder / "a_clumsy.py").write_text(CLUMSY)
    (folder / "b_finished.py").write_text(FINISHED.format(path=str(tmp_path / "finished")))
    return replace(workspace, plugins=load_plugins(folder))


def test_plugins_hear_of_a_finished_run(hooked: Workspace, options: Callable, tmp_path: Path) -> None:
    model = workflows.train(hooked, "tiny", "blobs", options=options(epochs=1))
    assert (tmp_path / "finished").read_text() == f"completed {model.id}\n"


def test_a_plugin_that_raises_does_no_harm(hooked: Workspace, options: Callable, tmp_path: Path) -> None:
    workflows.train(hooked, "tiny", "blobs", options=options(epochs=1))
    assert hooked.progress.notices[-1] == (
        f"zoo_run_finished of plugin {tmp_path}/hooks/a_clumsy.py:a_clumsy failed: RuntimeError: not today"
    )


def cache_entries(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache").rglob("*.bin"))


def test_a_wrong_hyperparameter_is_told_before_images_are_decoded(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    with pytest.raises(HyperparameterError):
        workflows.train(workspace, "tiny", "blobs", hyperparameters={"learning_rate": -1})
    assert cache_entries(tmp_path) == []


def test_a_wrong_freeze_is_told_before_images_are_decoded(
    trained: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    with pytest.raises(FreezeError):
        workflows.finetune(trained, "blobs@best", "blobs", hyperparameters={"freeze": "99"})
    assert cache_entries(tmp_path) == []


def test_an_end_that_cannot_be_recorded_does_not_hide_what_went_wrong(
    workspace: Workspace, options: Callable
) -> None:
    def end_it_elsewhere(run: Run, epoch: Epoch) -> None:
        workspace.registry.end_run(run.id, State.FAILED, "ended by somebody else")
        raise DatasetError("the reason")

    workspace.progress.at_epoch = end_it_elsewhere
    with pytest.raises(DatasetError, match="the reason"):
        workflows.train(workspace, "tiny", "blobs", options=options())
    assert "remains 'running' in the registry" in workspace.progress.notices[-1]
