"""Weights files, and a hub from which a plugin fetches them, for the tests that look for weights."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from tests.architectures import TINY
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Architecture

CONTENT, OTHER = (save({"w": np.full(1, number)}) for number in range(2))
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PRETRAINED = replace(TINY, weights=("imagenet", "google/tiny"))


class Downloads(Progress):
    """Records the reports of downloads: the work, and whether it is done."""

    def __init__(self) -> None:
        self.works: list[tuple[str, bool]] = []

    def advanced(self, work: str, done: int, total: int) -> None:
        self.works.append((work, done == total))


class Hub:
    """Fetches weights into a folder, and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = CONTENT
        self.fetched: list[str] = []

    def __call__(self, name: str) -> Path:
        self.fetched.append(name)
        self.folder.mkdir(exist_ok=True)
        path = self.folder / name.replace("/", "-")
        path.write_bytes(self.content)
        return path


def fetching_from(hub: Hub) -> Architecture:
    """An architecture whose weights come from the hub."""
    return replace(TINY, weights=("imagenet", "hf://*"), fetch_weights=hub)
