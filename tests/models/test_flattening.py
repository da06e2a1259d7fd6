"""Laying models flat: the same outputs, from the innermost layers alone, under names that are always the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import zoo
from tests.architectures import architecture_of
from zoo.errors import ContractError
from zoo.models.bases import Bases
from zoo.models.building import SpaceBuilder, build_classifier
from zoo.models.content import from_content, to_content
from zoo.models.exploration import explore
from zoo.models.freezing import freeze
from zoo.models.frontier import find_frontier

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier


@keras.saving.register_keras_serializable("zoo-tests")
class Scaled(layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A layer whose config Keras makes up from its arguments."""

    def __init__(self, factor: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs: Any) -> Any:
        return self.factor * inputs


def block(name: str | None = None, filters: int = 4) -> keras.Sequential:
    return keras.Sequential(
        [layers.Conv2D(filters, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()], name=name
    )


def sequential() -> keras.Model:
    """Blocks in a block in a network."""
    late = keras.Sequential([*block().layers, Scaled(2.0, name="scaled")], name="late")
    inner = keras.Sequential([block("early"), late], name="stage2")
    return keras.Sequential(
        [keras.Input((8, 8, 3)), block("stage1"), inner, layers.Conv2D(2, 1, name="last")]
    )


def shared() -> keras.Model:
    """A block called twice, and a layer called outside and inside another block."""
    pixels = keras.Input((8, 8, 3))
    twice, pointwise = block("one", filters=3), layers.Conv2D(3, 1, name="pointwise")
    inner = keras.Input((8, 8, 3))
    two = keras.Model(inner, pointwise(inner), name="two")
    return keras.Model(pixels, ops.add(two(twice(twice(pixels))), pointwise(pixels)))


def merging() -> keras.Model:
    """Models of several inputs and outputs, in lists and in dicts."""
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    two = keras.Model([left, right], layers.Subtract()([left, layers.Conv2D(3, 1)(right)]), name="two")
    named = keras.Model(
        {"right": right, "left": left}, {"sum": left + right, "difference": left - right}, name="named"
    )
    pixels = keras.Input((8, 8, 3))
    results = named({"left": two([pixels, 2 * pixels]), "right": pixels})
    return keras.Model(pixels, layers.Multiply()([results["sum"], results["difference"]]))


def attending() -> keras.Model:
    """Tensors in keyword arguments, and a slice."""
    pixels = keras.Input((8, 8, 3))
    tokens = layers.Reshape((16, 12))(pixels)
    mask = ops.greater(tokens[:, :, 0], 0.5)
    attention = layers.MultiHeadAttention(2, 4)
    attended = attention(query=tokens, value=tokens, attention_mask=ops.expand_dims(mask, 1))
    return keras.Model(pixels, attended[:, ::2])


def always_training() -> keras.Model:
    pixels = keras.Input((8, 8, 3))
    return keras.Model(pixels, block("block")(pixels, training=True))


def of_bytes() -> keras.Model:
    """A block of floats called on integers."""
    pixels = keras.Input((8, 8, 3))
    integers = ops.cast(pixels, "uint8")
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3)], name="floats")
    return keras.Model(pixels, inner(integers))


NETWORKS = [sequential, shared, merging, attending, always_training, of_bytes]


def flat(model: keras.Model, **options: Any) -> keras.Model:
    pixels = keras.Input(model.input_shape[1:], name="pixels")
    return keras.Model(pixels, zoo.flatten(model, pixels, **options))


def names(model: keras.Model) -> list[str]:
    return [operation.name for operation in model.operations[1:]]


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (4, 8, 8, 3)).astype(np.float32)


@pytest.mark.parametrize("make", NETWORKS)
def test_the_flat_network_returns_the_same(make: Callable[[], keras.Model], pixels: np.ndarray) -> None:
    model = make()
    expected = np.asarray(model(pixels))
    network = flat(model)
    assert not [layer.name for layer in network.layers if isinstance(layer, keras.Model)]
    assert np.array_equal(network(pixels), expected)


@pytest.mark.parametrize("make", NETWORKS)
def test_the_names_do_not_depend_on_what_was_built_before(make: Callable[[], keras.Model]) -> None:
    first, second = names(flat(make())), names(flat(make()))
    assert first == second
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("make", NETWORKS)
def test_the_names_are_stored(make: Callable[[], keras.Model]) -> None:
    network = flat(make())
    loaded = keras.saving.deserialize_keras_object(json.loads(network.to_json()))
    # Keras 3.10 gives functions such as `keras.ops.cast` other names.
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in network.layers]


def test_training_updates_the_same_statistics(pixels: np.ndarray) -> None:
    nested = always_training()
    copy = always_training()
    copy.set_weights(nested.get_weights())
    nested(pixels)
    flat(copy)(pixels)
    assert all(map(np.array_equal, nested.get_weights(), copy.get_weights()))


def test_the_layers_are_those_of_the_model() -> None:
    model = sequential()
    assert {id(weight) for weight in flat(model).weights} == {id(weight) for weight in model.weights}


def test_a_layer_s_output_is_that_in_the_flat_network(pixels: np.ndarray) -> None:
    network = flat(sequential())
    for layer in network.layers:
        part = keras.Model(network.inputs[0], layer.output)
        assert part(pixels).shape == (4, *layer.output.shape[1:])


def test_layers_in_a_model_bear_its_name() -> None:
    assert names(flat(sequential())) == [
        "stage1_conv2d",
        "stage1_batch_normalization",
        "stage1_re_lu",
        "stage2_early_conv2d",
        "stage2_early_batch_normalization",
        "stage2_early_re_lu",
        "stage2_late_conv2d",
        "stage2_late_batch_normalization",
        "stage2_late_re_lu",
        "stage2_late_scaled",
        "last",
    ]


def test_a_name_that_begins_with_the_model_s_stays() -> None:
    stem = keras.Sequential([layers.Conv2D(2, 3, name="stem_conv")], name="stem")
    assert names(flat(keras.Sequential([keras.Input((8, 8, 3)), stem]))) == ["stem_conv"]


def test_models_without_a_name_are_numbered_from_1() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.ReLU(), block(), block(), layers.ReLU()])
    assert names(flat(model)) == [
        "re_lu",
        *(
            f"sequential_{block}_{layer}"
            for block in (1, 2)
            for layer in ("conv2d", "batch_normalization", "re_lu")
        ),
        "re_lu_1",
    ]


def test_of_two_equal_names_the_second_gets_a_number() -> None:
    outer = keras.Sequential([layers.ReLU(name="b_c")], name="a")
    inner = keras.Sequential([layers.ReLU(name="c")], name="a_b")
    assert names(flat(keras.Sequential([keras.Input((8, 8, 3)), outer, inner]))) == ["a_b_c", "a_b_c_1"]


def test_a_name_of_a_layer_before_the_inputs_is_taken() -> None:
    pixels = keras.Input((8, 8, 3))
    x = layers.Conv2D(3, 1, name="conv2d")(pixels)
    x = zoo.flatten(keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3)]), x)
    assert names(keras.Model(pixels, x)) == ["conv2d", "conv2d_1"]


def test_a_model_laid_flat_twice_keeps_its_names() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), block(filters=3)])
    first = names(flat(model))
    pixels = keras.Input((8, 8, 3))
    twice = zoo.flatten(model, zoo.flatten(model, pixels))
    assert names(keras.Model(pixels, twice)) == first


def laid_on_its_own_outputs(pixels: Any, model: keras.Model) -> Any:
    return zoo.flatten(model, zoo.flatten(model, zoo.flatten(model, pixels)))


def called_before(pixels: Any, model: keras.Model) -> Any:
    return zoo.flatten(model, model.layers[1](pixels))


def laid_on_two_inputs(pixels: Any, model: keras.Model) -> Any:
    first, second = zoo.flatten(model, pixels), zoo.flatten(model, pixels * 2)
    return zoo.flatten(model, first + second)


@pytest.mark.parametrize("features", [laid_on_its_own_outputs, called_before, laid_on_two_inputs])
def test_a_model_that_is_laid_flat_more_than_once_can_be_stored(
    features: Callable[..., Any], pixels: np.ndarray
) -> None:
    inner = keras.Input((8, 8, 3))
    model = keras.Model(inner, layers.Add()([inner, layers.Conv2D(3, 3, padding="same")(inner)]), name="one")
    inputs = keras.Input((8, 8, 3))
    network = keras.Model(inputs, features(inputs, model))
    again = keras.Model.from_config(network.get_config())
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(network.predict(pixels, verbose=0), again.predict(pixels, verbose=0))


def test_names_can_be_chosen() -> None:
    network = flat(sequential(), rename=lambda path: path.replace("/", "."))
    assert names(network)[3] == "stage2.early.conv2d"


@pytest.mark.parametrize(
    ("name", "problem"), [("same", "the name of another layer"), ("a/b", "no name of a layer")]
)
def test_a_chosen_name_must_be_new(name: str, problem: str) -> None:
    with pytest.raises(ContractError, match=f"`rename` returns '{name}' for the layer .*{problem}"):
        flat(sequential(), rename=lambda _: name)


def test_a_model_with_its_own_call_is_one_layer(pixels: np.ndarray) -> None:
    class Own(keras.Model):  # type: ignore[misc]  # Keras is untyped
        def __init__(self) -> None:
            super().__init__(name="own")
            self.conv = layers.Conv2D(2, 1)

        def call(self, inputs: Any) -> Any:
            return self.conv(inputs) + 1

    class Doubled(keras.Sequential):  # type: ignore[misc]  # Keras is untyped
        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            return 2 * super().call(inputs, training=training)

    own = Own()
    model = keras.Sequential([keras.Input((8, 8, 3)), own, Doubled([layers.ReLU()], name="doubled")])
    expected = np.asarray(model(pixels))
    network = flat(model)
    assert names(network) == ["own", "doubled"]
    assert np.array_equal(network(pixels), expected)
    with pytest.raises(ContractError, match=r"'own' \(Own\) cannot be laid flat: .*`model\(inputs\)`"):
        zoo.flatten(own, keras.Input((8, 8, 3)))


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ContractError, match="takes a functional or Sequential keras"):
        zoo.flatten(5, keras.Input((8, 8, 3)))


def test_inputs_of_another_shape_are_refused_with_the_layer_s_name() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), block("stage1")], name="mine")
    expected = (
        r"'mine' cannot be laid flat on these inputs: layer 'stage1_conv2d' \(Conv2D\) gets 8×8×1 and says: .*"
        "value 3, but received.*; build the model for images of the shape of `inputs`"
    )
    with pytest.raises(ContractError, match=expected) as refused:
        zoo.flatten(model, keras.Input((8, 8, 1)))
    assert "\n" not in str(refused.value)


class Exits(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    calls = 0

    def call(self, inputs: Any) -> Any:
        Exits.calls += 1
        if Exits.calls > 1:
            raise GeneratorExit("now")
        return inputs


def test_whatever_a_layer_raises_is_one_line_with_its_name() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), Exits(name="own")], name="mine")
    with pytest.raises(ContractError, match=r"layer 'own' \(Exits\) gets 8×8×3 and says: now; build"):
        zoo.flatten(model, keras.Input((8, 8, 3)))


def test_no_inputs_are_refused() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 1, name="conv")], name="mine")
    with pytest.raises(ContractError, match=r"layer 'conv' \(Conv2D\) gets no tensor and says: "):
        zoo.flatten(model, None)


def test_another_number_of_inputs_is_refused() -> None:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    model = keras.Model([left, right], left + right, name="both")
    with pytest.raises(
        ContractError, match="'both' cannot be laid flat on 1 inputs: it takes 2, left, right"
    ):
        zoo.flatten(model, keras.Input((4,)))


def test_images_of_another_size_are_accepted_where_the_layers_accept_them() -> None:
    assert zoo.flatten(sequential(), keras.Input((12, 10, 3))).shape == (None, 12, 10, 2)


def test_a_model_that_was_never_called_is_laid_flat() -> None:
    pixels = keras.Input((8, 8, 3))
    network = keras.Model(pixels, zoo.flatten(block("stage1"), pixels))
    assert names(network) == ["conv2d", "batch_normalization", "re_lu"]


def test_mixed_precision_stays(pixels: np.ndarray) -> None:
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    inner = keras.Sequential([layers.Conv2D(4, 3, dtype=policy)], name="half")
    model = keras.Sequential([keras.Input((8, 8, 3)), inner, layers.Conv2D(2, 1)])
    expected = np.asarray(model(pixels))
    network = flat(model)
    assert network.get_layer("half_conv2d").compute_dtype == "float16"
    assert np.array_equal(network(pixels), expected)


def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return zoo.flatten(sequential(), inputs)


@pytest.fixture(scope="module")
def architecture() -> zoo.Architecture:
    return architecture_of(backbone, freeze_points=("stage1", "stage2_early"), weights=("given",))


def test_a_model_in_the_model_is_a_stage(
    build: Callable[..., Classifier], architecture: zoo.Architecture
) -> None:
    classifier = build(architecture, channels=3)
    assert freeze(classifier, "stage2_early") == (
        "stage1_conv2d",
        "stage1_batch_normalization",
        "stage2_early_conv2d",
        "stage2_early_batch_normalization",
    )
    frontier = find_frontier(classifier)
    assert frontier is not None
    assert frontier.prefix.layers[-1].name == "stage2_early_re_lu"


def test_it_is_stored_and_loaded(
    build: Callable[..., Classifier], architecture: zoo.Architecture, pixels: np.ndarray
) -> None:
    classifier = build(architecture, channels=3)
    loaded = from_content(to_content(classifier))
    assert np.array_equal(loaded.network(pixels), classifier.network(pixels))


def test_a_network_that_is_reused_is_the_same(architecture: zoo.Architecture, pixels: np.ndarray) -> None:
    bases, shape = Bases(), {"image_size": 8, "channels": 3}
    hp = explore(SpaceBuilder(architecture, **shape))
    outputs = []
    for _ in range(2):
        classifier = build_classifier(
            architecture, hp, **shape, class_names=("a", "b"), weights="given", bases=bases
        )
        outputs.append(np.asarray(keras.Model(classifier.network.inputs[0], classifier.features)(pixels)))
        for weight in classifier.network.weights:
            weight.assign(weight + 1)
    assert np.array_equal(*outputs)
