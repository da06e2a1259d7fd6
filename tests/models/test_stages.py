"""Stages: the stage of each layer, whatever its name, and the number of trainable parameters in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from keras import layers

from tests.architectures import architecture_of
from zoo.models.freezing import count_parameters, freeze
from zoo.models.stages import StageCounts, count_by_stage, stage_of, stages

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier


# Classifiers ---------------------------------------------------------------------------------------------


@pytest.fixture
def classifier(build: Callable[..., Classifier]) -> Classifier:
    return build(head_units="8")


def test_the_stages_of_a_classifier_are_its_layers_from_the_pixels_to_the_head(
    classifier: Classifier,
) -> None:
    assert [(name, [layer.name for layer in inside]) for name, inside in stages(classifier)] == [
        ("block1", ["pixels", "rescaling", "block1_conv", "block1_bn", "block1_relu"]),
        ("block2", ["block2_conv", "block2_bn", "block2_relu"]),
        ("head", ["head_pooling", "head_dense_1", "head_dropout", "head_output"]),
    ]


def test_each_layer_has_a_stage(classifier: Classifier) -> None:
    assert stage_of(classifier) == {
        layer.name: name for name, inside in stages(classifier) for layer in inside
    }


def test_functions_are_looked_through(build: Callable[..., Classifier]) -> None:
    """`x + y` is no layer of the network."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        x = layers.Conv2D(2, 1, name="block1_conv")(inputs)
        x = x + layers.Conv2D(2, 1, name="block1_more")(x)
        return layers.Conv2D(2, 1, name="block2_conv")(layers.BatchNormalization(name="between")(x))

    points = ("block1", "block2")
    built = build(architecture_of(backbone, freeze_points=points))
    assert (stage_of(built)["between"], freeze(built, "block1")) == ("block2", ("block1_conv", "block1_more"))


# Two blocks of 1·9·4+4 and 4·9·4+4 weights with 2·4 + 2·4 of normalisation each; the head 4·8+8 and 8·2+2.
@pytest.mark.parametrize(
    ("spec", "block1", "block2"),
    [
        ("none", (48, 8), (156, 8)),
        ("block1", (0, 56), (156, 8)),
        ("all", (0, 56), (0, 164)),
        ("block1_conv/kernel", (12, 44), (156, 8)),
    ],
)
def test_trainable_parameters_are_counted_by_stage(
    classifier: Classifier, spec: str, block1: tuple[int, int], block2: tuple[int, int]
) -> None:
    freeze(classifier, spec)
    assert count_by_stage(classifier) == (
        StageCounts("block1", 2, *block1),
        StageCounts("block2", 2, *block2),
        StageCounts("head", 2, 58, 0),
    )


def test_the_stages_add_up(classifier: Classifier) -> None:
    freeze(classifier, "3")
    counts, by_stage = count_parameters(classifier.network), count_by_stage(classifier)
    assert (
        sum(counts.trainable for counts in by_stage),
        sum(counts.non_trainable for counts in by_stage),
    ) == (
        counts.trainable,
        counts.non_trainable,
    )


def test_a_stage_without_weights_is_not_counted(build: Callable[..., Classifier]) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        x = layers.Conv2D(2, 1, name="block1_conv")(inputs)
        return layers.ReLU(name="block2_relu")(x)

    points = ("block1", "block2")
    built = build(architecture_of(backbone, freeze_points=points))
    assert [counts.stage for counts in count_by_stage(built)] == ["block1", "head"]
