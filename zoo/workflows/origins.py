"""Shows which variables a backbone loads by its own code, refuses one that loads nothing, and remembers what passed."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING

from zoo.data.cache_folder import cache_folder
from zoo.errors import ContractError
from zoo.models.hyperparameters import backbone_values
from zoo.models.origins import require_loaded
from zoo.workflows.architectures import code_of
from zoo.workflows.workspace import environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keras_tuner import HyperParameters

    from zoo.interfaces import Architecture, CandidatePlan, Progress
    from zoo.models.origins import Origins

FOLDER = "origins"
CHECKS = 1  # changes when a backbone that passed before may be refused


def watch_origins(
    progress: Progress,
    architecture: Architecture,
    plan: CandidatePlan,
    hp: HyperParameters,
    *,
    searched: bool = False,
) -> Callable[[Origins], None] | None:
    """Return the `on_origins` of `zoo.models.building.build_classifier`, which shows them in a notice.

    It raises a ContractError for a backbone that loads nothing, unless others are searched. One without random values
    is remembered in the cache folder: its notice is shown at once, and there is nothing to find out.

    Args:
        plan: with the weights and the shape of the images.
        hp: of the network that will be built.
        searched: whether the backbone will be built with other hyperparameters too, which may load the weights.
    """
    if plan.weights is None:
        return None
    shown = plan.weights.shown
    mark = _mark(architecture, plan, hp)
    with contextlib.suppress(OSError, ValueError):
        progress.notice(mark.read_text(encoding="utf-8"))
        return None

    def show(origins: Origins) -> None:
        try:
            require_loaded(origins, architecture, shown)
        except ContractError as error:
            if not searched:
                raise
            progress.notice(f"{error}; that is with its defaults, and others in the search may load them")
            return
        notice = origins.summary(shown)
        progress.notice(notice)
        if not origins.random:
            with contextlib.suppress(OSError):  # without a cache, it is found out again
                mark.parent.mkdir(parents=True, exist_ok=True)
                mark.write_text(notice, encoding="utf-8")

    return show


def _mark(architecture: Architecture, plan: CandidatePlan, hp: HyperParameters) -> Path:
    """Return the file with the notice of a backbone of the same code, shape, weights and hyperparameters."""
    described = {
        "versions": [environment(), CHECKS],
        "architecture": [architecture.name, architecture.version, code_of(architecture)],
        "shape": [plan.image_size, plan.channels],
        "weights": plan.weights.to_json() if plan.weights else None,
        "hyperparameters": repr(backbone_values(hp)),
    }
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    return cache_folder() / FOLDER / digest.hexdigest()
