"""Bad input to `zoo finetune`: one line that says what to do, exit code 1, and nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NO_SUCH_LAYER = (
    "no layer or freeze point '{}': give a number, a share such as 50%, all, none or a name such as"
)

pytestmark = pytest.mark.usefixtures("registry_unchanged")


def test_finetuning_takes_no_hyperparameter_of_the_architecture(refused: Callable) -> None:
    message = refused("finetune", "blobs@best", "pets", "--set", "filters=2")
    assert message.startswith("unknown hyperparameter 'filters'; available: augmentation, batch_size, ")


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        (
            "3",
            "cannot freeze 3 layers: the model has 2 layers with weights before its head; give 0 to 2, or all",
        ),
        (
            "-1",
            "cannot freeze -1 layers: the model has 2 layers with weights before its head; give 0 to 2, or all",
        ),
        (
            "front_con",
            f"{NO_SUCH_LAYER.format('front_con')} front_conv, front",
        ),
        (
            "head_output",
            "cannot freeze up to 'head_output': it is in the head, which always trains; all freezes up to the head",
        ),
        (
            "until:head_output",
            "cannot freeze up to 'head_output': it is in the head, which always trains; all freezes up to the head",
        ),
        (
            "until:bak",
            f"{NO_SUCH_LAYER.format('bak')} back",
        ),
        ("150%", "cannot freeze 150% of the layers before the head: give 0% to 100%"),
        ("-1%", "cannot freeze -1% of the layers before the head: give 0% to 100%"),
        ("pattern:", "an empty pattern freezes nothing: give one such as pattern:block_1?_*"),
        ("pattern:back_*,", "an empty pattern freezes nothing: give one such as pattern:block_1?_*"),
        (
            "pattern:bakc_conv*",
            "no layer with weights matches pattern 'bakc_conv*'; available: back_conv, …",
        ),
        (
            "pattern:head_*",
            "cannot freeze pattern 'head_*': it matches only the head, which always trains",
        ),
    ],
)
def test_a_wrong_freeze(refused: Callable, freeze: str, message: str) -> None:
    assert refused("finetune", "blobs@best", "pets", f"--freeze={freeze}") == message


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--head-epochs=-1", "head_epochs must be a whole number from 0 to 100000, got '-1'"),
        ("--unfreeze-epochs=some", "unfreeze_epochs must be a whole number from 0 to 100000, got 'some'"),
        ("--layer-decay=1.5", "layer_decay must be a number above 0 and at most 1, got '1.5'"),
        ("--warmup-epochs=1.5", "warmup_epochs must be a whole number from 0 to 100000, got '1.5'"),
        ("--batchnorm=maybe", "batchnorm must be one of train, frozen, got 'maybe'"),
        (
            "--head=99999",
            (
                "head_units must be 0 for none or whole numbers up to 16384 with commas between, such as 256,128, "
                "got '99999'"
            ),
        ),
        ("--image-size=3", "images of 3×3 are too small for tiny: give --image-size 4 or more"),
        ("--set=output=sigmoid", "output=sigmoid needs 2 classes, got 3: use softmax"),
    ],
)
@pytest.mark.parametrize("way", [[], ["--search"]])
def test_a_wrong_fine_tuning(refused: Callable, option: str, message: str, way: list[str]) -> None:
    assert refused("finetune", "blobs@best", "three", option, *way) == message


@pytest.mark.parametrize(
    ("freezes", "message"),
    [
        ("all,bakc", f"{NO_SUCH_LAYER.format('bakc')} back"),
        ("all,head_output", "cannot freeze up to 'head_output': it is in the head, which always trains; "),
        ("pattern:front_*,back_*", f"{NO_SUCH_LAYER.format('back_*')} back"),
        ("all,all", "--freeze all,all repeats a value: compare different ones"),
        ("all,", f"{NO_SUCH_LAYER.format('')} "),
    ],
)
def test_a_wrong_comparison(refused: Callable, freezes: str, message: str) -> None:
    assert refused("finetune", "blobs@best", "three", "--compare", "--freeze", freezes).startswith(message)
