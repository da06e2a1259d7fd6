"""`zoo search --workers` and `--ray`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from zoo.interfaces import State
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Refused = Callable[..., str]

SEARCH = ("search", "tiny", "blobs", "--trials", "4", "--epochs", "2")


@pytest.mark.large
def test_two_workers_train_all_trials(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="trials on Ray need the extra: pip install 'keras-zoo[ray]'")
    done = subprocess.run(
        [sys.executable, "-m", "zoo", *SEARCH, "--workers", "2", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    with open_registry(tmp_path / "registry.db", create=False) as registry:
        runs = registry.runs(search=answer["search"])
        epochs = [len(registry.epochs(run.id)) for run in runs]
    assert [run.state for run in runs] == [State.COMPLETED] * 4
    assert epochs == [2] * 4
    assert answer["model"]["id"] in {run.model_id for run in runs}


def test_ray_that_is_not_installed_is_named(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as Python leaves what it cannot import
    assert refused(*SEARCH, "--workers", "2") == "Ray is not installed: pip install 'keras-zoo[ray]'"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--ray", "http://head"),
            "'http://head' is not a Ray address: write HOST:PORT, ray://HOST:PORT or auto",
        ),
        (
            ("--workers", "2", "--cpus-per-trial", "0"),
            "a trial needs more than 0 CPUs, and 0 GPUs or more",
        ),
        (
            ("--workers", "2", "--gpus-per-trial", "1.5"),
            "a trial cannot have 1.5 GPUs: up to 1, or a whole number",
        ),
    ],
)
def test_bad_options_are_refused(options: tuple[str, ...], message: str, refused: Refused) -> None:
    assert refused(*SEARCH, *options) == message
