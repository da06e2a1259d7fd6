"""The networks of Keras Applications: their inputs, that they are Keras's own, and where they can be frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from tests.plugins.explored import build_explored
from tests.plugins.large_networks import DEEPER, LARGE
from zoo.interfaces.stages import in_stage
from zoo.models.freezing import freeze
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.models.classifier import Classifier

ARCHITECTURES = load_plugins().architectures


def tf(pixels: np.ndarray) -> np.ndarray:
    """-1 to 1."""
    return pixels / 127.5 - 1


def torch(pixels: np.ndarray) -> np.ndarray:
    """Standardised by the means and deviations of ImageNet's pixels."""
    return (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]


def by_128(pixels: np.ndarray) -> np.ndarray:
    return (pixels - 128) / 128


@dataclass(frozen=True)
class Case:
    """An architecture, Keras's network for it, and how that is to see pixels.

    Args:
        scaling: a module of `keras.applications` with a `preprocess_input` of its own; or the formula where the
            network scales by itself and takes pixels 0-255.
    """

    name: str
    network: str
    scaling: str | Callable[[np.ndarray], np.ndarray]
    values: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.name, *map(str, self.values.values())])

    def scaled(self, pixels: np.ndarray) -> np.ndarray:
        """As they are to reach the first layer that has weights."""
        if isinstance(self.scaling, str):
            # Keras scales in place.
            return np.asarray(getattr(keras.applications, self.scaling).preprocess_input(pixels.copy()))
        return self.scaling(pixels)


CASES = (
    Case("resnet50", "ResNet50", "resnet"),
    Case("resnet101", "ResNet101", "resnet"),
    Case("resnet152", "ResNet152", "resnet"),
    Case("resnet50-v2", "ResNet50V2", "resnet_v2"),
    Case("resnet101-v2", "ResNet101V2", "resnet_v2"),
    Case("resnet152-v2", "ResNet152V2", "resnet_v2"),
    Case("vgg16", "VGG16", "vgg16"),
    Case("vgg19", "VGG19", "vgg19"),
    Case("mobilenet", "MobileNet", "mobilenet", {"alpha": 0.25}, {"alpha": 0.25}),
    Case("mobilenet-v2", "MobileNetV2", "mobilenet_v2", {"alpha": 0.35}, {"alpha": 0.35}),
    Case("mobilenet-v3", "MobileNetV3Small", tf, {"variant": "small"}),
    Case("mobilenet-v3", "MobileNetV3Large", tf, {"variant": "large", "alpha": 0.75}, {"alpha": 0.75}),
    Case("inception-v3", "InceptionV3", "inception_v3"),
    Case("xception", "Xception", "xception"),
    Case("densenet121", "DenseNet121", "densenet"),
    Case("efficientnet-v2", "EfficientNetV2B0", torch, {"variant": "b0"}),
    Case("convnext-tiny", "ConvNeXtTiny", torch),
)


# A fixture of the module, so that all tests of a case share its networks, and no two cases are in memory at once.
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(case, marks=[pytest.mark.large] * (case.name in (*DEEPER, *LARGE))) for case in CASES
    ],
    ids=map(str, CASES),
)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def side(case: Case) -> int:
    return ARCHITECTURES[case.name].min_size


@pytest.fixture(scope="module")
def pixels(side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, side, side, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def theirs(case: Case, side: int) -> keras.Model:
    """Keras's own network, where no two layers are alike."""
    make = getattr(keras.applications, case.network)
    network = make(include_top=False, weights=None, input_shape=(side, side, 3), **case.arguments)
    rng = np.random.default_rng(1)
    for weight in network.weights:
        if len(weight.shape) == 1:  # biases, and what normalises and scales, all zero or one to begin with
            centre = 1 if weight.path.endswith(("gamma", "variance")) else 0
            weight.assign(rng.uniform(centre - 0.3, centre + 0.3, weight.shape))
    return network


@pytest.fixture(scope="module")
def ours(case: Case, side: int, theirs: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The architecture, with the weights of Keras's own network out of a file."""
    file = tmp_path_factory.mktemp("weights") / "theirs.weights.h5"
    theirs.save_weights(file)
    classifier = built(case.name, side, case.values, str(file))
    file.unlink()
    return classifier


def built(name: str, side: int, values: Mapping[str, Any], weights: str | None = None) -> Classifier:
    return build_explored(
        ARCHITECTURES[name], values, image_size=side, channels=3, class_names=("one", "two"), weights=weights
    )


def features_of(classifier: Classifier) -> keras.Model:
    """The network up to its head."""
    return keras.Model(classifier.network.input, classifier.network.get_layer(classifier.head[0]).input)


def scaled_input(classifier: Classifier, pixels: np.ndarray) -> np.ndarray:
    """Pixels as they reach the first layer that has weights, or that pads for it."""
    layers = classifier.network.layers
    first = next(layer for layer in layers if layer.weights or isinstance(layer, keras.layers.ZeroPadding2D))
    return np.asarray(keras.Model(classifier.network.input, first.input)(pixels))


def test_pixels_reach_it_as_it_was_trained_to_see_them(
    case: Case, ours: Classifier, pixels: np.ndarray
) -> None:
    expected = case.scaled(pixels)
    assert np.abs(scaled_input(ours, pixels) - expected).max() <= 1e-5 * np.ptp(expected)


@pytest.mark.parametrize(
    ("variant", "formula"),
    [("b1", torch), ("b2", torch), ("b3", torch), ("s", by_128)],
    ids=["b1", "b2", "b3", "s"],
)
def test_pixels_reach_each_variant_as_it_was_trained_to_see_them(
    variant: str, formula: Callable[[np.ndarray], np.ndarray]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
    expected = formula(pixels)
    scaled = scaled_input(built("efficientnet-v2", 32, {"variant": variant}), pixels)
    assert np.abs(scaled - expected).max() <= 1e-5 * np.ptp(expected)


def test_it_is_flat(ours: Classifier) -> None:
    assert not [layer.name for layer in ours.network.layers if isinstance(layer, keras.Model)]


def test_it_has_as_many_parameters_as_that_of_keras(ours: Classifier, theirs: keras.Model) -> None:
    assert features_of(ours).count_params() == theirs.count_params()


def test_its_features_are_those_of_keras(
    case: Case, ours: Classifier, theirs: keras.Model, pixels: np.ndarray
) -> None:
    scaled = case.scaled(pixels) if isinstance(case.scaling, str) else pixels
    expected = np.asarray(theirs(scaled, training=False))
    assert np.ptp(expected) > 0
    features = np.asarray(features_of(ours)(pixels, training=False))
    assert np.abs(features - expected).max() <= 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("name", sorted({case.name for case in CASES}))
def test_its_limits_are_declared(name: str) -> None:
    architecture = ARCHITECTURES[name]
    min_size, default_size = {"inception-v3": (75, 299), "xception": (71, 299)}.get(name, (32, 224))
    assert (architecture.min_size, architecture.default_size) == (min_size, default_size)
    assert (architecture.channels, architecture.weights) == (3, ("imagenet",))


def test_every_architecture_with_imagenet_weights_is_looked_at_here() -> None:
    with_weights = {
        name for name, architecture in ARCHITECTURES.items() if "imagenet" in architecture.weights
    }
    assert with_weights == {case.name for case in CASES}


# Freeze points -------------------------------------------------------------------------------------------


def ancestors_of(network: keras.Model) -> dict[str, set[str]]:
    """For each layer or operation, all those that its input comes from."""
    ancestors: dict[str, set[str]] = {}
    for operation in network.operations:  # from the input on
        before = [node.operation.name for call in operation._inbound_nodes for node in call.parent_nodes]
        ancestors[operation.name] = set(before).union(*(ancestors.get(name, set()) for name in before))
    return ancestors


def stage_of(point: str, names: list[str]) -> list[str]:
    """Layers that bear the stage's name. Inception's blocks have no names, but their ends, `mixed0` to `mixed10`."""
    return [point] if point.startswith("mixed") else [name for name in names if in_stage(name, point)]


def test_each_freeze_point_freezes_its_stage_and_all_before_it(
    ours: Classifier,
) -> None:
    """A layer comes after a stage if its input comes from all of the stage; shortcuts beside it do not count."""
    layers = [layer for layer in ours.network.layers if layer.name not in ours.head]
    weighted = {layer.name for layer in layers if layer.weights}
    ancestors = ancestors_of(ours.network)
    assert ours.freeze_points
    for point in ours.freeze_points:
        stage = set(stage_of(point, [layer.name for layer in layers]))
        after = {name for name in weighted if stage <= ancestors[name]}
        freeze(ours, point)
        assert [layer.name for layer in layers if layer.name in stage and layer.trainable] == []
        trains = {layer.name for layer in layers if layer.name in weighted and layer.trainable}
        assert trains == after, point
    freeze(ours, "none")


def test_its_freeze_points_are_in_the_order_of_its_layers(ours: Classifier) -> None:
    frozen = [len(freeze(ours, point)) for point in ours.freeze_points]
    freeze(ours, "none")
    assert frozen == sorted(set(frozen))


@pytest.mark.parametrize(("point", "trains"), [("block5", ["fc1", "fc2"]), ("fc1", ["fc2"]), ("fc2", [])])
def test_the_dense_layers_of_vgg_are_freeze_points(
    fully_connected: Classifier, point: str, trains: list[str]
) -> None:
    freeze(fully_connected, point)
    backbone = [layer for layer in fully_connected.network.layers if layer.name not in fully_connected.head]
    assert [layer.name for layer in backbone if layer.weights and layer.trainable] == trains


@pytest.fixture(scope="module")
def fully_connected() -> Classifier:
    return built("vgg16", 32, {"fully_connected": True})
