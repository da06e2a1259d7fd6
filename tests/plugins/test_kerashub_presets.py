"""Presets of KerasHub: their weights and scaling, through training, storing, loading, fine-tuning and export."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from zoo_plugins import kerashub_presets
from zoo_plugins.kerashub_backbones import UNIT, installed
from zoo_plugins.kerashub_kinds import KINDS
from zoo_plugins.kerashub_presets import fetch_preset

import zoo
from tests.plugins.kerashub_presets import (
    LOSSY,
    OFFSET,
    PARAMETERS,
    SCALE,
    SIZE,
    features_of,
    new_backbone,
    new_converter,
    save_preset,
)
from tests.plugins.test_kerashub import ARCHITECTURE, built
from zoo import ZooError
from zoo.cli import run
from zoo.models.variables import named_variables
from zoo.workflows.weights import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from zoo.interfaces import Model
    from zoo.models.classifier import Classifier

PIXELS = np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3)).astype("float32")
OFFLINE = "there is no connection to its hub; get all files of"

every = pytest.mark.parametrize("name", installed())


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a preset of a backbone, which is written once."""
    root = tmp_path_factory.mktemp("presets")
    return lambda name: root / name if (root / name).is_dir() else save_preset(root / name, name)


def features(classifier: Classifier, pixels: np.ndarray = PIXELS) -> np.ndarray:
    network = keras.Model(classifier.network.inputs, classifier.features)
    return np.asarray(network(pixels, training=False))


def layer_names(classifier: Classifier) -> list[str]:
    return [layer.name for layer in classifier.network.layers]


def refusal(folder: Path, size: int = SIZE, **values: Any) -> str:
    """Return the error message about the preset, with FOLDER for its folder."""
    with pytest.raises(ZooError) as refused:
        built(size, folder, **values)
    assert "\n" not in str(refused.value)
    return str(refused.value).replace(str(folder), "FOLDER")


# Weights, scaling and sizes ----------------------------------------------------------------------------------


def check_that_features_are_those_of_keras_hub(name: str, folder: Path) -> None:
    """Compare them with KerasHub's own loading, converter and backbone."""
    backbone = keras_hub.models.Backbone.from_preset(str(folder))
    expected = features_of(name, backbone(new_converter()(PIXELS), training=False))
    difference = np.abs(features(built(weights=folder)) - expected).max()
    assert difference <= 1e-5 * np.abs(expected).max()
    assert expected.std() > 0


def test_the_features_of_a_preset_are_those_of_keras_hub(preset: Callable[[str], Path]) -> None:
    check_that_features_are_those_of_keras_hub("vgg", preset("vgg"))


@pytest.mark.large
@every
def test_the_features_of_every_preset_are_those_of_keras_hub(
    name: str, preset: Callable[[str], Path]
) -> None:
    check_that_features_are_those_of_keras_hub(name, preset(name))


def test_pixels_are_scaled_in_the_network_as_by_the_image_converter(preset: Callable[[str], Path]) -> None:
    config = built(weights=preset("vgg")).network.get_layer("rescaling").get_config()
    assert (config["scale"], config["offset"]) == (SCALE, OFFSET)


def test_an_input_range_replaces_the_image_converter(preset: Callable[[str], Path]) -> None:
    network = built(weights=preset("vgg"), input_range="0,1").network
    assert network.get_layer("rescaling").get_config()["scale"] == 1 / 255


def test_a_convolutional_network_takes_images_of_another_size(preset: Callable[[str], Path]) -> None:
    classifier = built(2 * SIZE, preset("vgg"))
    assert classifier.features.shape == (None, 8, 8, 128)
    assert "resizing" not in layer_names(classifier)


def test_images_of_another_size_are_resized_in_the_network_for_a_backbone_of_a_fixed_size(
    preset: Callable[[str], Path],
) -> None:
    classifier = built(2 * SIZE, preset("vit"))
    resizing = classifier.network.get_layer("resizing")
    assert (resizing.height, resizing.width, resizing.interpolation) == (SIZE, SIZE, "bicubic")
    assert classifier.features.shape == (None, 32)


@pytest.mark.large
@pytest.mark.parametrize("name", ["dinov2", "dinov3", "mit", "mobilenet"])
def test_a_backbone_whose_weights_fit_any_size_is_built_for_the_images(
    name: str, preset: Callable[[str], Path]
) -> None:
    if name in installed():
        assert "resizing" not in layer_names(built(2 * SIZE, preset(name)))


def test_a_file_of_a_preset_is_refused_for_its_folder(preset: Callable[[str], Path]) -> None:
    file = preset("vit") / "model.weights.h5"
    with pytest.raises(ZooError) as caught:
        built(weights=file)
    assert str(caught.value).endswith(f"give its folder, --weights {file.parent}")


def test_a_backbone_that_cannot_be_rebuilt_layer_by_layer_is_one_layer(preset: Callable[[str], Path]) -> None:
    classifier = built(weights=preset("vit"))
    assert layer_names(classifier)[:3] == ["pixels", "rescaling", UNIT]


# Training, storing, loading, fine-tuning, export -------------------------------------------------------------


IN_ANOTHER_PROCESS = """
import sys
import numpy as np
import zoo
_, model, registry, pixels, output = sys.argv
network = zoo.load(model, registry=registry).keras
np.save(output, network(np.load(pixels), training=False))
"""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 20 images each, light and dark."""
    folder = tmp_path_factory.mktemp("photos") / "photos"
    for number, name in enumerate(("dark", "light")):
        (folder / name).mkdir(parents=True)
        images = np.random.default_rng(number).integers(0, 60, (20, SIZE, SIZE, 3)) + 190 * number
        for index, image in enumerate(images.astype(np.uint8)):
            Image.fromarray(image).save(folder / name / f"{index:02}.png")
    return folder


def check_the_whole_way(name: str, folder: Path, photos: Path, tmp_path: Path) -> None:
    """Train, store, load in another process, fine-tune with everything and with half of it frozen, and export."""
    registry = tmp_path / "registry.db"
    same: Mapping[str, Any] = {"registry": registry, "progress": False, "epochs": 1, "image_size": SIZE}
    model = zoo.train("keras-hub", photos, weights=folder, **same)
    assert model.parameters == PARAMETERS[name]
    network = zoo.load(model, registry=registry).keras
    expected = np.asarray(network(PIXELS, training=False))
    np.save(tmp_path / "pixels.npy", PIXELS)
    subprocess.run(
        [
            sys.executable,
            "-c",
            IN_ANOTHER_PROCESS,
            model.id,
            registry,
            tmp_path / "pixels.npy",
            tmp_path / "out.npy",
        ],
        check=True,
        capture_output=True,
    )
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), expected)
    for freeze in ("all", middle(network)):
        check_what_changed(registry, zoo.finetune(model, photos, freeze=freeze, **same), freeze)
    check_the_exports(registry, model.id, tmp_path, expected, with_keras=name not in LOSSY)


def middle(network: keras.Model) -> str:
    """Return the first half of the layers; of a backbone that is one layer, what comes first in it."""
    first = next((name for name in named_variables(network) if name.startswith(UNIT)), None)
    return "/".join(first.split("/")[:2]) if first else "50%"


def check_what_changed(registry: Path, child: Model, freeze: str) -> None:
    """Frozen variables equal those of the parent; every other layer has changed."""
    with zoo.open_registry(registry) as opened:
        before, after = (opened.load_content(each).tensors for each in (str(child.parent_id), child.id))
        layers = opened.layers(child.id)
    changed = {name for name, tensor in after.items() if not np.array_equal(tensor, before[name])}
    frozen = (freeze,) if "/" in freeze else tuple(f"{each.name}/" for each in layers if each.frozen == "yes")
    assert any(name.startswith(frozen) for name in after)
    assert not any(name.startswith(frozen) for name in changed)
    assert {name.partition("/")[0] for name in changed} == {
        each.name for each in layers if each.frozen in ("no", "partly")
    }


def check_the_exports(
    registry: Path, model: str, tmp_path: Path, expected: np.ndarray, *, with_keras: bool
) -> None:
    def export(form: str, name: str) -> int:
        options = ("--format", form, "--output", str(tmp_path / name))
        return run(["--registry", str(registry), "export", model, *options])

    assert export("saved-model", "net") == 0
    (probabilities,) = (
        tf.saved_model.load(str(tmp_path / "net")).signatures["serving_default"](tf.constant(PIXELS)).values()
    )
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    assert export("keras", "net.keras") == (0 if with_keras else 1)
    if with_keras:
        exported = keras.saving.load_model(tmp_path / "net.keras")
        np.testing.assert_allclose(exported(PIXELS, training=False), expected, atol=1e-5)


def test_each_backbone_has_a_row_in_the_table() -> None:
    assert list(PARAMETERS) == list(KINDS)


@pytest.mark.large
@every
def test_a_preset_goes_the_whole_way(
    name: str, preset: Callable[[str], Path], photos: Path, tmp_path: Path
) -> None:
    check_the_whole_way(name, preset(name), photos, tmp_path)


@pytest.mark.large
def test_the_digest_of_a_preset_is_recorded(
    preset: Callable[[str], Path], photos: Path, tmp_path: Path
) -> None:
    registry = tmp_path / "registry.db"
    model = zoo.train(
        "keras-hub",
        photos,
        weights=preset("vgg"),
        freeze="block2",
        epochs=1,
        image_size=SIZE,
        registry=registry,
        progress=False,
    )
    with zoo.open_registry(registry) as opened:
        weights = opened.run(model.run_id).plan.candidate.weights
    assert weights.sha256 == digest_of(preset("vgg"))


# Fetching ----------------------------------------------------------------------------------------------------


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of kagglehub's cache that has the files of resnet_18_imagenet, as a download leaves them."""
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    handle = keras_hub.models.Backbone.presets["resnet_18_imagenet"]["kaggle_handle"]
    folder: Path = tmp_path / "models" / handle.removeprefix("kaggle://")
    save_preset(folder, "resnet")
    marks = folder.parent / ".complete" / folder.name
    marks.mkdir(parents=True)
    for file in folder.glob("*.*"):
        if file.is_file():
            (marks / f"{file.name}.complete").touch()
    return folder


def test_a_preset_in_the_cache_of_its_hub_is_not_downloaded(cached: Path) -> None:
    assert fetch_preset("resnet_18_imagenet") == cached


def test_without_a_network_the_missing_preset_and_its_page_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:1")
    with pytest.raises(ZooError) as refused:
        fetch_preset("resnet_18_imagenet")
    assert str(refused.value).startswith(
        f"the preset resnet_18_imagenet cannot be downloaded: {OFFLINE} "
        "https://www.kaggle.com/models/keras/resnetv1/keras/resnet_18_imagenet/"
    )


def test_without_a_network_a_preset_of_hugging_face_is_refused_likewise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(
        huggingface_hub.constants, "HF_HUB_OFFLINE", True
    )  # otherwise it retries for half a minute
    with pytest.raises(ZooError) as refused:
        fetch_preset("hf://keras/resnet_18_imagenet")
    assert str(refused.value) == (
        f"the preset hf://keras/resnet_18_imagenet cannot be downloaded: {OFFLINE} "
        "https://huggingface.co/keras/resnet_18_imagenet on another computer, put them into a folder, and give that "
        "with --weights FOLDER"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet_19_imagenet", "KerasHub has no preset 'resnet_19_imagenet'; nearest: resnet_18_imagenet, "),
        ("vit_weights.h5", "KerasHub has no preset 'vit_weights.h5'; "),
        (
            "kaggle://keras/resnetv1",
            "the preset kaggle://keras/resnetv1 cannot be downloaded: Unexpected Kaggle",
        ),
        (
            "hf://one/two/three",
            "the preset hf://one/two/three cannot be downloaded: Unexpected Hugging Face preset",
        ),
    ],
)
def test_a_name_of_no_preset_is_refused_in_one_line(name: str, message: str) -> None:
    with pytest.raises(ZooError) as refused:
        fetch_preset(name)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


# Folders that are no presets ---------------------------------------------------------------------------------


def test_a_folder_without_a_configuration(tmp_path: Path) -> None:
    assert refusal(tmp_path).startswith("the folder FOLDER is no preset of KerasHub: it has no config.json")


def test_a_preset_of_text(tmp_path: Path) -> None:
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=10, num_layers=1, num_heads=1, hidden_dim=4, intermediate_dim=4, max_sequence_length=4
    )
    backbone.save_to_preset(str(tmp_path))
    assert refusal(tmp_path).startswith(
        "the preset FOLDER is a BertBackbone, which is no backbone for classifying images: give a preset of cspnet, "
    )


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "{}", '{"model_type": "none"}', '{"model_type": "bert"}', '{"registered_name": "a>B"}'],
)
def test_a_damaged_configuration(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    assert "FOLDER" in refusal(tmp_path)


def test_damaged_weights(preset: Callable[[str], Path], tmp_path: Path) -> None:
    save_preset(tmp_path, "vgg")
    weights = tmp_path / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:2000])
    assert refusal(tmp_path).startswith("the preset FOLDER cannot be loaded: ")


def test_missing_weights(tmp_path: Path) -> None:
    save_preset(tmp_path, "vgg")
    (tmp_path / "model.weights.h5").unlink()
    assert refusal(tmp_path).startswith("the preset FOLDER cannot be loaded: ")


def test_a_preset_without_an_image_converter(tmp_path: Path) -> None:
    new_backbone("vgg").save_to_preset(str(tmp_path))
    assert refusal(tmp_path) == (
        "the preset FOLDER has no image_converter.json, so the range of its inputs is not known: give it with "
        "--set input_range=-1,1, or 0,1, or 0,255"
    )
    assert built(weights=tmp_path, input_range="-1,1").features.shape[-1] == 128


def test_a_damaged_image_converter(tmp_path: Path) -> None:
    save_preset(tmp_path, "vgg")
    (tmp_path / kerashub_presets.CONVERTER).write_text("{")
    assert refusal(tmp_path).startswith("the image_converter.json of the preset FOLDER cannot be read: ")


def test_options_that_a_preset_determines(preset: Callable[[str], Path]) -> None:
    folder = preset("vgg")
    assert refusal(folder, backbone="vit") == (
        "--weights FOLDER is a preset of the backbone vgg, not of vit: leave --set backbone out"
    )
    assert refusal(folder, variant="nano", backbone="vgg").startswith(
        "--set variant has no effect with --weights"
    )
    assert refusal(folder, config=json.dumps({"block_type": "basic_block"})).startswith(
        "--set config has no effect with"
    )
    assert built(weights=folder, backbone="vgg").features.shape[-1] == 128


def test_the_architecture_takes_presets_by_name() -> None:
    assert ARCHITECTURE.has_weights("hf://keras/resnet_18_imagenet")
    assert ARCHITECTURE.has_weights("kaggle://keras/vit/keras/vit_base_patch16_224_imagenet")
    assert not ARCHITECTURE.has_weights("imagenet")
    assert len(KINDS) == 16
