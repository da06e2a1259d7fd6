"""Modules that `tfhub` cannot use: each is refused in one line that says why."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import tensorflow as tf

from tests.plugins import hub_modules
from tests.plugins.hub_modules import (
    SIZE,
    built,
    save_first_generation,
    save_function,
    save_maps,
    save_network,
    save_signature,
)
from zoo import ZooError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def network(tmp_path: Path) -> str:
    return save_network(tmp_path / "network")


def refusal(handle: str | Path, **how: Any) -> str:
    """Return the error message about the module, with HANDLE for its handle."""
    with pytest.raises(ZooError) as refused:
        built(str(handle), **how)
    return str(refused.value).replace(str(handle), "HANDLE") if handle else str(refused.value)


def test_no_handle() -> None:
    assert refusal("") == (
        "tfhub needs a module: --set handle=URL-or-folder, and --set input_range=-1,1 or 0,255 for one that does "
        "not take pixels from 0 to 1"
    )


def test_an_unknown_input_range(network: str) -> None:
    assert refusal(network, input_range="0,2") == "input_range must be one of 0,1; -1,1; 0,255, got '0,2'"


def test_a_missing_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == (
        "tfhub finds no folder HANDLE: give the folder of a SavedModel, or a URL"
    )


def test_a_folder_without_a_saved_model(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        "tfhub finds no SavedModel in HANDLE: give the folder that contains saved_model.pb, or a URL"
    )


def test_a_damaged_saved_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"damaged")
    message = refusal(tmp_path)
    assert message.startswith(
        f"tfhub module HANDLE cannot be loaded by TensorFlow {tf.__version__}: Cannot parse file "
    )
    assert message.endswith("; use another version of it")


def test_an_address_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    assert refusal("http://127.0.0.1:9/module/1") == (
        "tfhub cannot fetch HANDLE: urlopen error [Errno 111] Connection refused; check the address and the "
        "network, or give a folder"
    )


@pytest.mark.large
def test_fetching_says_no_more_than_that_in_a_new_process(tmp_path: Path) -> None:
    """tensorflow_hub warns when it is first imported."""
    options = "--set handle=http://127.0.0.1:9/module/1 --image-size 8"
    ended = subprocess.run(
        [sys.executable, "-m", "zoo", *f"train tfhub digits {options}".split()],
        cwd=tmp_path,
        env={**os.environ, "TFHUB_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == (
        "· reading digits …\n"
        "· starting TensorFlow …\n"
        "· images become RGB for tfhub\n"
        "Error: tfhub cannot fetch http://127.0.0.1:9/module/1: urlopen error [Errno 111] Connection refused; "
        "check the address and the network, or give a folder\n"
    )


FIRST_GENERATION = (
    "tfhub module HANDLE is in the format of TensorFlow 1, which cannot be trained here: "
    "use its TensorFlow 2 version"
)


def test_a_module_in_the_first_hub_format(tmp_path: Path) -> None:
    (tmp_path / "tfhub_module.pb").write_bytes(b"\x08\x03")
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert refusal(tmp_path) == FIRST_GENERATION


def test_a_saved_model_of_tensorflow_1(tmp_path: Path) -> None:
    assert refusal(save_first_generation(tmp_path / "module")) == FIRST_GENERATION


def test_images_of_another_size(tmp_path: Path) -> None:
    handle = save_maps(tmp_path / "module", (None, 24, 24, 3))
    assert refusal(handle, size=32) == (
        "tfhub module HANDLE takes images of 24×24, not 32×32: give --image-size 24"
    )


def test_images_of_the_size_that_is_asked_for(tmp_path: Path) -> None:
    handle = save_maps(tmp_path / "module", (None, 24, 24, 3))
    assert built(handle, size=24).image_size == 24


def test_images_that_are_not_square(tmp_path: Path) -> None:
    assert refusal(save_maps(tmp_path / "module", (None, 24, 16, 3))) == (
        "tfhub module HANDLE takes images of 24×16, but zoo's are square: choose another module"
    )


def test_other_channels(tmp_path: Path) -> None:
    assert refusal(save_maps(tmp_path / "module", (None, None, None, 1))) == (
        "tfhub module HANDLE takes 1-channel images, not 3-channel ones: choose another module"
    )


def test_batches_of_one_size(tmp_path: Path) -> None:
    assert refusal(save_maps(tmp_path / "module", (1, SIZE, SIZE, 3))) == (
        "tfhub module HANDLE takes batches of 1 only, but zoo needs any size: choose another module"
    )


def test_a_module_for_text(tmp_path: Path) -> None:
    handle = save_function(tmp_path / "text", tf.strings.length, tf.TensorSpec((None,), tf.string))
    assert (
        refusal(handle)
        == "tfhub module HANDLE does not take images but string (None,): choose another module"
    )


def test_several_inputs_of_a_signature(tmp_path: Path) -> None:
    specs = [tf.TensorSpec(hub_modules.ANY_SIZE, name=name) for name in ("left", "right")]
    assert refusal(save_signature(tmp_path / "module", lambda left, right: left + right, *specs)) == (
        "tfhub module HANDLE takes 2 inputs (left, right), not one tensor of images: choose another module"
    )


def test_several_outputs(tmp_path: Path) -> None:
    handle = save_function(tmp_path / "module", lambda images: {"logits": images, "features": images})
    assert refusal(handle) == (
        "tfhub module HANDLE returns 2 outputs (features, logits), not one tensor: choose another module"
    )


def test_several_outputs_without_names(tmp_path: Path) -> None:
    assert refusal(save_function(tmp_path / "module", lambda images: (images, images))) == (
        "tfhub module HANDLE returns 2 outputs, not one tensor: choose another module"
    )


@pytest.mark.parametrize(
    ("function", "output"),
    [
        (lambda images: images[:, 0], "float32 (2, 8, 3)"),
        (lambda images: tf.reduce_mean(images, [0, 1]), "float32 (8, 3)"),
        (lambda images: tf.argmax(images[:, 0], -1), "int64 (2, 8)"),
    ],
)
def test_an_output_that_is_no_feature(tmp_path: Path, function: Callable[..., Any], output: str) -> None:
    assert refusal(save_function(tmp_path / "module", function)) == (
        f"tfhub module HANDLE returns {output} for 2 images, not features (batch, d) or (batch, h, w, c): "
        "choose another module"
    )


def test_a_module_that_fails_on_images_of_this_size(tmp_path: Path) -> None:
    handle = save_function(tmp_path / "module", lambda images: tf.reshape(images, (-1, 7)))
    message = refusal(handle)
    assert message.startswith("tfhub module HANDLE cannot be applied to images of 8×8×3: ")
    assert message.endswith("; try another --image-size or module")
    assert "\n" not in message


def test_a_module_saved_for_training_alone(tmp_path: Path) -> None:
    assert refusal(save_network(tmp_path / "module", modes=(True,))) == (
        "tfhub module HANDLE was saved for training only: save it with training=False as well"
    )


def test_a_module_without_a_function(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "module"))
    assert refusal(tmp_path / "module") == (
        "tfhub module HANDLE has no function to call: save it with a traced __call__ or with the signature "
        "serving_default"
    )
