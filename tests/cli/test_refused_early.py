"""Refusals before TensorFlow is imported, in a separate process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.processes import LeanProcess


@pytest.fixture
def refused_early(lean: LeanProcess) -> Callable[..., str]:
    """Call `zoo` with bad input; returns the line that it answers, for which nothing large was imported."""

    def call(arguments: str, *, code: int = 1, missing: tuple[str, ...] = ()) -> str:
        result = lean(*arguments.split(), missing=missing)
        assert (result.code, result.out, result.imported) == (code, "", ())
        lines = [line for line in result.err.splitlines() if not line.startswith("· ")]
        assert len(lines) == 1 or code == 2, lines
        return lines[-1].removeprefix("Error: ")

    return call


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train tinny blobs", "unknown architecture 'tinny': did you mean 'tiny'?"),
        (
            "train tiny blobz",
            "unknown dataset 'blobz': did you mean 'blobs'? or give the path of your images",
        ),
        ("train tiny ./gone", "there is no folder '{tmp_path}/gone'; check the path"),
        (
            "train tiny blobs --preset wied",
            "unknown preset 'wied': did you mean 'wide'? (of architecture tiny)",
        ),
        (
            "train tiny blobs --set learning_rat=0.1",
            "unknown hyperparameter 'learning_rat': did you mean 'learning_rate'?",
        ),
        (
            "train tiny blobs --set learning_rate=11",
            "learning_rate must be a number above 0 and at most 10, got '11'",
        ),
        (
            "train tiny blobs --set learning_rate=1_0",
            "learning_rate must be a number above 0 and at most 10, got '1_0'",
        ),
        (
            "train tiny blobs --weights imagenet",
            "architecture 'tiny' has no pre-trained weights to load: leave --weights out",
        ),
        ("train resnet50 digits --weights ./w.h5", "there is no weights file ./w.h5: check --weights"),
        ("search tiny,tiny blobs", "'tiny,tiny' names an architecture twice: name it once"),
        (
            "search tiny,moody blobs --set tiny/learning_rate=x",
            "learning_rate must be a number above 0 and at most 10, got 'x'",
        ),
        ("search tiny blobs --algorithm rnadom", "unknown algorithm 'rnadom': did you mean 'random'?"),
        (
            "search tiny blobs --objective val_acuracy",
            "unknown objective 'val_acuracy': did you mean 'val_accuracy' or 'accuracy'?",
        ),
        (
            "search tiny blobs --dry-run --set dropout=2",
            "dropout must be a number from 0 to below 1, got '2'",
        ),
        (
            "--plugins-dir gone train tiny blobs",
            "plugin folder gone is not a folder: check --plugins-dir or ZOO_PLUGINS_DIR",
        ),
    ],
)
def test_a_request_without_a_model(
    refused_early: Callable, arguments: str, message: str, tmp_path: Path
) -> None:
    assert refused_early(arguments) == message.format(tmp_path=tmp_path)


NO_LAYER = (
    "no layer or freeze point 'bakc': give a number, a share such as 50%, all, none or a name such as back"
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "predict blobs@best nope.png",
            "cannot read the image 'nope.png': no such file or directory; check the path",
        ),
        (
            "evaluate nix blobs",
            "no model 'nix': give an id or the start of one, DATASET@best or DATASET@ALIAS; `zoo models` lists them",
        ),
        (
            "evaluate blobs@best blobz",
            "unknown dataset 'blobz': did you mean 'blobs'? or give the path of your images",
        ),
        ("finetune blobs@best blobs --freeze bakc", NO_LAYER),
        ("finetune blobs@best blobs --compare --freeze none,bakc", NO_LAYER),
        ("finetune blobs@best blobs --search --freeze bakc", NO_LAYER),
        (
            "finetune blobs@best blobs --set dropuot=0",
            "unknown hyperparameter 'dropuot': did you mean 'dropout' or 'output'?",
        ),
        (
            "finetune blobs@best blobs --layer-decay 2",
            "layer_decay must be a number above 0 and at most 1, got '2'",
        ),
        ("export blobs@best --format onnx", "unknown format 'onnx'; available: h5, keras, saved-model"),
        (
            "export blobs@best --format h5 --output m.keras",
            "m.keras must end in .h5: Keras reads a file of format h5 only with that suffix",
        ),
        ("search --resume nix", "no search 'nix': `zoo searches` lists them"),
        ("plot nix", "no search 'nix': `zoo searches` lists them"),
    ],
)
@pytest.mark.usefixtures("registry_unchanged")
def test_a_request_for_a_model(refused_early: Callable, arguments: str, message: str) -> None:
    assert refused_early(arguments) == message


@pytest.mark.parametrize("command", ["search tiny blobs", "finetune blobs@best blobs --search"])
def test_workers_without_ray(refused_early: Callable, command: str) -> None:
    message = refused_early(f"{command} --workers 2", missing=("ray",))
    assert message == "Ray is not installed: pip install 'keras-zoo[ray]'"


@pytest.mark.parametrize("arguments", ["train tiny blobs --epochs 0", "train tiny blobs --epochs 1_0"])
def test_wrong_usage(refused_early: Callable, arguments: str) -> None:
    assert "Invalid value for '--epochs'" in refused_early(arguments, code=2)


def test_a_hyperparameter_that_the_plugin_may_declare_is_left_to_it(zoo: Callable) -> None:
    """`filter` is in the name of one that it declares; only the network itself can tell."""
    result = zoo("train", "tiny", "blobs", "--set", "filters_2=1")
    assert (result.code, "unknown hyperparameter 'filters_2'" in result.err) == (1, True)
