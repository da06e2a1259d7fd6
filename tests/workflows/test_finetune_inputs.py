"""`workflows.finetune`: a parent that was trained on images of another size, or with other channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from zoo import workflows
from zoo.errors import HyperparameterError, ZooError

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import Model
    from zoo.models.classifier import Classifier
    from zoo.workflows import Workspace

    Build = Callable[..., Classifier]


def front_of(classifier: Classifier) -> np.ndarray:
    kernel: np.ndarray = classifier.network.get_layer("front_conv").get_weights()[0]
    return kernel


def shape_of(classifier: Classifier) -> tuple[int, int]:
    return classifier.image_size, classifier.channels


def test_images_are_adapted_to_the_parent(trained: Workspace, finetune: Callable, parent: Model) -> None:
    """The images of `pets` are 12×12 RGB."""
    child = finetune("pets")
    assert (child.image_size, child.channels) == (8, 1)
    assert trained.progress.notices[0] == f"images become 8×8 grayscale, as model {parent.id} takes them"


def test_a_network_is_rebuilt_for_another_size_with_its_weights(
    trained: Workspace, build: Build, parent: Model
) -> None:
    built = build("blobs", image_size=12)
    assert shape_of(built) == (12, 1)
    np.testing.assert_array_equal(front_of(built), front_of(build("blobs")))
    assert trained.progress.notices[0] == (
        f"the network is rebuilt for 12×12 grayscale; model {parent.id} takes 8×8 grayscale"
    )


def test_the_size_that_the_parent_takes_rebuilds_nothing(trained: Workspace, build: Build) -> None:
    build("blobs", image_size=8, channels=1)
    assert trained.progress.notices == []


def test_a_gray_parent_is_rebuilt_for_rgb(build: Build) -> None:
    rgb = build("pets", channels=3)
    assert shape_of(rgb) == (8, 3)
    np.testing.assert_allclose(front_of(rgb), np.repeat(front_of(build("pets")), 3, axis=2) / 3, rtol=1e-6)


def test_a_rebuilt_model_is_one_like_any_other(trained: Workspace, finetune: Callable, build: Build) -> None:
    child = finetune("pets", "all", channels=3, image_size=12)
    assert (child.image_size, child.channels) == (12, 3)
    candidate = trained.registry.run(child.run_id).plan.candidate
    assert (candidate.image_size, candidate.channels) == (12, 3)
    _, _, evaluation = workflows.evaluate(trained, child.id, "pets")
    assert evaluation.metrics["accuracy"] == child.metrics["test_accuracy"]
    gray = build("pets", model=child, channels=1)
    np.testing.assert_allclose(front_of(gray), front_of(build("blobs")), rtol=1e-6)


# What does not fit ---------------------------------------------------------------------------------------


def test_a_head_that_flattens_fits_one_size(trained: Workspace, finetune: Callable, build: Build) -> None:
    flat = finetune("blobs", "all", hyperparameters={"pooling": "flatten"})
    with pytest.raises(ZooError) as caught:
        finetune("blobs", model=flat, image_size=12)
    assert str(caught.value) == (
        "the network cannot take images of 12×12×1: layer 'head_output' (Dense) has weights for 16 features and would "
        "get 36 (its head flattens); give --head new, or leave --image-size out: images then become 8×8"
    )
    assert trained.registry.runs()[0].model_id == flat.id
    assert shape_of(build("blobs", model=flat, image_size=12, head="new")) == (12, 1)


def test_a_size_that_is_too_small_is_refused(trained: Workspace, finetune: Callable) -> None:
    with pytest.raises(HyperparameterError) as caught:
        finetune("blobs", image_size=3)
    assert str(caught.value) == "images of 3×3 are too small for tiny: give --image-size 4 or more"
    assert len(trained.registry.runs()) == 2  # those that come with it
