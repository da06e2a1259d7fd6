"""Where work meets the registry: train, search, finetune, evaluate, predict, export. Imports TensorFlow."""

from zoo.workflows.evaluation import Prediction, evaluate, predict
from zoo.workflows.exporting import export
from zoo.workflows.finetuning import finetune
from zoo.workflows.searching import resume, search
from zoo.workflows.training import train
from zoo.workflows.workspace import TrainingOptions, Workspace

__all__ = [
    "Prediction",
    "TrainingOptions",
    "Workspace",
    "evaluate",
    "export",
    "finetune",
    "predict",
    "resume",
    "search",
    "train",
]
