"""`zoo search --dry-run`: what would be searched, and nothing written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ALL_BUT_FILTERS, setting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIELDS = ("space", "combinations", "trials", "epochs", "epoch_seconds", "seconds")


def dry(*fixed: str) -> list[str]:
    return ["--dry-run", *setting(list(fixed))]


def without_times(text: str) -> str:
    """Before `plain`, which takes `0.0098 s` for a metric: on a quick machine an epoch takes no more."""
    return re.sub(
        r"(\d+ (s|min|h)( \d+ min)? at most)",
        "TIME at most",
        re.sub(r"(?!0\.0 )\d+\.\d+ s \(", "TIME (", text),
    )


def test_a_space_that_has_an_end(zoo: Callable, tmp_path: Path, plain: Callable) -> None:
    result = zoo("search", "tiny", "blobs", *dry(*ALL_BUT_FILTERS))
    assert plain(without_times(result.out)) == (
        "hyperparameter  default  searched over  note\n"
        "filters  2  1 to 4  –\n"
        "\n"
        "different trials  at most 4\n"
        "trials  4 of 10 epochs, all of them\n"
        "an epoch takes  TIME (tiny)\n"
        "the search takes  TIME at most, one trial after another, if others are as large as the defaults\n"
    )
    assert (result.code, result.err, list(tmp_path.iterdir())) == (0, "· reading blobs …\n", [])


def test_a_space_of_several_architectures_without_an_end(zoo: Callable, plain: Callable) -> None:
    result = zoo("search", "tiny,large", "blobs", "--trials", 5, "--epochs", 3, *dry(*ALL_BUT_FILTERS[1:]))
    assert plain(without_times(result.out)) == (
        "hyperparameter  default  searched over  note\n"
        "architecture  tiny  tiny, large  –\n"
        "learning_rate  0.001  #.#### to 0.01, log  –\n"
        "tiny/filters  2  1 to 4  only with architecture=tiny\n"
        "large/filters  2  1 to 4  only with architecture=large\n"
        "\n"
        "different trials  infinitely many\n"
        "trials  5 of 3 epochs\n"
        "an epoch takes  TIME (tiny), TIME (large)\n"
        "the search takes  TIME at most, one trial after another, if others are as large as the defaults\n"
    )
    assert plain(result.err) == (
        "· reading blobs …\n"
        "· images of 8×8 are enlarged to 16×16, the least large takes\n· images become RGB for large\n"
    )


def test_a_registry_stays_as_it_is(zoo: Callable, trained: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in trained.rglob("*") if path.is_file()}

    before = contents()
    assert zoo("search", "tiny", "blobs", *dry(*ALL_BUT_FILTERS)).code == 0
    assert contents() == before


def test_as_json(zoo: Callable) -> None:
    answer = json.loads(zoo("search", "tiny", "blobs", "--json", "--epochs", 2, *dry(*ALL_BUT_FILTERS)).out)
    assert tuple(answer) == FIELDS
    assert (answer["combinations"], answer["trials"], answer["epochs"]) == (4, 4, 2)
    assert (list(answer["epoch_seconds"]), answer["seconds"] > 0) == (["tiny"], True)
    assert "filters" in [hyperparameter["config"]["name"] for hyperparameter in answer["space"]["space"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tinny", "blobs"], "unknown architecture 'tinny': did you mean 'tiny'?"),
        (
            ["tiny", "blobs", "--objective", "val_acuracy"],
            "unknown objective 'val_acuracy': did you mean 'val_accuracy' or 'accuracy'?",
        ),
    ],
)
def test_it_refuses_what_a_search_would_refuse(
    refused: Callable, tmp_path: Path, arguments: list[str], message: str
) -> None:
    assert refused("search", *arguments, "--dry-run") == message
    assert list(tmp_path.iterdir()) == []
