"""Converts the options of a call for the workflows; their names and defaults are those of the command line."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from zoo.errors import HyperparameterError, SearchError
from zoo.face.arguments import join_names, seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zoo.interfaces import SearchOptions, TrainingOptions
    from zoo.search.executors.ray_cluster import Cluster
    from zoo.workflows.search import Extension

    Arguments = Mapping[str, Any]  # the locals() of a function of the face, each of its own type


def training_options(arguments: Arguments) -> TrainingOptions:
    """The options of a training; raises HyperparameterError if two exclude each other."""
    from zoo import workflows

    chosen = {name: arguments[name] for name in inspect.signature(workflows.training_options).parameters}
    return workflows.training_options(**{**chosen, "class_weights": _none(chosen["class_weights"])})


def search_options(arguments: Arguments) -> SearchOptions:
    """The options of a search; raises UnknownNameError, SearchError."""
    from zoo.workflows import search

    return search.search_options(
        algorithm=arguments["algorithm"],
        objective=join_names(arguments["objective"], "objective"),
        pruner=arguments["pruner"],
        max_seconds=seconds_of(arguments["max_time"]),
        target=arguments["target"],
        keep=arguments["keep"],
        warm_start=_on(arguments["warm_start"]),
        **({} if arguments["trials"] is None else {"trials": arguments["trials"]}),
    )


def extension(arguments: Arguments) -> Extension:
    """The limits that replace those of a search that is resumed."""
    from zoo.workflows.search import Extension

    return Extension(arguments["trials"], seconds_of(arguments["max_time"]), arguments["target"])


def cluster(arguments: Arguments) -> Cluster | None:
    """The Ray cluster on which trials run; None: in this process."""
    from zoo.search.executors.ray_cluster import Cluster

    if arguments["workers"] is None and arguments["ray"] is None:
        return None
    return Cluster(
        address=arguments["ray"],
        workers=arguments["workers"],
        cpus_per_trial=arguments["cpus_per_trial"],
        gpus_per_trial=arguments["gpus_per_trial"],
    )


def weights_name(weights: str | Path | None) -> str | None:
    """The name of pre-trained weights for the workflows; "none", as on the command line, becomes None."""
    return None if weights is None else _none(str(weights))


def hidden_units(head: str | Sequence[int] | None) -> str | None:
    """The hyperparameter `head_units` for a new head with these units; None: not set; raises HyperparameterError."""
    if head is None or head in ("keep", "new"):
        return None
    text = head if isinstance(head, str) else ",".join(map(str, head))
    if not re.fullmatch(r"\d+(,\d+)*", text):
        raise HyperparameterError(
            f"head is 'keep', 'new' or numbers of units such as [256, 128], got {head!r}"
        )
    return text


def _on(warm_start: object) -> bool:
    if warm_start not in ("auto", "off"):
        raise SearchError(f"warm_start is 'auto' or 'off', got {warm_start!r}")
    return warm_start == "auto"


def _none(text: str | None) -> str | None:
    return None if text == "none" else text
