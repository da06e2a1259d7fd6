"""Freezing: how far each way of saying it reaches, and that frozen layers stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from keras import layers

from zoo.errors import FreezeError
from zoo.interfaces import Architecture
from zoo.models.freezing import count_parameters, freeze

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

WEIGHTED = ("block1_conv", "block1_bn", "block2_conv", "block2_bn")


@pytest.fixture
def classifier(build: Callable[..., Classifier]) -> Classifier:
    return build(head_units="8")


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("none", 0),
        ("0", 0),
        ("1", 1),
        ("3", 3),
        ("4", 4),
        ("all", 4),
        ("rescaling", 0),
        ("block1_conv", 1),
        ("block2_conv", 3),
        ("block1", 2),
        ("block2", 4),
    ],
)
def test_freeze_returns_the_frozen_layers_that_have_weights(
    classifier: Classifier, spec: str, count: int
) -> None:
    assert freeze(classifier, spec) == WEIGHTED[:count]


@pytest.mark.parametrize(("spec", "count"), [("none", 0), ("2", 2), ("all", 4)])
def test_frozen_layers_are_not_trainable(classifier: Classifier, spec: str, count: int) -> None:
    freeze(classifier, spec)
    assert [classifier.network.get_layer(name).trainable for name in WEIGHTED] == [False] * count + [True] * (
        4 - count
    )


def test_freezing_a_stage_freezes_its_last_layer(classifier: Classifier) -> None:
    freeze(classifier, "block1")
    assert not classifier.network.get_layer("block1_relu").trainable


def test_the_head_always_trains(classifier: Classifier) -> None:
    freeze(classifier, "all")
    assert all(classifier.network.get_layer(name).trainable for name in classifier.head)


def test_freezing_anew_forgets_what_was_frozen_before(classifier: Classifier) -> None:
    freeze(classifier, "all")
    assert freeze(classifier, "1") == ("block1_conv",)
    assert classifier.network.get_layer("block2_conv").trainable


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (
            "5",
            "cannot freeze 5 layers: the model has 4 layers with weights before its head; give 0 to 4, or all",
        ),
        ("-1", "cannot freeze -1 layers: .* give 0 to 4"),
        ("--1", "no layer or freeze point '--1'"),
        ("²", "no layer or freeze point '²'"),
        ("", "no layer or freeze point ''"),
        ("block3", "no layer or freeze point 'block3': .* a name such as block[12], "),
        ("head_output", "cannot freeze up to 'head_output': it is in the head, which always trains"),
    ],
)
def test_freeze_refuses(classifier: Classifier, spec: str, complaint: str) -> None:
    with pytest.raises(FreezeError, match=complaint):
        freeze(classifier, spec)


def test_a_refused_freeze_changes_nothing(classifier: Classifier) -> None:
    freeze(classifier, "1")
    with pytest.raises(FreezeError):
        freeze(classifier, "5")
    assert not classifier.network.get_layer("block1_conv").trainable


@pytest.mark.parametrize(
    ("spec", "trainable", "non_trainable"),
    # Two blocks of 1·9·4+4 and 4·9·4+4 weights with 2·4 + 2·4 of normalisation each; the head 4·8+8 and 8·2+2.
    [("none", 40 + 148 + 16 + 58, 16), ("block1", 148 + 8 + 58, 40 + 8 + 16), ("all", 58, 40 + 148 + 32)],
)
def test_parameters_are_counted(
    classifier: Classifier, spec: str, trainable: int, non_trainable: int
) -> None:
    freeze(classifier, spec)
    counts = count_parameters(classifier.network)
    assert (counts.trainable, counts.non_trainable) == (trainable, non_trainable)


def test_the_total_is_what_keras_counts(classifier: Classifier) -> None:
    assert count_parameters(classifier.network).total == classifier.network.count_params()


def moved_in_training(classifier: Classifier) -> set[str]:
    """Paths of the weights that two epochs change."""
    network = classifier.network
    before = {weight.path: weight.numpy() for weight in network.weights}
    pixels = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1)).astype(np.float32)
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.fit(pixels, np.arange(16) % 2, epochs=2, verbose=0)
    return {weight.path for weight in network.weights if not np.array_equal(before[weight.path], weight)}


@pytest.fixture
def moved(classifier: Classifier) -> set[str]:
    """Weights that moved in a training with the first block frozen."""
    freeze(classifier, "block1")
    return moved_in_training(classifier)


def test_a_frozen_layer_does_not_move_in_training(moved: set[str]) -> None:
    """Neither its weights nor the moving statistics of its normalisation."""
    assert not [path for path in moved if path.startswith("block1")]


@pytest.mark.parametrize("path", ["block2_conv/kernel", "block2_bn/moving_mean", "head_output/kernel"])
def test_what_is_not_frozen_moves_in_training(moved: set[str], path: str) -> None:
    assert path in moved


def test_frozen_normalisation_stays_in_inference_mode(classifier: Classifier) -> None:
    freeze(classifier, "all")
    normalisation = classifier.network.get_layer("block1_bn")
    features = np.random.default_rng(0).normal(5, 3, (4, 8, 8, 4)).astype(np.float32)
    assert np.array_equal(normalisation(features, training=True), normalisation(features, training=False))


# Stages --------------------------------------------------------------------------------------------------


@pytest.fixture
def network_of(build: Callable[..., Classifier]) -> Callable[..., Classifier]:
    """A classifier whose backbone is a chain of layers of these names; `_bn` normalises, all others convolve.

    A name `(left | right)` stands for two layers beside each other and their sum.
    """

    def make(points: tuple[str, ...], *names: str) -> Classifier:
        def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
            x = inputs
            for name in names:
                if "|" in name:
                    x = layers.Add()([layer_of(branch.strip(" ()"))(x) for branch in name.split("|")])
                else:
                    x = layer_of(name)(x)
            return x

        return build(Architecture("chain", backbone, "a chain", "none", min_size=8, freeze_points=points))

    return make


def layer_of(name: str) -> layers.Layer:
    if name.endswith("_bn"):
        return layers.BatchNormalization(name=name)
    return layers.Conv2D(2, 1, name=name)


@pytest.mark.parametrize(
    ("points", "names", "point", "last"),
    [
        (("conv_pw_6",), ("conv_pw_6", "conv_pw_6_bn", "conv_dw_7"), "conv_pw_6", "conv_pw_6_bn"),
        (("mixed9", "mixed10"), ("mixed9", "conv2d_93", "mixed9_1", "mixed10"), "mixed9", "mixed9"),
        (("mixed1", "mixed10"), ("mixed0", "mixed1", "mixed2", "mixed10"), "mixed1", "mixed1"),
        (("block1", "block10"), ("block1_conv", "block2_conv", "block10_conv"), "block1", "block1_conv"),
        (("block1",), ("block1a_conv", "block1b_conv", "block2a_conv"), "block1", "block1b_conv"),
        (("block1",), ("stem", "block1_conv", "odd", "block1_end", "block2_conv"), "block1", "block1_end"),
        ((), ("conv_pw_6", "conv_pw_6_bn", "conv_dw_7"), "conv_pw_6", "conv_pw_6"),
    ],
)
def test_a_stage_ends_with_its_last_layer(
    network_of: Callable[..., Classifier],
    points: tuple[str, ...],
    names: tuple[str, ...],
    point: str,
    last: str,
) -> None:
    assert freeze(network_of(points, *names), point) == names[: names.index(last) + 1]


def test_a_shortcut_beside_the_stage_goes_with_it(network_of: Callable[..., Classifier]) -> None:
    """Whichever side of the sum Keras puts first."""
    for pair in ("block2_conv | way_bn", "way_bn | block2_conv"):
        classifier = network_of(("block1", "block2", "block3"), "block1_conv", f"({pair})", "block3_conv")
        assert set(freeze(classifier, "block2")) == {"block1_conv", "block2_conv", "way_bn"}


def test_the_sum_after_a_shortcut_goes_with_the_stage(network_of: Callable[..., Classifier]) -> None:
    classifier = network_of(("block2",), "block1_conv", "(block2_conv | way_bn)", "block3_conv")
    freeze(classifier, "block2")
    (total,) = (layer for layer in classifier.network.layers if isinstance(layer, layers.Add))
    assert (total.trainable, classifier.network.get_layer("block3_conv").trainable) == (False, True)


def test_a_stage_beside_another_stage_does_not_take_it_along(network_of: Callable[..., Classifier]) -> None:
    classifier = network_of(("left", "right"), "stem", "(left_conv | right_conv)", "end")
    assert "right_conv" not in freeze(classifier, "left")


# Variables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ("block1_conv/kernel", ("block1_conv/kernel",)),
        ("block1_conv/", ("block1_conv/kernel", "block1_conv/bias")),
        ("block1_bn/b", ("block1_bn/beta",)),
        ("block2_conv/bias,block1_bn/gamma", ("block1_bn/gamma", "block2_conv/bias")),
        ("block1_conv/,block1_conv/kernel", ("block1_conv/kernel", "block1_conv/bias")),
    ],
)
def test_a_prefix_freezes_just_the_variables_whose_paths_begin_so(
    classifier: Classifier, spec: str, paths: tuple[str, ...]
) -> None:
    before = {variable.path for variable in classifier.network.trainable_variables}
    assert freeze(classifier, spec) == paths
    assert before - {variable.path for variable in classifier.network.trainable_variables} == set(paths)


@pytest.mark.parametrize("spec", ["none", "block2_conv/bias"])
def test_a_variable_trains_again_when_it_is_no_longer_frozen(classifier: Classifier, spec: str) -> None:
    freeze(classifier, "block1_conv/kernel")
    freeze(classifier, spec)
    assert "block1_conv/kernel" in {variable.path for variable in classifier.network.trainable_variables}


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (
            "block1_conv/krenel",
            "no variable's path begins with 'block1_conv/krenel': there are block1_conv/kernel, ",
        ),
        ("block1_conv/kernel,block9/", "no variable's path begins with 'block9/': there are "),
        ("head_output/kernel", "no variable's path begins with 'head_output/kernel': there are "),
        ("/", "no variable's path begins with '/': there are block1_conv/kernel, block1_conv/bias, "),
    ],
)
def test_a_prefix_that_no_path_has_is_refused(classifier: Classifier, spec: str, complaint: str) -> None:
    with pytest.raises(FreezeError) as caught:
        freeze(classifier, spec)
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize(
    "spec", ["block1_conv/kernel,", ",block1_conv/kernel", "block1_conv/kernel, block2_bn/"]
)
def test_a_prefix_is_not_empty_and_has_no_space(classifier: Classifier, spec: str) -> None:
    """All paths begin with an empty one."""
    with pytest.raises(FreezeError):
        freeze(classifier, spec)


def test_a_frozen_variable_does_not_move_in_training_and_its_neighbour_does(classifier: Classifier) -> None:
    freeze(classifier, "block1_conv/kernel")
    moved = moved_in_training(classifier)
    assert {"block1_conv/kernel", "block2_conv/kernel"} & moved == {"block2_conv/kernel"}
