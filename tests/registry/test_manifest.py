from __future__ import annotations

import dataclasses
import json
import re
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.registry.builders import content
from zoo.errors import ArtifactError
from zoo.registry.artifacts import ArtifactStore
from zoo.registry.manifest import load_content, save_content

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_plain_fields_come_back(store: ArtifactStore) -> None:
    back = load_content(store, save_content(store, content()).manifest)
    assert dataclasses.replace(back, tensors={}) == dataclasses.replace(content(), tensors={})


def test_tensors_come_back_in_order(store: ArtifactStore) -> None:
    back = load_content(store, save_content(store, content()).manifest)
    assert {path: array.tolist() for path, array in back.tensors.items()} == {
        path: array.tolist() for path, array in content().tensors.items()
    }


def test_sizes_are_counted(store: ArtifactStore) -> None:
    stored = save_content(store, content())
    assert (stored.parameters, stored.trainable_parameters, stored.size_bytes) == (36 + 4 + 8, 36 + 8, 4 * 48)


def test_equal_content_has_one_manifest(store: ArtifactStore) -> None:
    first = content()
    again = dataclasses.replace(first, graph=dict(reversed({"a": 1, **first.graph}.items())))
    ordered = dataclasses.replace(first, graph={"a": 1, **first.graph})
    assert save_content(store, again).manifest == save_content(store, ordered).manifest


def test_the_manifest_is_canonical_json(store: ArtifactStore) -> None:
    text = store.get(save_content(store, content()).manifest).decode()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_a_fine_tuned_model_adds_only_what_changed(tmp_path: Path, store: ArtifactStore) -> None:
    parent = content()
    save_content(store, parent)
    before = _files(tmp_path)
    head = np.zeros((4, 3), "float32")
    save_content(store, dataclasses.replace(parent, tensors={**parent.tensors, "predictions/kernel": head}))
    assert len(_files(tmp_path) - before) == 2  # the head and the manifest


def test_a_damaged_tensor_is_named_with_its_variable(store: ArtifactStore) -> None:
    manifest = save_content(store, content()).manifest
    digest = store.put_tensor(content().tensors["norm/mean"])
    path = Path(store.path(digest))
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ArtifactError, match=f"variable 'norm/mean': artifact {digest} is damaged"):
        load_content(store, manifest)


def edited(store: ArtifactStore, edit: Callable[[dict[str, Any]], object]) -> str:
    """Edit a manifest; it gets another digest, so that only what it says is wrong."""
    manifest = json.loads(store.get(save_content(store, content()).manifest))
    edit(manifest)
    return store.put(json.dumps(manifest).encode())


def test_a_tensor_of_another_shape_than_the_manifest_says_is_refused(store: ArtifactStore) -> None:
    wrong = edited(store, lambda manifest: manifest["variables"][1].update(shape=[2, 2]))
    with pytest.raises(ArtifactError, match=r"variable 'norm/mean' is float32 \[4\], .* float32 \[2, 2\]"):
        load_content(store, wrong)


FIELDS = ("graph", "image_size", "channels", "class_names", "head", "freeze_points", "variables")
OF_A_VARIABLE = ("name", "shape", "dtype", "sha256", "trainable", "statistic")


@pytest.mark.parametrize(
    "field", [(name,) for name in FIELDS] + [("variables", 1, name) for name in OF_A_VARIABLE]
)
def test_a_field_that_is_missing_is_named(store: ArtifactStore, field: tuple[str | int, ...]) -> None:
    *place, name = field
    wrong = edited(store, lambda manifest: reduce(getitem, place, manifest).pop(name))
    with pytest.raises(
        ArtifactError, match=rf"the manifest of a model, it has no '(variables\[1\].)?{name}': restore"
    ):
        load_content(store, wrong)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"image_size": "8"}, "its 'image_size' is \"8\""),
        ({"image_size": None}, "its 'image_size' is null"),
        ({"channels": True}, "its 'channels' is true"),
        ({"graph": []}, "its 'graph' is []"),
        ({"class_names": "ab"}, "its 'class_names' is \"ab\""),
        ({"class_names": ["a", 5]}, "its 'class_names[1]' is 5"),
        ({"variables": {}}, "its 'variables' is {}"),
        ({"variables": [[1]]}, "its 'variables[0]' is [1]"),
        ({"layer_code": {"a": 1}}, "its 'layer_code['a']' is 1"),
    ],
)
def test_a_field_of_another_type_is_named(
    store: ArtifactStore, fields: dict[str, object], complaint: str
) -> None:
    wrong = edited(store, lambda manifest: manifest.update(fields))
    with pytest.raises(
        ArtifactError, match=re.escape(f"is not the manifest of a model, {complaint}: restore")
    ):
        load_content(store, wrong)


def test_a_field_of_a_variable_of_another_type_is_named(store: ArtifactStore) -> None:
    wrong = edited(store, lambda manifest: manifest["variables"][1].update(shape=[1, "2"]))
    with pytest.raises(ArtifactError, match=r"its 'variables\[1\].shape\[1\]' is \"2\": restore"):
        load_content(store, wrong)


def test_two_variables_of_one_name_are_refused(store: ArtifactStore) -> None:
    wrong = edited(store, lambda manifest: manifest["variables"].append(manifest["variables"][0]))
    with pytest.raises(ArtifactError, match="has two variables 'conv/kernel': restore"):
        load_content(store, wrong)


def test_a_manifest_of_a_later_format_asks_for_an_upgrade(store: ArtifactStore) -> None:
    digest = store.put(b'{"format":3}')
    with pytest.raises(ArtifactError, match=r"has format 3, .* upgrade keras-zoo"):
        load_content(store, digest)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"[1]"])
def test_a_blob_that_is_no_manifest_is_an_artifact_error(store: ArtifactStore, data: bytes) -> None:
    with pytest.raises(ArtifactError, match="is not the manifest of a model"):
        load_content(store, store.put(data))


def test_a_trainable_variable_without_tensor_is_a_bug(store: ArtifactStore) -> None:
    with pytest.raises(ValueError, match="without a tensor: nothing"):
        save_content(store, dataclasses.replace(content(), trainable=("nothing",)))
