"""Searches for the best fine-tuning of a registered model: freeze depth, schedule, learning rates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zoo.interfaces import SearchOptions, TrainingOptions
from zoo.workflows.parents import find_parent
from zoo.workflows.search.candidates import Candidate
from zoo.workflows.search.running import ready, run_search
from zoo.workflows.search.space import declare_finetuning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.opened import OpenedDataset
    from zoo.interfaces import HyperparameterValue, Model, Search
    from zoo.search.executors.ray_cluster import Cluster
    from zoo.workflows.workspace import Workspace


def search_finetuning(
    workspace: Workspace,
    model: str,
    dataset: str | OpenedDataset,
    *,
    search_options: SearchOptions | None = None,
    hyperparameters: Mapping[str, HyperparameterValue] | None = None,
    head: str | None = None,
    channels: int | None = None,
    options: TrainingOptions | None = None,
    cluster: Cluster | None = None,
) -> tuple[Search, Model]:
    """Search for the best way to fine-tune a model on a dataset; see `zoo.workflows.search.search` and `finetune`.

    Args:
        hyperparameters: fixed values of hyperparameters, which are not searched.

    Returns:
        The search, and the model of its best trial, whose parent is the model.

    Raises:
        UnknownNameError: the architecture of the model is not loaded.
    """
    options, values = options or TrainingOptions(), dict(hyperparameters or {})
    with ready(cluster):
        opened = workspace.open_dataset(dataset)
        registered = workspace.registry.model(model)
        architecture = workspace.plugins.architecture(registered.architecture)
        parent = find_parent(
            workspace, registered, opened, values, head=head, image_size=options.image_size, channels=channels
        )
        provenance = workspace.plugins.provider(architecture.name).provenance
        plan = replace(parent.candidate, version=architecture.version, plugin=provenance)
        candidate = Candidate(architecture, plan, parent)
        space = declare_finetuning(parent, candidate, values, options.epochs, options.seed)
        search_options = search_options or SearchOptions()
        return run_search(workspace, opened, (candidate,), space, search_options, options, cluster)
