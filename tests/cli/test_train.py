"""The output of `zoo train`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.expected import model_fields

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = "epoch  1/1  loss #.####  acc #.####  val_loss #.####  val_acc #.####  #.# s\n"


def test_train(zoo: Callable, plain: Callable) -> None:
    result = zoo("train", "tiny", "blobs", "--epochs", 1)
    assert plain(result.out) == model_fields("blobs", "2: dark, light")
    assert plain(result.err) == (
        f"· reading blobs …\n· 106 trainable and 0 non-trainable parameters\nrun ID: tiny on blobs\n{EPOCH}"
    )
