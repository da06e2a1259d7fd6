"""Freezing: how far each way of saying it reaches, and that frozen layers stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from keras import layers

from tests.architectures import architecture_of
from zoo.errors import FreezeError
from zoo.models.freezing import count_parameters, freeze

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

WEIGHTED = ("block1_conv", "block1_bn", "block2_conv", "block2_bn")


@pytest.fixture(scope="module")
def previous() -> list[Classifier]:
    return []


@pytest.fixture
def classifier(build: Callable[..., Classifier], previous: list[Classifier]) -> Classifier:
    """One for all tests here, as it takes longer to build than to freeze. Nothing of it is frozen."""
    if not previous:
        previous.append(build(head_units="8"))
    freeze(previous[0], "none")
    return previous[0]


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
        ("0%", 0),
        ("12%", 0),
        ("12.5%", 1),
        ("50%", 2),
        ("87%", 3),
        ("100%", 4),
        ("until:rescaling", 0),
        ("until:block1_conv", 0),
        ("until:block2_bn", 3),
        ("until:block1", 0),
        ("until:block2", 2),
        ("pattern:*", 4),
        ("pattern:block1_*,block2_c*", 3),
        ("pattern:block[12]_bn,block?_conv,*", 4),
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


def test_freezing_again_resets_the_frozen_layers(classifier: Classifier) -> None:
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
        ("head", "cannot freeze up to 'head': it is in the head, which always trains"),
        ("150%", "cannot freeze 150% of the layers before the head: give 0% to 100%"),
        ("100.1%", "cannot freeze 100.1%"),
        ("-1%", "cannot freeze -1%"),
        ("%", "no layer or freeze point '%'"),
        ("until:", "no layer or freeze point ''"),
        ("until:2", "no layer or freeze point '2'"),
        ("until:block2_cnv", "no layer or freeze point 'block2_cnv': .* a name such as block2_conv, "),
        ("until:head_output", "cannot freeze up to 'head_output': it is in the head, which always trains"),
        ("until:head", "cannot freeze up to 'head': it is in the head, which always trains"),
        ("pattern:", "an empty pattern freezes nothing: give one such as pattern:block_1"),
        ("pattern:block1_*,,block2_*", "an empty pattern freezes nothing"),
        (
            "pattern:blok1_conv*",
            "no layer with weights matches pattern 'blok1_conv\\*'; available: block1_conv, ",
        ),
        ("pattern:block1_*,Block2_*", "no layer with weights matches pattern 'Block2_\\*'; available: "),
        ("pattern:*_relu", "no layer with weights matches pattern '\\*_relu'; available: "),
        (
            "pattern:block1_conv/kernel",
            "no layer with weights matches pattern 'block1_conv/kernel'; available: ",
        ),
        (
            "pattern:head_*",
            "cannot freeze pattern 'head_\\*': it matches only the head, which always trains",
        ),
        ("pattern:,", "an empty pattern"),
    ],
)
def test_freeze_refuses(classifier: Classifier, spec: str, complaint: str) -> None:
    with pytest.raises(FreezeError, match=complaint):
        freeze(classifier, spec)


def test_a_refused_freeze_changes_nothing(classifier: Classifier) -> None:
    freeze(classifier, "1")
    for spec in ("5", "150%", "until:block3", "pattern:block3_*"):
        with pytest.raises(FreezeError):
            freeze(classifier, spec)
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


def test_the_total_is_the_count_of_keras(classifier: Classifier) -> None:
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
def test_layers_that_are_not_frozen_change_in_training(moved: set[str], path: str) -> None:
    assert path in moved


def test_frozen_normalisation_stays_in_inference_mode(classifier: Classifier) -> None:
    freeze(classifier, "all")
    normalisation = classifier.network.get_layer("block1_bn")
    features = np.random.default_rng(0).normal(5, 3, (4, 8, 8, 4)).astype(np.float32)
    assert np.array_equal(normalisation(features, training=True), normalisation(features, training=False))


@pytest.mark.parametrize(
    ("spec", "frozen"),
    [
        ("pattern:*_conv", ("block1_conv", "block2_conv")),
        ("pattern:block2_*", ("block2_conv", "block2_bn")),
        ("pattern:block2_bn,block1_bn", ("block1_bn", "block2_bn")),
        ("pattern:block[!1]_conv", ("block2_conv",)),
    ],
)
def test_a_pattern_freezes_the_layers_of_these_names_wherever_they_are(
    classifier: Classifier, spec: str, frozen: tuple[str, ...]
) -> None:
    assert freeze(classifier, spec) == frozen
    still = {layer.name for layer in classifier.network.layers if layer.weights and not layer.trainable}
    assert still == set(frozen)


def test_a_pattern_never_freezes_the_head(classifier: Classifier) -> None:
    freeze(classifier, "pattern:*")
    assert all(classifier.network.get_layer(name).trainable for name in classifier.head)


def test_the_layer_after_until_trains(classifier: Classifier) -> None:
    freeze(classifier, "until:block2_conv")
    assert [classifier.network.get_layer(name).trainable for name in WEIGHTED] == [False, False, True, True]


def test_until_a_point_that_is_also_a_layer_is_until_its_stage_begins(
    network_of: Callable[..., Classifier],
) -> None:
    names = ("conv_pw_1", "conv_pw_1_bn", "conv_dw_2", "conv_pw_2", "conv_pw_2_bn")
    assert freeze(network_of(("conv_pw_1", "conv_pw_2"), *names), "until:conv_pw_2") == names[:2]


@pytest.mark.parametrize(
    ("spec", "count"), [("stem", 1), ("until:one", 1), ("one", 2), ("until:tail", 2), ("tail", 3), ("all", 3)]
)
def test_stages_that_are_no_points_are_frozen_by_name_too(
    network_of: Callable[..., Classifier], spec: str, count: int
) -> None:
    names = ("first", "one_conv", "last")
    assert freeze(network_of(("one",), *names), spec) == names[:count]


def test_without_points_the_backbone_is_one_stage(network_of: Callable[..., Classifier]) -> None:
    assert freeze(network_of((), "first", "last"), "backbone") == ("first", "last")


def test_a_layer_goes_before_a_stage_that_is_no_point(network_of: Callable[..., Classifier]) -> None:
    assert freeze(network_of(("one",), "stem", "more", "one_conv"), "stem") == ("stem",)


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

        return build(architecture_of(backbone, freeze_points=points))

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
            "no variable's name starts with 'block1_conv/krenel'; available: block1_conv/kernel, ",
        ),
        ("block1_conv/kernel,block9/", "no variable's name starts with 'block9/'; available: "),
        ("head_output/kernel", "no variable's name starts with 'head_output/kernel'; available: "),
        ("/", "no variable's name starts with '/'; available: block1_conv/kernel, block1_conv/bias, "),
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


def attending(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    x = layers.Conv2D(2, 3, name="conv")(inputs)
    return layers.MultiHeadAttention(1, 2, attention_axes=(1, 2), name="attention")(x, x)


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("attention/query/kernel", ("attention/query_dense/kernel",)),
        (
            "attention/value/,conv/bias",
            ("conv/bias", "attention/value_dense/kernel", "attention/value_dense/bias"),
        ),
    ],
)
def test_a_run_of_an_older_registry_freezes_by_keras_paths(
    build: Callable[..., Classifier], spec: str, names: tuple[str, ...]
) -> None:
    classifier = build(architecture_of(attending))
    before = {variable.path for variable in classifier.network.trainable_variables}
    assert freeze(classifier, spec) == names
    frozen = before - {variable.path for variable in classifier.network.trainable_variables}
    assert len(frozen) == len(names)
    assert all(path.startswith(tuple(spec.split(","))) for path in frozen)


def test_each_prefix_of_an_older_registry_must_be_the_start_of_a_path(
    build: Callable[..., Classifier],
) -> None:
    with pytest.raises(
        FreezeError, match="no variable's name starts with 'attention/query/'; available: attention/q"
    ):
        freeze(build(architecture_of(attending)), "attention/query/,attention/other/")
