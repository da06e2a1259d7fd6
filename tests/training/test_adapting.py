"""A backbone is prepared on training images by its architecture's `adapt`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.architectures import architecture_of, build
from zoo.errors import ContractError, ZooError
from zoo.interfaces import CandidatePlan, Sampling, Weights
from zoo.training import adapting
from zoo.training.adapting import adapt, adapts

if TYPE_CHECKING:
    from zoo.data.cache import DecodedDataset
    from zoo.interfaces import Architecture

PLAN = CandidatePlan("normalized", "1", "here", 8, 1)


def normalized(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    from keras import layers

    x = layers.Normalization(name="norm")(inputs)
    return layers.Conv2D(2, 3, name="conv")(x)


def adapt_normalization(network: Any, images: Any) -> None:
    network.get_layer("norm").adapt(images)


NORMALIZED = architecture_of(normalized, "normalized", adapt=adapt_normalization)


def statistics(
    decoded: DecodedDataset,
    sampling: Sampling | None = None,
) -> list[float]:
    classifier = build(NORMALIZED)
    adapt(classifier, NORMALIZED, decoded, sampling or Sampling())
    mean, variance, _ = (
        float(value.squeeze()) for value in classifier.network.get_layer("norm").get_weights()
    )
    return [mean, variance]


def test_it_gets_the_training_images(decoded: DecodedDataset) -> None:
    pixels = decoded.pixels[decoded.rows["train"]].astype(np.float64)
    assert statistics(decoded) == pytest.approx([pixels.mean(), pixels.var()], rel=1e-5)


def test_it_gets_batches_of_raw_pixels_and_the_backbone(decoded: DecodedDataset) -> None:
    batches, names = [], []

    def look(network: Any, images: Any) -> None:
        batches.extend(batch.numpy() for batch in images)
        names.extend(layer.name for layer in network.layers)

    adapt(build(NORMALIZED), replace(NORMALIZED, adapt=look), decoded, Sampling())
    assert {batch.dtype.name for batch in batches} == {"float32"}
    assert np.array_equal(np.concatenate(batches), decoded.pixels[decoded.rows["train"]])
    assert names == ["pixels", "norm", "conv"]


def test_it_gets_only_images_that_are_trained_on(decoded: DecodedDataset) -> None:
    assert statistics(decoded, sampling=Sampling(fraction=0.3)) != statistics(decoded)


def test_it_gets_a_bounded_number(decoded: DecodedDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapting, "MOST_IMAGES", 10)
    pixels = decoded.pixels[decoded.rows["train"][:10]].astype(np.float64)
    assert statistics(decoded) == pytest.approx([pixels.mean(), pixels.var()], rel=1e-5)


@pytest.mark.parametrize(
    ("architecture", "plan", "expected"),
    [
        (NORMALIZED, PLAN, True),
        (NORMALIZED, replace(PLAN, weights=Weights("imagenet")), False),
        (NORMALIZED, replace(PLAN, parent_id="0123"), False),
        (replace(NORMALIZED, adapt=None), PLAN, False),
    ],
    ids=["from random weights", "pre-trained", "fine-tuned", "without adapt"],
)
def test_only_random_weights_are_adapted(
    architecture: Architecture, plan: CandidatePlan, expected: bool
) -> None:
    assert adapts(architecture, plan) is expected


def broken(network: Any, images: Any) -> None:
    network.get_layer("gone")


def of_other_arguments() -> None:
    pass


def refusing(network: Any, images: Any) -> None:
    raise ZooError("images are too dark")


@pytest.mark.parametrize(
    ("function", "message", "line"),
    [
        (broken, r"architecture 'normalized': adapt failed: ValueError: No such layer: gone ", 1),
        (of_other_arguments, r"TypeError: .* takes 0 positional arguments but 2 were given ", 0),
    ],
)
def test_a_failure_is_one_line(decoded: DecodedDataset, function: Any, message: str, line: int) -> None:
    place = rf"\(.*/test_adapting.py:{function.__code__.co_firstlineno + line}\): fix the plugin"
    with pytest.raises(ContractError, match=message + place) as caught:
        adapt(build(NORMALIZED), replace(NORMALIZED, adapt=function), decoded, Sampling())
    assert "\n" not in str(caught.value)


def test_an_error_of_its_own_is_passed_on(decoded: DecodedDataset) -> None:
    with pytest.raises(ZooError, match=r"^images are too dark$"):
        adapt(build(NORMALIZED), replace(NORMALIZED, adapt=refusing), decoded, Sampling())
