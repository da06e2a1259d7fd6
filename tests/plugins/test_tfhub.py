"""Modules of TensorFlow Hub: their variables train, freeze, are kept and leave with the network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from zoo_plugins.hub_module import HubModule, unique_paths
from zoo_plugins.tfhub import RANGES

from tests.plugins import hub_modules
from tests.plugins.hub_modules import (
    SIZE,
    built,
    save_function,
    save_keras,
    save_maps,
    save_network,
    save_signature,
)
from zoo import ZooError
from zoo.cli import run
from zoo.models.content import from_content, to_content
from zoo.models.freezing import freeze

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo.models.classifier import Classifier

PIXELS = np.random.default_rng(0).integers(0, 256, (8, SIZE, SIZE, 3)).astype("float32")
LABELS = np.eye(2)[np.arange(8) % 2]
KERNEL, SCALE, MEAN, DENSE = (
    f"module/Net/{name}" for name in ("conv/weights", "bn/gamma", "bn/moving_mean", "dense/weights")
)


def fitted(classifier: Classifier, optimizer: str = "adam", epochs: int = 2) -> Classifier:
    network = classifier.network
    network.compile(optimizer=optimizer, loss="categorical_crossentropy")
    network.fit(PIXELS, LABELS, batch_size=4, epochs=epochs, verbose=0)
    return classifier


def values_of(classifier: Classifier) -> dict[str, np.ndarray]:
    return {variable.path: variable.numpy() for variable in module_of(classifier).variables}


def module_of(classifier: Classifier) -> HubModule:
    return classifier.network.get_layer("module")


def moved(classifier: Classifier, **how: Any) -> set[str]:
    """Return the module's variables that a training changed, compared bit for bit."""
    before = values_of(classifier)
    after = values_of(fitted(classifier, **how))
    return {path for path in before if not np.array_equal(before[path], after[path])}


def served(folder: Path) -> Any:
    """Return the output of an exported network for PIXELS."""
    exported = tf.saved_model.load(str(folder))
    return exported.serve(tf.constant(PIXELS))


@pytest.fixture
def network(tmp_path: Path) -> str:
    return save_network(tmp_path / "network")


# Variables -------------------------------------------------------------------------------------------------


def test_the_layer_owns_the_variables_that_the_function_uses(network: str) -> None:
    variables = module_of(built(network)).variables
    assert {variable.path: variable.trainable for variable in variables} == {
        KERNEL: True,
        SCALE: True,
        MEAN: False,
        DENSE: True,
    }


def test_paths_and_order_are_the_same_at_every_load(network: str) -> None:
    first, again = (list(values_of(built(network))) for _ in range(2))
    assert first == again


def test_a_name_that_comes_again_gets_a_number() -> None:
    names = ("w:0", "a/w:0", "w:0", "w_1:0", "//a//w:0", ":0")
    assert unique_paths(names) == ["w", "a/w", "w_1", "w_1_1", "a/w_1", "variable"]


def test_a_modules_list_of_trainable_variables_is_used(tmp_path: Path) -> None:
    layer = module_of(built(save_network(tmp_path / "listing", trainable=("kernel", "scale"))))
    assert {variable.path for variable in layer.trainable_variables} == {KERNEL, SCALE}


def test_assigning_a_variable_changes_the_output_of_the_module(network: str) -> None:
    classifier = built(network)
    features = keras.Model(classifier.network.inputs, module_of(classifier).output)
    before = features.predict(PIXELS, verbose=0)
    dense = next(variable for variable in features.variables if variable.path == DENSE)
    dense.assign(2 * dense.value)
    assert np.allclose(features.predict(PIXELS, verbose=0), 2 * before, atol=1e-6)


@pytest.mark.parametrize("save", [save_network, save_maps, save_keras])
def test_a_gradient_reaches_every_trainable_variable(tmp_path: Path, save: Callable[[Path], str]) -> None:
    classifier = built(save(tmp_path / "module"))
    with tf.GradientTape() as tape:
        loss = keras.losses.categorical_crossentropy(LABELS, classifier.network(PIXELS, training=True))
    trainable = module_of(classifier).trainable_variables
    gradients = tape.gradient(loss, [variable.value for variable in trainable])
    assert [gradient is not None and bool(np.any(gradient)) for gradient in gradients] == [True] * len(
        trainable
    )


# Training and freezing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_every_variable_trains_under_any_optimizer(network: str, optimizer: str) -> None:
    assert moved(built(network), optimizer=optimizer) == {KERNEL, SCALE, MEAN, DENSE}


@pytest.mark.parametrize("spec", ["module", "all"])
def test_a_frozen_module_keeps_every_bit_statistics_too(network: str, spec: str) -> None:
    classifier = built(network)
    freeze(classifier, spec)
    assert moved(classifier) == set()


def test_variables_frozen_by_a_prefix_and_statistics_stay_unchanged(network: str) -> None:
    classifier = built(network)
    freeze(classifier, "module/Net/conv,module/Net/bn")
    assert moved(classifier) == {DENSE}


def test_a_module_trains_again_when_it_is_no_longer_frozen(network: str) -> None:
    classifier = built(network)
    freeze(classifier, "module")
    freeze(classifier, "none")
    assert moved(classifier) == {KERNEL, SCALE, MEAN, DENSE}


def test_a_module_that_is_loaded_frozen_stays_as_it_is(network: str) -> None:
    classifier = built(network)
    freeze(classifier, "module")
    assert moved(from_content(to_content(classifier))) == set()


@pytest.mark.parametrize("save", [save_maps, save_keras])
def test_a_module_without_a_training_mode_trains(tmp_path: Path, save: Callable[[Path], str]) -> None:
    classifier = built(save(tmp_path / "module"))
    assert moved(classifier) == {variable.path for variable in module_of(classifier).trainable_variables}


def test_a_module_saved_for_inference_alone_trains_in_inference_mode(tmp_path: Path) -> None:
    assert moved(built(save_network(tmp_path / "module", modes=(False,)))) == {KERNEL, SCALE, DENSE}


# What is called --------------------------------------------------------------------------------------------


def test_the_features_are_the_modules_own(network: str) -> None:
    classifier = built(network)
    features = keras.Model(classifier.network.inputs, module_of(classifier).output)
    module = tf.saved_model.load(network)
    expected = module(tf.constant(PIXELS / 255, tf.float32), training=False)
    assert np.allclose(features.predict(PIXELS, verbose=0), expected, atol=1e-6)


def test_feature_maps_reach_the_heads_pooling(tmp_path: Path) -> None:
    assert built(save_maps(tmp_path / "maps"), pooling="flatten").network.get_layer(
        "head_pooling"
    ).output.shape == (
        None,
        SIZE * SIZE * 4,
    )


def test_the_one_output_in_a_dict_is_taken(tmp_path: Path) -> None:
    handle = save_signature(tmp_path / "module", lambda images: {"features": tf.reduce_mean(images, [1, 2])})
    assert module_of(built(handle)).output.shape == (None, 3)


@pytest.mark.parametrize("pooling", ["avg", "max", "flatten"])
def test_a_module_that_forgot_the_sizes_of_its_features_is_used(tmp_path: Path, pooling: str) -> None:
    def features(images: Any) -> Any:
        shape = tf.shape(images)
        return tf.reshape(images, tf.boolean_mask(shape, shape > 0))

    classifier = built(save_function(tmp_path / "module", features), pooling=pooling)
    assert fitted(classifier).network.predict(PIXELS, verbose=0).shape == (8, 2)


def test_a_module_of_whole_numbers_gets_them(tmp_path: Path) -> None:
    spec = tf.TensorSpec(hub_modules.ANY_SIZE, tf.uint8)
    handle = save_function(tmp_path / "bytes", lambda images: tf.cast(images[:, 0, 0], tf.float32), spec)
    classifier = built(handle, input_range="0,255")
    features = keras.Model(classifier.network.inputs, module_of(classifier).output)
    assert np.array_equal(features.predict(PIXELS, verbose=0), PIXELS[:, 0, 0])


@pytest.mark.parametrize(("input_range", "low", "high"), [("0,1", 0, 1), ("-1,1", -1, 1), ("0,255", 0, 255)])
def test_pixels_come_in_the_modules_range(tmp_path: Path, input_range: str, low: float, high: float) -> None:
    classifier = built(save_maps(tmp_path / "maps"), input_range=input_range)
    scaled = classifier.network.get_layer("rescaling")(np.array([0.0, 255.0]))
    assert np.allclose(scaled, [low, high], atol=1e-6)


def test_every_range_has_a_test() -> None:
    assert set(RANGES) == {"0,1", "-1,1", "0,255"}


def test_xla_which_knows_not_every_operation_leaves_the_module_alone(network: str) -> None:
    assert not module_of(built(network)).supports_jit


# Keeping ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[save_network, save_maps, save_keras])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return fitted(built(request.param(tmp_path_factory.mktemp("trained") / "module")))


def test_a_keras_file_loads_the_same_network(trained: Classifier, tmp_path: Path) -> None:
    trained.network.save(tmp_path / "classifier.keras")
    again = keras.models.load_model(tmp_path / "classifier.keras")
    assert np.array_equal(trained.network.predict(PIXELS, verbose=0), again.predict(PIXELS, verbose=0))


def test_the_registry_loads_the_same_network(trained: Classifier) -> None:
    again = from_content(to_content(trained))
    assert np.array_equal(
        trained.network.predict(PIXELS, verbose=0), again.network.predict(PIXELS, verbose=0)
    )


def test_an_export_is_the_same_network(trained: Classifier, tmp_path: Path) -> None:
    trained.network.export(tmp_path / "export", verbose=False)
    exported = served(tmp_path / "export")
    assert np.allclose(exported, trained.network.predict(PIXELS, verbose=0), atol=1e-6)


def test_an_export_needs_the_module_no_more(tmp_path: Path, network: str) -> None:
    classifier = built(network)
    classifier.network.export(tmp_path / "export", verbose=False)
    Path(network).rename(tmp_path / "elsewhere")
    exported = served(tmp_path / "export")
    assert np.allclose(exported, classifier.network.predict(PIXELS, verbose=0), atol=1e-6)


def test_two_networks_on_one_module_share_no_variables(network: str) -> None:
    first, second = built(network), built(network)
    before = values_of(second)
    fitted(first)
    assert all(np.array_equal(before[path], value) for path, value in values_of(second).items())


def test_a_model_loads_from_any_working_directory(
    tmp_path: Path, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = to_content(built("network"))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert module_of(from_content(content)).handle == network


def test_a_stored_model_refuses_another_module(tmp_path: Path, network: str) -> None:
    classifier = built(network)
    content, digest = to_content(classifier), module_of(classifier).digest
    save_maps(Path(network))
    with pytest.raises(ZooError) as refused:
        from_content(content)
    assert str(refused.value) == (
        f"tfhub module {network} has changed since this model was trained: restore the one whose saved_model.pb "
        f"has SHA-256 {digest}"
    )


def test_a_stored_model_says_that_its_module_is_gone(tmp_path: Path, network: str) -> None:
    content = to_content(built(network))
    Path(network).rename(tmp_path / "elsewhere")
    with pytest.raises(ZooError) as refused:
        from_content(content)
    assert (
        str(refused.value)
        == f"this model needs its tfhub module {network}, which is missing: restore it there"
    )


# The command line ------------------------------------------------------------------------------------------


def zoo(command: str) -> int:
    """The exit code of `zoo` with these arguments."""
    return run(command.split())


TRAIN = "train tfhub digits --set handle=network --image-size 8 --epochs 1"


@pytest.fixture(scope="module")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a module and a registry with a model on it."""
    folder = tmp_path_factory.mktemp("folder")
    save_network(folder / "network")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert zoo(TRAIN) == 0
    return folder


@pytest.fixture
def working_folder(trained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a copy of that registry; its model needs the module in the other folder."""
    shutil.copy(trained_folder / "registry.db", tmp_path)
    shutil.copytree(trained_folder / "artifacts", tmp_path / "artifacts")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def predicts_in_another_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    Image.fromarray(PIXELS[0].astype("uint8")).save("image.png")
    return zoo("--registry ../registry.db predict digits@best image.png") == 0


def test_the_model_of_a_training_works_in_another_folder(
    working_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert predicts_in_another_folder(working_folder, monkeypatch)


@pytest.mark.large
def test_the_model_of_a_search_works_in_another_folder(
    tmp_path: Path, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert zoo(TRAIN.replace("train", "search") + " --trials 1") == 0
    assert predicts_in_another_folder(tmp_path, monkeypatch)


def test_the_model_of_a_fine_tuning_works_in_another_folder(
    working_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zoo("finetune digits@best digits --freeze module/Net/conv --epochs 1") == 0
    assert predicts_in_another_folder(working_folder, monkeypatch)


def test_a_stored_model_whose_module_is_gone_is_refused_in_one_line(
    trained_folder: Path, working_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = trained_folder / "network"
    moved = network.rename(working_folder / "elsewhere")
    capsys.readouterr()
    try:
        assert zoo("evaluate digits@best digits") == 1
    finally:
        moved.rename(network)
    assert capsys.readouterr().err == (
        "· reading digits …\n"
        f"Error: this model needs its tfhub module {network}, which is missing: restore it there\n"
    )
