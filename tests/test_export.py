"""Formats that a classifier can leave in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.architectures import AUGMENTING, TINY
from zoo.errors import ExportError, UnknownNameError
from zoo.export import SUFFIXES, export
from zoo.plugins import load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.models.classifier import Classifier

PIXELS = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 1)).astype(np.float32)


@pytest.fixture
def classifier(build: Callable[..., Classifier]) -> Classifier:
    return build(load_plugins().architecture("convnet"), blocks=1, filters=8)


def read(path: Path, file_format: str) -> np.ndarray:
    if file_format == "saved-model":
        loaded = tf.saved_model.load(str(path))
        return np.asarray(loaded.serve(PIXELS))
    return keras.models.load_model(path, compile=False).predict(PIXELS, verbose=0)


@pytest.mark.parametrize("file_format", SUFFIXES)
def test_an_exported_model_predicts_the_same_probabilities(
    classifier: Classifier, tmp_path: Path, file_format: str
) -> None:
    path = tmp_path / f"written{SUFFIXES[file_format]}"
    export(classifier, path, file_format)
    expected = classifier.network.predict(PIXELS, verbose=0)
    assert np.allclose(read(path, file_format), expected, atol=1e-6)


@pytest.mark.parametrize("file_format", SUFFIXES)
def test_augmentation_in_the_backbone_is_inactive_in_what_is_exported(
    build: Callable[..., Classifier], tmp_path: Path, file_format: str
) -> None:
    """Not only in predict, which passes `training=False`."""
    classifier = build(AUGMENTING)
    for image in PIXELS:  # so that the statistics are not those of the images
        classifier.network(image[None], training=True)
    path = tmp_path / f"written{SUFFIXES[file_format]}"
    export(classifier, path, file_format)
    loaded = tf.saved_model.load(str(path)) if file_format == "saved-model" else keras.models.load_model(path)
    call = loaded.serve if file_format == "saved-model" else loaded
    expected = classifier.network.predict(PIXELS, verbose=0)
    for _ in range(2):
        np.testing.assert_allclose(call(PIXELS), expected, atol=1e-6)


def test_a_saved_model_has_the_class_names(classifier: Classifier, tmp_path: Path) -> None:
    export(classifier, tmp_path / "written", "saved-model")
    assert (tmp_path / "written" / "labels.txt").read_text().split() == list(classifier.class_names)


@pytest.mark.parametrize("file_format", SUFFIXES)
def test_nothing_but_the_result_is_left(classifier: Classifier, tmp_path: Path, file_format: str) -> None:
    path = tmp_path / f"written{SUFFIXES[file_format]}"
    export(classifier, path, file_format)
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_format_names_the_nearest(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown format 'kreas': did you mean 'keras'"):
        export(classifier, tmp_path / "written", "kreas")


@pytest.mark.parametrize(
    ("name", "file_format"), [("mine.h5", "keras"), ("mine.keras", "h5"), ("mine", "keras")]
)
def test_a_name_by_which_keras_cannot_read_it(
    classifier: Classifier, tmp_path: Path, name: str, file_format: str
) -> None:
    with pytest.raises(ExportError, match=rf"{name} must end in \.{file_format}: Keras reads a file"):
        export(classifier, tmp_path / name, file_format)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(classifier: Classifier, tmp_path: Path) -> None:
    path = tmp_path / "mine.keras"
    path.write_text("mine")
    with pytest.raises(ExportError, match="already exists: remove it, or choose another path with --output"):
        export(classifier, path, "keras")
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"there is no folder .*gone: create it, or choose"):
        export(classifier, tmp_path / "gone" / "written.keras", "keras")


def test_a_network_that_a_format_cannot_hold(build: Callable[..., Classifier], tmp_path: Path) -> None:
    """Old HDF5 files know layers, not operations such as the flip of VGG's channels."""
    vgg = build(load_plugins().architecture("vgg16"), image_size=32, channels=3)
    with pytest.raises(
        ExportError, match=r"the format h5 cannot represent this network \(Unknown layer: 'Flip'\)"
    ):
        export(vgg, tmp_path / "written.h5", "h5")
    assert list(tmp_path.iterdir()) == []


@keras.saving.register_keras_serializable(package="test_export")
class ScaledConv2D(keras.layers.Conv2D):
    """Keras's Conv2D saves its kernel and its bias, whatever weights a subclass has."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.gain = self.add_weight(shape=(self.filters,), initializer="ones", name="gain")

    def call(self, inputs: Any) -> Any:
        return super().call(inputs) * self.gain


def test_a_layer_that_leaves_weights_out_is_named(
    build: Callable[..., Classifier], tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return ScaledConv2D(2, 3, name="scaled")(inputs)

    classifier = build(replace(TINY, backbone=backbone))
    with pytest.raises(ExportError) as error:
        export(classifier, tmp_path / "written.keras", "keras")
    assert str(error.value) == (
        "the format keras cannot represent this network (ScaledConv2D 'scaled' saves only 2 of its weights: it needs "
        "its own save_own_variables and load_own_variables): use h5 or saved-model"
    )
    assert [str(warning.message) for warning in recwarn] == []


@keras.saving.register_keras_serializable(package="test_export")
class Rounded(keras.layers.Dense):
    """Writes its weights with fewer digits than they have."""

    def save_own_variables(self, store: Any) -> None:
        for number, weight in enumerate(self.weights):
            store[str(number)] = weight.numpy().astype("float16").astype("float32")


def test_a_weight_that_is_another_in_the_file_is_named(
    build: Callable[..., Classifier], tmp_path: Path
) -> None:
    """The probabilities differ by less than the tolerance."""

    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        pixels = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1e-3)(inputs))
        return Rounded(2, name="rounded")(pixels)

    classifier = build(replace(TINY, backbone=backbone))
    with pytest.raises(ExportError) as error:
        export(classifier, tmp_path / "written.keras", "keras")
    assert str(error.value) == (
        "the format keras cannot represent this network (its weight 'rounded/kernel' is another when it is loaded "
        "again): use h5 or saved-model"
    )
    assert list(tmp_path.iterdir()) == []


class InPython(keras.layers.Layer):
    """Computes in this process's Python."""

    def call(self, inputs: Any) -> Any:
        return tf.ensure_shape(tf.py_function(lambda pixels: pixels * 2, [inputs], tf.float32), inputs.shape)


def test_a_saved_model_must_not_need_this_process(build: Callable[..., Classifier], tmp_path: Path) -> None:
    def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
        return TINY.backbone(hp, InPython()(inputs))

    with pytest.raises(ExportError, match="the exported network calls Python"):
        export(build(replace(TINY, backbone=backbone)), tmp_path / "written", "saved-model")
    assert list(tmp_path.iterdir()) == []
