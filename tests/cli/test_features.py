"""Cached activations of frozen layers: notices, little room in the cache, and damaged entries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result

KEPT = "· activations of frozen layers are cached: "
KNOWN = "· activations of frozen layers are in the cache already"
DAMAGED = "· the cached activations are damaged: they are computed again"
EACH_EPOCH = "· frozen layers are computed in each epoch: "


@pytest.fixture
def finetune(zoo: Callable, trained: Path, cache: Path) -> Callable[..., tuple[list[str], dict]]:
    """Fine-tune a model whose front is frozen; return its notices about the cache, and the model's metrics."""

    parent = json.loads(zoo("best", "blobs", "--json").out)["id"]

    def call(*options: str) -> tuple[list[str], dict]:
        shared = ["--freeze", "1", "--epochs", 1, "--cache-features", "on", "--json"]
        result: Result = zoo("finetune", parent, "blobs", *shared, *options)
        assert result.code == 0, result
        lines = [line for line in result.err.splitlines() if "frozen layers" in line or "activations" in line]
        return lines, json.loads(result.out)["metrics"]

    return call


@pytest.fixture
def without(finetune: Callable) -> dict:
    """The metrics of the model when all is computed in each epoch."""
    lines, metrics = finetune("--cache-features", "off")
    assert lines == [f"{EACH_EPOCH}--cache-features is off"]
    return metrics


def test_they_are_computed_once_and_change_nothing(finetune: Callable, without: dict) -> None:
    (first, metrics), (second, same_metrics) = finetune(), finetune()
    assert [line.startswith(KEPT) for line in first] == [True]
    assert second == [KNOWN]
    assert metrics == same_metrics == without


def test_half_the_digits_take_half_the_room(finetune: Callable) -> None:
    """Of each of 120 images 4×4×2 numbers."""
    (line,), _ = finetune("--cache-dtype", "float16")
    assert line.startswith(f"{KEPT}7.7 kB")


def test_a_damaged_file_is_noticed_and_written_anew(finetune: Callable, cache: Path) -> None:
    _, before = finetune()
    largest = max(cache.glob("features/*/features-0.bin"), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[100] ^= 1
    largest.write_bytes(content)
    lines, after = finetune()
    assert (lines[0], lines[1].startswith(KEPT), len(lines), after) == (DAMAGED, True, 2, before)


def test_without_room_they_are_computed_in_each_epoch(
    finetune: Callable, without: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE_LIMIT", "10KB")
    lines, metrics = finetune()
    assert lines[-1].startswith(EACH_EPOCH)
    assert "--cache-dtype float16" in lines[-1]
    assert metrics == without


def test_copies_of_each_image_are_cached(finetune: Callable) -> None:
    lines, _ = finetune("--set", "augmentation=light", "--cache-copies", "2")
    assert [line.startswith(KEPT) for line in lines] == [True]


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("command", ["train", "search"])
def test_trainings_from_loaded_weights_keep_them_too(zoo: Callable, tmp_path: Path, command: str) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "loaded.py").write_text(LOADED)
    (tmp_path / "ones.weights").write_text("ones")
    fixed = ["--set", "head_units=0"] if command == "search" else []
    result = zoo(
        *[
            "--plugins-dir",
            "plugins",
            command,
            "loaded",
            "digits",
            "--weights",
            "./ones.weights",
            "--epochs",
            1,
        ],
        *["--freeze", "all", "--cache-features", "on", "--fraction", 0.1, *fixed],
        *(["--trials", 1] if command == "search" else []),
    )
    assert result.code == 0, result
    assert sum(line.startswith(KEPT) for line in result.err.splitlines()) == 1


LOADED = """
from zoo import Architecture, hookimpl


def loaded(hp, inputs, *, weights=None):
    from keras import layers

    kernel = "ones" if weights else "zeros"  # a form of its own, which zoo does not know
    return layers.Conv2D(2, 3, strides=2, kernel_initializer=kernel, name="front_conv")(inputs)


@hookimpl
def zoo_architectures():
    return [Architecture("loaded", loaded, "one convolution", "none", min_size=4, weights=("*.weights",))]
"""
