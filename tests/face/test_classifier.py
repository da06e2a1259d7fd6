"""`zoo.load` and what its classifier predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.face.conftest import Trained
    from zoo.face import Classifier

DARK, LIGHT = np.full((8, 8, 1), 20, "uint8"), np.full((8, 8, 1), 220, "uint8")


@pytest.fixture
def classifier(trained: Trained) -> Classifier:
    return zoo.load(trained.model)


def test_a_classifier_has_its_record_and_its_keras_model(trained: Trained, classifier: Classifier) -> None:
    assert classifier.model == trained.model
    assert classifier.keras.input_shape == (None, 8, 8, 1)
    assert classifier.class_names == ("dark", "light")
    assert trained.model.id in classifier._repr_html_()


def test_references_are_those_of_the_command_line(trained: Trained) -> None:
    with zoo.open_registry() as registry:
        best = registry.best("blobs")
    assert {zoo.load(ref).model.id for ref in ("blobs@best", best.id, best.id[:6])} == {best.id}


def test_predictions_come_in_the_order_of_the_images(classifier: Classifier) -> None:
    predictions = classifier.predict([LIGHT, DARK, LIGHT])
    same = classifier.predict(np.stack([LIGHT, DARK, LIGHT]))
    np.testing.assert_array_equal(predictions.probabilities, same.probabilities)
    light, dark, again = predictions.probabilities
    assert light.tolist() == again.tolist() != dark.tolist()


def test_probabilities_are_those_of_the_keras_model(classifier: Classifier) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype(np.uint8)
    predictions = classifier.predict(images)
    expected = classifier.keras.predict(images, verbose=0)
    assert (predictions.probabilities.shape, predictions.probabilities.dtype) == ((5, 2), np.float32)
    np.testing.assert_allclose(predictions.probabilities, expected, rtol=1e-6)


def test_a_prediction_names_classes_likeliest_first(classifier: Classifier) -> None:
    predictions = classifier.predict(LIGHT)
    (prediction,) = predictions
    row = dict(zip(predictions.class_names, predictions.probabilities[0].tolist(), strict=True))
    assert prediction.probabilities == row
    assert prediction.class_name == max(row, key=row.__getitem__)
    assert prediction.probability == max(row.values())
    assert prediction.source is None


def test_files_and_arrays_are_the_same_to_it(classifier: Classifier, tmp_path: Path) -> None:
    Image.fromarray(LIGHT[:, :, 0]).save(tmp_path / "light.png")
    of_path = classifier.predict(tmp_path / "light.png")
    mixed = classifier.predict([str(tmp_path / "light.png"), LIGHT, LIGHT[:, :, 0]])
    assert of_path[0].source == str(tmp_path / "light.png")
    assert mixed.sources == (str(tmp_path / "light.png"), None, None)
    assert len({row.tobytes() for row in (*of_path.probabilities, *mixed.probabilities)}) == 1


def test_images_of_other_sizes_and_colours_become_inputs_of_the_model(classifier: Classifier) -> None:
    large = np.full((30, 40, 3), 220, "uint8")
    np.testing.assert_allclose(
        classifier.predict(large).probabilities, classifier.predict(LIGHT).probabilities, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (LIGHT / np.float32(255), "pixels must be uint8, 0-255, got an array of float32"),
        (LIGHT.astype("int64"), "got an array of int64"),
        (np.zeros((3, 28, 28), "uint8"), r"an array of shape \(3, 28, 28\) is not an image"),
        (np.zeros((28, 28, 4), "uint8"), r"an array of shape \(28, 28, 4\) is not an image"),
        (np.zeros((2, 28, 28, 2), "uint8"), r"an array of shape \(2, 28, 28, 2\) is not an image"),
        (np.zeros(28, "uint8"), r"an array of shape \(28,\) is not an image"),
        (np.zeros((0, 8, 8, 1), "uint8"), "no images to predict"),
        ([], "no images to predict"),
        ([LIGHT, LIGHT / 255], "got an array of float64"),
        ([[LIGHT]], "an image is a path or a NumPy array of uint8, got list"),
        (3, "got int"),
        (Image.new("P", (8, 8)), r"got Image: use numpy\.asarray\(image\.convert\('RGB'\)\)"),
        ("nowhere.png", "cannot read the image 'nowhere.png': no such file"),
        ([LIGHT, "nowhere.png"], "cannot read the image 'nowhere.png'"),
    ],
)
def test_ambiguous_images_are_refused(classifier: Classifier, images: Any, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        classifier.predict(images)


def test_predictions_are_a_sequence(classifier: Classifier) -> None:
    predictions = classifier.predict(np.stack([LIGHT, DARK, LIGHT, DARK]))
    assert len(predictions) == 4
    assert predictions[-1] == predictions[1]
    assert [each.class_name for each in predictions[1:3]] == [
        predictions[1].class_name,
        predictions[2].class_name,
    ]
    assert repr(predictions).startswith("Predictions(4: [Prediction('")
    assert predictions._repr_html_().count("<tr>") == 5


def test_a_sigmoid_model_has_a_column_for_each_class_too() -> None:
    model = zoo.train("tiny", "blobs", epochs=1, hyperparameters={"output": "sigmoid"}, progress=False)
    classifier = zoo.load(model)
    assert classifier.keras.output_shape == (None, 1)
    probabilities = classifier.predict(np.stack([LIGHT, DARK])).probabilities
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
