"""The functions of `zoo` for scripts and notebooks: each opens the registry, shows progress and returns values."""

from __future__ import annotations

from zoo.face.classifier import Classifier, Prediction, Predictions, load
from zoo.face.searching import SearchResult, search
from zoo.face.work import evaluate, finetune, train

__all__ = [
    "Classifier",
    "Prediction",
    "Predictions",
    "SearchResult",
    "evaluate",
    "finetune",
    "load",
    "search",
    "train",
]
