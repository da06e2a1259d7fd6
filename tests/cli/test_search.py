"""The output of `zoo search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ALL_BUT_AUGMENTATION, setting
from tests.cli.expected import model_fields

if TYPE_CHECKING:
    from collections.abc import Callable


def test_search(zoo: Callable, plain: Callable) -> None:
    fixed = setting(ALL_BUT_AUGMENTATION)
    result = zoo("search", "tiny", "blobs", "--algorithm", "grid", "--epochs", 1, *fixed)
    assert plain(result.out) == "search  ID\n" + model_fields("blobs", "2: dark, light")
    assert plain(result.err) == (
        "· reading blobs …\n"
        "search ID: grid, up to 10 trials of tiny on blobs, 1 hyperparameter searched\n"
        "trial 1/10  completed  val_accuracy #.####  augmentation=none\n"
        "trial 2/10  completed  val_accuracy #.####  augmentation=light\n"
    )


@pytest.mark.usefixtures("cache")
def test_a_search_on_a_terminal(zoo_on_screen: Callable[..., str], plain: Callable) -> None:
    written = plain(zoo_on_screen("search", "tiny", "blobs", "--trials", 1, "--epochs", 1))
    assert f"\rdecoding images {'━' * 30} 120/120\n" in written
    assert f"\rchecking images {'━' * 30} 120/120\nsearch ID: random, up to 1 trial of tiny" in written
    assert "trial  state  val_accuracy  epoch  curve  hyperparameters" in written
    assert "  1  completed  #.####  1/1  ▁█  (defaults) filters=2 learning_rate=0.001" in written
    assert "1 of 1 trials, best val_accuracy #.#### in trial 1\n\nsearch  ID\nmodel  ID\n" in written
