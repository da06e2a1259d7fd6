"""What every workflow needs: the registry, the plugins, what a user may say, and what a run records."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import zoo
from zoo.interfaces import Progress
from zoo.workflows.datasets import open_images

if TYPE_CHECKING:
    from zoo.data.opened import OpenedDataset
    from zoo.plugins import Plugins
    from zoo.registry import Registry


@dataclass(frozen=True)
class Workspace:
    """Where a workflow works.

    Args:
        strict: an unreadable image is an error instead of being skipped.
    """

    registry: Registry
    plugins: Plugins
    progress: Progress = field(default_factory=Progress)
    strict: bool = False

    def open_dataset(self, ref: str) -> OpenedDataset:
        """The dataset that the user names; see `zoo.workflows.datasets.open_images`."""
        return open_images(self.plugins, self.registry, ref, self.progress)


def environment() -> dict[str, str]:
    """The versions that a result depends on."""
    import keras
    import tensorflow as tf

    return {
        "zoo": zoo.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }
