"""A classifier as plain data and back: the same outputs, and nothing foreign is built."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from tests.architectures import architecture_of
from zoo.errors import ArtifactError
from zoo.models.classifier import Classifier
from zoo.models.content import assign_tensors, build_network, from_content, register_layers_of, to_content
from zoo.models.freezing import freeze
from zoo.models.variables import named_variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.interfaces import ModelContent

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)


@keras.saving.register_keras_serializable("zoo-tests")
class Doubled(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A plugin's own layer."""

    def call(self, inputs: Any) -> Any:
        return inputs * 2


@pytest.fixture
def classifier(build: Callable[..., Classifier]) -> Classifier:
    """With moving statistics that are not those of a new network."""
    built = build(head_units="8")
    for weight in built.network.weights:
        weight.assign(weight + np.linspace(0, 1, weight.numpy().size).reshape(weight.shape))
    freeze(built, "block1")
    return built


@pytest.fixture
def content(classifier: Classifier) -> ModelContent:
    return to_content(classifier)


def layers_of(content: ModelContent) -> list[dict[str, Any]]:
    return content.graph["config"]["layers"]  # type: ignore[index, no-any-return]


def test_the_outputs_are_the_same_bit_for_bit(classifier: Classifier, content: ModelContent) -> None:
    assert np.array_equal(
        classifier.network.predict(PIXELS, verbose=0),
        from_content(content).network.predict(PIXELS, verbose=0),
    )


def test_the_trainable_weights_are_the_same(classifier: Classifier, content: ModelContent) -> None:
    rebuilt = from_content(content).network
    assert tuple(weight.path for weight in rebuilt.trainable_weights) == content.trainable
    assert "block1_conv/kernel" not in content.trainable


def test_the_content_of_a_rebuilt_classifier_is_the_same(content: ModelContent) -> None:
    again = to_content(from_content(content))
    same = replace(again, tensors={}) == replace(content, tensors={})
    assert (same, again.tensors.keys()) == (True, content.tensors.keys())


def test_the_rest_is_the_same(classifier: Classifier, content: ModelContent) -> None:
    rebuilt = from_content(content)
    assert (rebuilt.class_names, rebuilt.head, rebuilt.freeze_points, rebuilt.image_size) == (
        classifier.class_names,
        classifier.head,
        classifier.freeze_points,
        classifier.image_size,
    )


def test_the_graph_is_json(content: ModelContent) -> None:
    assert json.loads(json.dumps(content.graph)) == content.graph


def test_a_compiled_classifier_has_the_same_graph(classifier: Classifier, content: ModelContent) -> None:
    classifier.network.compile("adam", "categorical_crossentropy")
    assert to_content(classifier).graph == content.graph


def test_tensors_are_copies(classifier: Classifier, content: ModelContent) -> None:
    kernel = content.tensors["head_output/kernel"].copy()
    classifier.network.get_layer("head_output").kernel.assign(kernel + 1)
    assert np.array_equal(content.tensors["head_output/kernel"], kernel)


def test_a_stored_training_mode_is_not_the_mode_of_a_call() -> None:
    """Keras writes it at each augmentation, and older versions of zoo stored it."""
    pixels = keras.Input((8, 8, 1), name="pixels")
    x = keras.layers.BatchNormalization(name="bn")(keras.layers.RandomFlip(name="flip")(pixels))
    outputs = keras.layers.Dense(2, name="output")(keras.layers.Flatten(name="flatten")(x))
    content = to_content(Classifier(keras.Model(pixels, outputs), ("a", "b"), ("flatten", "output")))
    assert '"training": true' in json.dumps(content.graph)
    network = from_content(content).network
    np.testing.assert_allclose(network(PIXELS), network.predict(PIXELS, verbose=0), rtol=1e-5)


def test_reading_leaves_the_content_as_it_is(content: ModelContent) -> None:
    before = json.dumps(content.graph)
    from_content(content)
    assert json.dumps(content.graph) == before


def test_a_registered_layer_is_built(build: Callable[..., Classifier]) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return Doubled(name="doubled")(inputs)

    built = build(architecture_of(backbone))
    assert isinstance(from_content(to_content(built)).network.get_layer("doubled"), Doubled)


@keras.saving.register_keras_serializable("zoo-tests")
class Twins(keras.layers.Layer):  # type: ignore[misc]
    """Two layers of the same name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = keras.layers.Dense(1, name="dense")
        self.second = keras.layers.Dense(1, name="dense")

    def call(self, inputs: Any) -> Any:
        return self.first(inputs) - self.second(inputs)


def test_layers_of_the_same_name_keep_their_own_weights(build: Callable[..., Classifier]) -> None:
    built = build(architecture_of(lambda hp, inputs, *, weights=None: Twins(name="twins")(inputs)))
    content = to_content(built)
    assert content.parameters == built.network.count_params()
    assert np.array_equal(built.network(PIXELS), from_content(content).network(PIXELS))


def test_names_do_not_depend_on_how_many_layers_were_built_before(build: Callable[..., Classifier]) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return keras.layers.TimeDistributed(keras.layers.Dense(2), name="rows")(inputs)

    first, second = (to_content(build(architecture_of(backbone))) for _ in range(2))
    assert [*first.tensors][:2] == [*second.tensors][:2] == ["rows/layer/kernel", "rows/layer/bias"]


# What is refused -------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("zoo-tests")
class Hiding(keras.layers.Dense):  # type: ignore[misc]
    """A layer that keeps one of its weights from Keras's lists."""

    @property
    def weights(self) -> list[Any]:
        return [*super().weights, keras.Variable([1.0, 2.0])]


def test_a_network_with_weights_that_would_be_lost_is_not_stored() -> None:
    inputs = keras.Input((8, 8, 1))
    network = keras.Model(inputs, Hiding(2)(inputs))
    with pytest.raises(
        ArtifactError, match="has 3 variables with 6 weights, of which zoo finds 2 with 4: a layer must not"
    ):
        to_content(Classifier(network, ("a", "b"), ()))


def test_a_lambda_is_refused() -> None:
    """As an earlier version may have stored one."""
    inputs = keras.Input((8, 8, 1))
    outputs = keras.layers.Lambda(lambda x: x / 2, output_shape=(8, 8, 1), name="half")(inputs)
    content = to_content(Classifier(keras.Model(inputs, outputs), ("a", "b"), ()))
    with pytest.raises(
        ArtifactError, match="contains the Lambda layer 'half', which is code and is not loaded"
    ):
        from_content(content)


def test_a_lambda_deep_inside_is_refused(content: ModelContent) -> None:
    layers_of(content)[2]["config"]["activation"] = {"class_name": "__lambda__", "config": {"value": "4wAA"}}
    with pytest.raises(ArtifactError, match="Lambda"):
        from_content(content)


@pytest.mark.parametrize(
    ("module", "name"), [("os", "system"), ("builtins.x", "eval"), ("keras_evil", "Dense"), ("", "Unknown")]
)
def test_a_foreign_module_is_refused(content: ModelContent, module: str, name: str) -> None:
    layers_of(content)[1] |= {"module": module, "class_name": name, "registered_name": name}
    with pytest.raises(ArtifactError):
        from_content(content)


def test_a_layer_of_a_missing_plugin_names_the_way_out(content: ModelContent) -> None:
    layers_of(content)[1] |= {"module": "a_plugin", "class_name": "Own", "registered_name": "a_plugin>Own"}
    with pytest.raises(ArtifactError, match=r"needs the layer 'a_plugin>Own'.* load the plugin"):
        from_content(content)


def test_custom_layers_are_called_only_for_a_graph_that_needs_some(content: ModelContent) -> None:
    calls: list[str] = []
    architecture = architecture_of(
        lambda hp, inputs, *, weights=None: inputs,
        custom_layers=lambda: [calls.append("called"), Doubled][1:],
    )
    assert register_layers_of(content.graph, architecture) == ()
    assert calls == []
    layers_of(content)[1] |= {
        "module": __name__,
        "class_name": "Doubled",
        "registered_name": "zoo-tests>Doubled",
    }
    assert register_layers_of(content.graph, architecture) == (Doubled,)


@pytest.mark.parametrize(
    "graph",
    [
        {},
        {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None},
        {"module": "keras", "class_name": "Functional", "config": {}, "registered_name": "Functional"},
        {"module": "keras.layers", "class_name": "NoSuchLayer", "config": {}, "registered_name": None},
    ],
    ids=["empty", "a layer", "no layers", "unknown layer"],
)
def test_a_graph_that_is_no_network_is_refused(content: ModelContent, graph: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match="the stored graph cannot be built"):
        from_content(replace(content, graph=graph))


@pytest.mark.parametrize("layer", ["x", 5, None, [], {}, {"name": 3, "class_name": "Dense"}])
def test_a_layer_that_is_damaged_is_refused(content: ModelContent, layer: object) -> None:
    layers_of(content)[1:2] = [layer]
    with pytest.raises(ArtifactError, match="the stored graph cannot be built"):
        from_content(content)


def test_a_missing_tensor_is_refused(content: ModelContent) -> None:
    tensors = {path: value for path, value in content.tensors.items() if path != "block1_conv/bias"}
    with pytest.raises(ArtifactError, match="block1_conv/bias is on one side only"):
        from_content(replace(content, tensors=tensors))


def test_a_tensor_too_many_is_refused(content: ModelContent) -> None:
    with pytest.raises(ArtifactError, match="extra/kernel is on one side only"):
        from_content(replace(content, tensors={**content.tensors, "extra/kernel": np.zeros(1)}))


def test_a_tensor_of_another_shape_is_refused(content: ModelContent) -> None:
    wrong = {**content.tensors, "block1_conv/bias": np.zeros(5, np.float32)}
    with pytest.raises(ArtifactError, match=r"block1_conv/bias has shape \(5,\), the graph expects \(4,\)"):
        from_content(replace(content, tensors=wrong))


def test_tensors_are_assigned_by_name(build: Callable[..., Classifier]) -> None:
    first, second = build(), build()
    assign_tensors(second.network, to_content(first))
    assert np.array_equal(
        first.network.get_layer("block2_conv").kernel, second.network.get_layer("block2_conv").kernel
    )


@keras.saving.register_keras_serializable(package="test_content")
class Optional(keras.layers.Layer):
    """Takes its name among options, so that Keras does not pass it again when it is rebuilt."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)

    def build(self, shape: tuple[int, ...]) -> None:
        self.scale = self.add_weight(shape=shape[-1:], name="scale")

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale


def test_a_layer_whose_name_keras_loses_keeps_it() -> None:
    inputs = keras.Input((4,))
    first, second = (Optional(name=f"{place}_scale") for place in ("first", "second"))
    network = keras.Model(inputs, keras.layers.Dense(2, name="output")(second(first(inputs))))
    built = build_network(json.loads(network.to_json()))
    assert [layer.name for layer in built.layers] == [layer.name for layer in network.layers]
    assert list(named_variables(built)) == list(named_variables(network))


@keras.saving.register_keras_serializable(package="test_content")
class BuiltByItsCall(keras.layers.Layer):
    """Leaves it to Keras to build the layer inside it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = keras.layers.Dense(4)

    def call(self, inputs: Any) -> Any:
        return self.inner(inputs)


def test_a_layer_without_build_is_built_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    inputs = keras.Input((4,))
    network = keras.Model(inputs, BuiltByItsCall(name="outer")(inputs))
    built = build_network(json.loads(network.to_json()))
    assert list(named_variables(built)) == ["outer/inner/kernel", "outer/inner/bias"]
    assert [str(warning.message) for warning in recwarn] == []
