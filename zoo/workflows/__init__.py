"""Where work meets the registry: train, search, finetune, evaluate, predict, export.

Each name is imported when it is asked for, and TensorFlow with most of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.search.cluster import Cluster
    from zoo.workflows.evaluation import Prediction, evaluate, predict
    from zoo.workflows.exporting import export
    from zoo.workflows.finetune_search import search_finetuning
    from zoo.workflows.finetuning import finetune
    from zoo.workflows.forecasting import Forecast, forecast
    from zoo.workflows.freeze_comparison import FreezeResult, compare_freezing
    from zoo.workflows.searching import SearchOptions, resume, search
    from zoo.workflows.training import train
    from zoo.workflows.workspace import TrainingOptions, Workspace

__all__ = [
    "Cluster",
    "Forecast",
    "FreezeResult",
    "Prediction",
    "SearchOptions",
    "TrainingOptions",
    "Workspace",
    "compare_freezing",
    "evaluate",
    "export",
    "finetune",
    "forecast",
    "predict",
    "resume",
    "search",
    "search_finetuning",
    "train",
]

_MODULES = {
    "Cluster": "searching",
    "Forecast": "forecasting",
    "FreezeResult": "freeze_comparison",
    "Prediction": "evaluation",
    "SearchOptions": "searching",
    "TrainingOptions": "workspace",
    "Workspace": "workspace",
    "compare_freezing": "freeze_comparison",
    "evaluate": "evaluation",
    "export": "exporting",
    "finetune": "finetuning",
    "forecast": "forecasting",
    "predict": "evaluation",
    "resume": "searching",
    "search": "searching",
    "search_finetuning": "finetune_search",
    "train": "training",
}


def __getattr__(name: str) -> Any:  # any attribute of a module
    if name not in _MODULES:
        raise AttributeError(f"module 'zoo.workflows' has no attribute '{name}'")
    return getattr(importlib.import_module(f"zoo.workflows.{_MODULES[name]}"), name)
