"""Options, a classifier and a progress for the tests of cached activations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from tests.architectures import TINY, build
from zoo.interfaces import FeatureOptions, Progress

if TYPE_CHECKING:
    from zoo.interfaces import Architecture
    from zoo.models.classifier import Classifier

ON, OFF, AUTO = (FeatureOptions(mode) for mode in ("on", "off", "auto"))
COMPUTED = "frozen layers are computed in each epoch: "


class Watcher(Progress):
    """Records notices, and counts the splits whose activations are computed."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.computed = 0

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def advanced(self, work: str, done: int, total: int) -> None:
        self.computed += work == "computing activations"


def built(architecture: Architecture = TINY, **head: Any) -> Classifier:
    """The same classifier each time."""
    keras.utils.set_random_seed(1)
    return build(architecture, **head)
