"""The images of a dataset for a network: their size, their channels, their classes. Nothing is trained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.architectures import TINY
from zoo.errors import DatasetError, HyperparameterError
from zoo.interfaces import Sizes
from zoo.workflows.images import (
    InputShape,
    in_order_of,
    prepare,
    refuse_unknown_classes,
    shape_for,
    shape_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Model
    from zoo.workflows import Workspace


@pytest.mark.parametrize(
    ("shape", "text"), [(InputShape(8, 1), "8×8 grayscale"), (InputShape(32, 3), "32×32 RGB")]
)
def test_a_shape_in_words(shape: InputShape, text: str) -> None:
    assert str(shape) == text


@pytest.mark.parametrize(
    ("fields", "requested", "shape", "notices"),
    [
        ({}, None, (8, 1), []),
        ({}, 12, (12, 1), []),
        ({"min_size": 16}, None, (16, 1), ["images of 8×8 are enlarged to 16×16, the least tiny takes"]),
        ({"default_size": 24}, None, (24, 1), ["images of 8×8 are enlarged to 24×24, what tiny takes"]),
        (
            {"min_size": 4, "default_size": 4},
            None,
            (4, 1),
            ["images of 8×8 are reduced to 4×4, the least tiny takes"],
        ),
        ({}, 4, (8, 1), ["image size 4 is raised to 8, the least tiny takes"]),
        ({"channels": 3}, None, (8, 3), ["images become RGB for tiny"]),
        (
            {"min_size": None, "sizes": Sizes(step=3)},
            None,
            (9, 1),
            ["images of 8×8 are enlarged to 9×9, what tiny takes"],
        ),
        (
            {"min_size": None, "sizes": Sizes(2, 5)},
            None,
            (5, 1),
            ["images of 8×8 are reduced to 5×5, what tiny takes"],
        ),
        ({"min_size": None, "sizes": Sizes(step=4)}, 12, (12, 1), []),
    ],
    ids=[
        "as they are",
        "as requested",
        "too small",
        "default",
        "reduced",
        "requested too small",
        "RGB",
        "step",
        "largest",
        "requested multiple",
    ],
)
def test_images_are_adapted_to_the_architecture(
    workspace: Workspace,
    fields: dict[str, Any],
    requested: int | None,
    shape: tuple[int, int],
    notices: list[str],
) -> None:
    """The images of `blobs` are 8×8 grayscale."""
    architecture = replace(TINY, **fields)
    assert shape_for(workspace, architecture, workspace.open_dataset("blobs"), requested) == InputShape(
        *shape
    )
    assert workspace.progress.notices == notices


@pytest.mark.parametrize(
    ("sizes", "requested", "complaint"),
    [
        (Sizes.only(24), 8, "images of 8×8 do not fit tiny, which takes only 24: give --image-size 24"),
        (
            Sizes(step=16),
            40,
            "images of 40×40 do not fit tiny, which takes multiples of 16: give --image-size 32 or 48",
        ),
        (Sizes(8, 32), 33, "images of 33×33 do not fit tiny, which takes 8 to 32: give --image-size 32"),
    ],
)
def test_a_requested_size_that_does_not_fit_is_refused(
    workspace: Workspace, sizes: Sizes, requested: int, complaint: str
) -> None:
    architecture = replace(TINY, min_size=None, sizes=sizes)
    with pytest.raises(HyperparameterError) as caught:
        shape_for(workspace, architecture, workspace.open_dataset("blobs"), requested)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(("dataset", "notices"), [("blobs", 0), ("pets", 1)])
def test_images_are_adapted_to_the_model(
    trained: Workspace, parent: Model, dataset: str, notices: int
) -> None:
    assert shape_of(trained, parent, trained.open_dataset(dataset)) == InputShape(8, 1)
    expected = [f"images become 8×8 grayscale, as model {parent.id} takes them"] * notices
    assert trained.progress.notices == expected


def test_classes_that_a_model_does_not_know_are_refused(workspace: Workspace) -> None:
    opened = workspace.open_dataset("pets")
    refuse_unknown_classes(opened, ("dog", "bird", "cat"))
    with pytest.raises(DatasetError, match="does not know dog of dataset 'pets': its classes are cat, bird;"):
        refuse_unknown_classes(opened, ("cat", "bird"))


def test_only_the_first_classes_of_a_model_are_named(workspace: Workspace) -> None:
    names = tuple(f"kind{number}" for number in range(20))
    with pytest.raises(DatasetError, match=r"kind6, kind7 …; fine-tune it"):
        refuse_unknown_classes(workspace.open_dataset("pets"), names)


def test_labels_follow_the_order_of_the_classes(decoded: DecodedDataset) -> None:
    """And images stay."""
    ordered = in_order_of(decoded, ("new", "class1", "class0"))
    assert ordered.class_names == ("new", "class1", "class0")
    assert np.array_equal(ordered.labels, 2 - decoded.labels)
    assert ordered.pixels is decoded.pixels


# Recorded versions ---------------------------------------------------------------------------------------


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of two classes with eight images each."""
    for name, brightness in (("cat", 0), ("dog", 190)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(8):
            pixels = np.random.default_rng(brightness + number).integers(0, 60, (8, 8)) + brightness
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def versions(workspace: Workspace, ref: object) -> tuple[str, int]:
    version = prepare(workspace, workspace.open_dataset(str(ref)), InputShape(8, 1)).version
    return version.name, version.version


def test_the_same_content_is_the_same_version(workspace: Workspace, photos: Path) -> None:
    assert [versions(workspace, photos) for _ in range(2)] == [("photos", 1)] * 2


def test_changed_content_is_the_next_version_and_a_notice(workspace: Workspace, photos: Path) -> None:
    versions(workspace, photos)
    (photos / "cat" / "0.png").unlink()
    assert versions(workspace, photos) == ("photos", 2)
    (notice,) = (notice for notice in workspace.progress.notices if "has changed" in notice)
    assert notice.endswith("15 now; this is version 2, its results are kept apart")


def test_a_folder_with_the_name_of_a_plugins_dataset_gets_another(workspace: Workspace, photos: Path) -> None:
    folder = photos.rename(photos.parent / "blobs")
    name, version = versions(workspace, folder)
    assert (name == "blobs", version) == (False, 1)
    assert f"called {name} here: blobs is another dataset" in workspace.progress.notices
