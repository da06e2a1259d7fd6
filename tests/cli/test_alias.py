"""`zoo alias`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_alias(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert plain(zoo("alias", "blobs@best", "champion").out) == "blobs@champion is ID\n"


def test_an_alias_names_its_model(zoo: Callable, trained: Path) -> None:
    zoo("alias", "blobs@best", "champion")
    shown = json.loads(zoo("show", "blobs@champion", "--json").out)["model"]
    assert (shown["id"], shown["aliases"]) == (
        json.loads(zoo("best", "blobs", "--json").out)["id"],
        ["champion"],
    )
