"""`zoo runs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_runs(zoo: Callable, trained: Path, plain: Callable) -> None:
    out = re.sub(r"  \d+  ", "  N  ", plain(zoo("runs").out))
    assert out == (
        "run  kind  state  architecture  dataset  model  seconds  search  started\n"
        "ID  finetune  completed  tiny  photos v1  ID  N  –  TIME\n"
        "ID  trial  failed  moody  blobs v1  –  N  ID  TIME\n"
        "ID  trial  completed  tiny  blobs v1  ID  N  ID  TIME\n"
        "ID  trial  completed  tiny  blobs v1  ID  N  ID  TIME\n"
        "ID  train  completed  tiny  blobs v1  ID  N  –  TIME\n"
    )


def test_runs_in_a_state(zoo: Callable, trained: Path) -> None:
    lines = zoo("runs", "--state", "failed").out.splitlines()
    assert (len(lines), lines[1].split()[1:4]) == (2, ["trial", "failed", "moody"])
