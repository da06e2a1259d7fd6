"""`--weights` on the command line: a file, or ImageNet weights that Keras fetches."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
from PIL import Image

from tests.plugins.weights_files import keras_network, save, save_as_keras_2_does
from zoo.cli import run
from zoo.interfaces import Weights
from zoo.plugins import load_plugins
from zoo.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.large

ARCHITECTURES = load_plugins().architectures


def draw_photos(root: Path) -> None:
    """Two classes, cat and dog, with 30 images of 32×32 each."""
    for number, name in enumerate(("cat", "dog")):
        (root / name).mkdir(parents=True)
        noise = np.random.default_rng(number).integers(0, 60, (30, 32, 32, 3)) + 190 * number
        for index, image in enumerate(noise.astype(np.uint8)):
            Image.fromarray(image).save(root / name / f"{index:02}.png")


@pytest.fixture(scope="module")
def source() -> keras.Model:
    return keras_network("mobilenet-v2", top=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, source: keras.Model) -> Path:
    """Holds photos, and a weights file of MobileNetV2 with alpha 0.35."""
    folder = tmp_path_factory.mktemp("folder")
    draw_photos(folder / "photos")
    save(source, folder / "v2.older.h5")
    return folder


@pytest.fixture
def zoo(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Call `zoo` in that folder and return its exit code, standard output and standard error."""
    monkeypatch.chdir(folder)

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


V2 = ("mobilenet-v2", "photos", "--image-size", 32, "--set", "alpha=0.35", "--epochs", 1)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[object, ...]]:
    """A registry of its own, and all that is in it."""
    monkeypatch.setenv("ZOO_REGISTRY", str(tmp_path / "registry.db"))

    def look() -> tuple[object, ...]:
        with open_registry(tmp_path / "registry.db", create=False) as registry:
            return (*registry.runs(), *registry.searches(), *registry.datasets())

    return look


def calls_zoo(folder: Path, *arguments: object) -> list[str]:
    """Call `zoo` in that folder and return its notices."""
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(io.StringIO()) as stderr:
        patch.chdir(folder)
        assert run([str(argument) for argument in arguments]) == 0, stderr.getvalue()
    return [line for line in stderr.getvalue().splitlines() if line.startswith("· ")]


@pytest.fixture(scope="module")
def trained(folder: Path) -> dict[str, Any]:
    """The notices and the record of a model that was trained from that file, all frozen but the head."""
    command = ["train", "mobilenet-v2", "shapes", *V2[2:], "--freeze", "all", "--weights", "./v2.older.h5"]
    notices = calls_zoo(folder, *command)
    with open_registry(folder / "registry.db", create=False) as registry:
        (model,) = registry.models()
        return {
            "notices": notices,
            "model": model,
            "weights": registry.run(model.run_id).plan.candidate.weights,
            "content": registry.load_content(model.id),
        }


def test_the_file_is_recorded_with_the_run(folder: Path, trained: dict[str, Any]) -> None:
    file = folder / "v2.older.h5"
    assert trained["weights"] == Weights(str(file), hashlib.sha256(file.read_bytes()).hexdigest())


def test_the_stored_model_has_the_weights_of_the_file(trained: dict[str, Any], source: keras.Model) -> None:
    weights = {weight.path: weight.numpy() for weight in source.weights}
    tensors = {
        path: tensor for path, tensor in trained["content"].tensors.items() if not path.startswith("head_")
    }
    assert len(tensors) == 260
    assert [path for path, tensor in tensors.items() if not np.array_equal(tensor, weights[path])] == []


def test_only_the_head_has_trained(trained: dict[str, Any]) -> None:
    assert trained["content"].trainable == ("head_output/kernel", "head_output/bias")
    assert trained["model"].trainable_parameters == 1280 * 6 + 6


RANDOM = "· the frozen layers have random weights: --weights loads trained ones"


def test_frozen_layers_without_weights_are_reported(folder: Path) -> None:
    assert RANDOM in calls_zoo(folder, "train", *V2, "--freeze", "all")


def test_frozen_layers_with_weights_are_no_more_than_counted(trained: dict[str, Any]) -> None:
    assert "· parameters by stage; frozen: Conv1 … Conv_1_bn (104 layers)" in trained["notices"]
    assert RANDOM not in trained["notices"]


def test_freeze_is_the_hyperparameter_of_that_name(recorded: Callable, folder: Path) -> None:
    for option in (["--freeze", "block1"], ["--set", "freeze=block1"]):
        calls_zoo(folder, "train", "convnet", "photos", "--image-size", 8, "--epochs", 1, *option)
    as_set, as_option, *_ = recorded()
    with open_registry(os.environ["ZOO_REGISTRY"], create=False) as registry:
        manifests = {registry.model(run.model_id).manifest for run in (as_set, as_option)}
    assert as_option.plan.hyperparameters["freeze"] == "block1"
    assert as_set.plan.hyperparameters == as_option.plan.hyperparameters
    assert len(manifests) == 1


WRONG = (
    (("--freeze", "105"), "cannot freeze 105 layers: .*; give 0 to 104, or all"),
    (("--freeze", "-1"), "cannot freeze -1 layers: .*; give 0 to 104, or all"),
    (("--freeze", "blok_3"), "no layer or freeze point 'blok_3': .* a name such as block_3, "),
    (
        ("--freeze", "Conv1/krenel"),
        "no variable's name starts with 'Conv1/krenel'; available: Conv1/kernel, ",
    ),
    (("--weights", "missing.h5"), "there is no weights file missing.h5: check --weights"),
    (("--weights", "./photos"), "weights photos cannot be read: the folder has no weights file: zoo reads "),
    (("--weights", "imagnet"), "unknown weights 'imagnet': did you mean 'imagenet'\\? or give the path of "),
    (
        ("--weights", "v2.older.h5", "--set", "alpha=0.5"),
        "weights v2.older.h5 do not fit the network: 187 of 260 variables get nothing; ",
    ),
)


@pytest.mark.parametrize(
    ("command", "options", "complaint"),
    [("train", *wrong) for wrong in WRONG] + [("search", *WRONG[number]) for number in (0, 3, 4, 7)],
)
def test_unsuitable_weights_are_refused_before_anything_is_recorded(
    zoo: Callable, recorded: Callable, command: str, options: tuple[str, ...], complaint: str
) -> None:
    code, out, err = zoo(command, *V2, *options)
    assert (code, out) == (1, "")
    assert re.fullmatch(f"(?:[^E].*\n)*Error: {complaint}.*\n", err)
    assert recorded() == ()


UNNAMED = """
from zoo import Architecture, hookimpl

def backbone(hp, inputs, *, weights=None):
    from keras import layers
    return layers.Conv2D(2, 3)(layers.Conv2D(2, 3)(inputs))

@hookimpl
def zoo_architectures():
    return [Architecture("unnamed", backbone, "layers that Keras names", "none", min_size=8)]
"""


@pytest.mark.parametrize("command", ["train", "search"])
def test_a_name_that_keras_numbers_is_the_same_in_each_command(
    zoo: Callable, recorded: Callable, tmp_path: Path, command: str
) -> None:
    """As of InceptionV3, whose layers have no names of their own: numbers begin anew with each network."""
    (tmp_path / "unnamed.py").write_text(UNNAMED)
    options = [
        "--image-size",
        8,
        "--epochs",
        1,
        "--freeze",
        "conv2d",
        *(["--trials", 1] * (command == "search")),
    ]
    code, _, err = zoo("--plugins-dir", tmp_path, command, "unnamed", "photos", *options)
    assert code == 0, err
    assert recorded()[0].plan.hyperparameters["freeze"] == "conv2d"


# ImageNet ------------------------------------------------------------------------------------------------

PROXY = "http://127.0.0.1:9"  # where nobody answers
ASK_FOR_ALL = """
import json, sys
from pathlib import Path
import keras
from keras.src.utils import file_utils
from keras_tuner import HyperParameters
from zoo import ZooError
from zoo.cli import run
from zoo.plugins import load_plugins

looked_for = []
get_file = file_utils.get_file
def listen(fname, origin, **arguments):
    looked_for.append((fname, origin, arguments["cache_subdir"]))
    return get_file(fname, origin, **arguments)
file_utils.get_file = listen

messages = {}
plugins = load_plugins()
for name in json.loads(sys.argv[1]):
    architecture = plugins.architecture(name)
    size = architecture.min_size
    try:
        architecture.backbone(HyperParameters(), keras.Input((size, size, 3)), weights="imagenet")
    except ZooError as error:
        messages[name] = str(error), *looked_for.pop()
Path("messages.json").write_text(json.dumps(messages))
sys.exit(run(sys.argv[2:]))
"""


NAMES = [name for name, architecture in ARCHITECTURES.items() if "imagenet" in architecture.weights]


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The output of a process without network for ImageNet weights, one of which is on the disk."""
    folder = tmp_path_factory.mktemp("offline")
    draw_photos(folder / "photos")
    home = folder / "keras"
    (home / "models").mkdir(parents=True)
    network = keras.applications.MobileNetV2(
        include_top=False, alpha=0.35, weights=None, input_shape=(96, 96, 3)
    )
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5"
    save_as_keras_2_does(network, home / "models" / name)
    command = "train mobilenet-v2 photos --image-size 96 --set alpha=0.35 --epochs 1 --weights imagenet --freeze all"
    proxies = {"http_proxy": PROXY, "https_proxy": PROXY, "no_proxy": ""}
    done = subprocess.run(
        [sys.executable, "-c", ASK_FOR_ALL, json.dumps(NAMES), *command.split(), "--json"],
        cwd=folder,
        env={**os.environ, **proxies, "KERAS_HOME": str(home), "ZOO_REGISTRY": str(folder / "imagenet.db")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {
        "folder": folder,
        "messages": json.loads((folder / "messages.json").read_text()),
        "files": sorted(path.name for path in (home / "models").iterdir()),
        "out": done.stdout,
        "network": network,
        "name": name,
    }


def test_imagenet_weights_that_cannot_be_downloaded(offline: dict[str, Any]) -> None:
    """Each architecture names the file that Keras looks for, where it is to be had and where it belongs."""
    networks = {
        name: message.split(" of ")[1].split()[0] for name, (message, *_) in offline["messages"].items()
    }
    assert {name: message for name, (message, *_) in offline["messages"].items()} == {
        name: f"the ImageNet weights of {networks[name]} cannot be downloaded: get {file} from {url} and put it "
        f"into {offline['folder'] / 'keras' / subfolder}, or name another weights file with --weights PATH"
        for name, (_, file, url, subfolder) in offline["messages"].items()
    }


def test_every_architecture_was_asked(offline: dict[str, Any]) -> None:
    assert list(offline["messages"]) == NAMES


def test_a_failed_download_leaves_nothing(offline: dict[str, Any]) -> None:
    assert offline["files"] == [offline["name"]]


def test_a_download_is_no_part_of_the_result(offline: dict[str, Any]) -> None:
    """Keras announces each one on standard output."""
    assert json.loads(offline["out"])["architecture"] == "mobilenet-v2"


def test_imagenet_weights_arrive(offline: dict[str, Any]) -> None:
    with open_registry(offline["folder"] / "imagenet.db", create=False) as registry:
        (run,) = registry.runs()
        tensors = registry.load_content(str(run.model_id)).tensors
    assert run.plan.candidate.weights == Weights("imagenet")
    source = {weight.path: weight.numpy() for weight in offline["network"].weights}
    assert [path for path, weight in source.items() if not np.array_equal(tensors[path], weight)] == []
