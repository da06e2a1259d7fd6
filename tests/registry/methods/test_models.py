"""The content of models: stored once, and loaded bit for bit."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.registry.builders import add_model, content, run_plan
from zoo.errors import ArtifactError, NotFoundError

if TYPE_CHECKING:
    from zoo.interfaces import DatasetVersion, Model
    from zoo.registry import Registry


def test_a_fine_tuned_model_adds_only_what_changed(
    registry: Registry, digits: DatasetVersion, tmp_path: Path
) -> None:
    def blobs() -> set[Path]:
        return {path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()}

    parent = add_model(registry, digits)
    before = blobs()
    run = registry.start_run(run_plan(parent_id=parent.id), digits)
    tensors = {**content().tensors, "predictions/kernel": content(1).tensors["predictions/kernel"]}
    registry.complete_run(run.id, dataclasses.replace(content(), tensors=tensors), [])
    assert len(blobs() - before) == 2  # the head and the manifest


def test_a_model_loads_bit_for_bit(registry: Registry, model: Model) -> None:
    loaded = registry.load_content(model.id).tensors
    assert {path: array.tobytes() for path, array in loaded.items()} == {
        path: array.tobytes() for path, array in content().tensors.items()
    }


def test_a_flipped_byte_is_found_on_load_and_named(registry: Registry, model: Model) -> None:
    digest = registry.artifacts.put_tensor(content().tensors["conv/kernel"])
    path = Path(registry.artifacts.path(digest))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        ArtifactError,
        match=f"model {model.id}: variable 'conv/kernel': artifact {digest} is damaged: .*{path}",
    ):
        registry.load_content(model.id)


def test_an_unknown_model_cannot_be_loaded(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="no model has the id 'nobody': `zoo models` lists them"):
        registry.load_content("nobody")
