"""A cache of its own for each test of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_cache(cache: Path) -> None:
    pass


@pytest.fixture
def members(photos: Path) -> dict[str, bytes]:
    """The content of the photos, as `cat/00.png`."""
    return {str(path.relative_to(photos)): path.read_bytes() for path in sorted(photos.rglob("*.png"))}
