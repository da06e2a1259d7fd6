"""The tasks that use the registry: train, finetune, evaluate, predict, export; searches are in `zoo.workflows.search`.

Names are imported lazily, since most of them import TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.interfaces import TrainingOptions
    from zoo.workflows.evaluation import Prediction, evaluate, predict
    from zoo.workflows.exporting import export
    from zoo.workflows.finetuning import finetune
    from zoo.workflows.freeze_comparison import FreezeResult, compare_freezing
    from zoo.workflows.options import training_options
    from zoo.workflows.preflight import check_finetuning, check_resuming, check_training
    from zoo.workflows.resuming import check_resumable, resume_finetuning, resume_training
    from zoo.workflows.training import train
    from zoo.workflows.workspace import Workspace

__all__ = [
    "FreezeResult",
    "Prediction",
    "TrainingOptions",
    "Workspace",
    "check_finetuning",
    "check_resumable",
    "check_resuming",
    "check_training",
    "compare_freezing",
    "evaluate",
    "export",
    "finetune",
    "predict",
    "resume_finetuning",
    "resume_training",
    "train",
    "training_options",
]

_MODULES = {
    "FreezeResult": "freeze_comparison",
    "Prediction": "evaluation",
    "TrainingOptions": "options",
    "Workspace": "workspace",
    "check_finetuning": "preflight",
    "check_resumable": "resuming",
    "check_resuming": "preflight",
    "check_training": "preflight",
    "compare_freezing": "freeze_comparison",
    "evaluate": "evaluation",
    "export": "exporting",
    "finetune": "finetuning",
    "predict": "evaluation",
    "resume_finetuning": "resuming",
    "resume_training": "resuming",
    "train": "training",
    "training_options": "options",
}


def __getattr__(name: str) -> Any:  # any attribute of a module
    if name not in _MODULES:
        raise AttributeError(f"module 'zoo.workflows' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
