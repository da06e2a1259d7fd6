"""Pre-trained weights in the workflows: of several architectures, verified where work resumes, and shown."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import HyperparameterError, ZooError
from zoo.models.pretrained.finding import (
    digest_of,
    exists,
    fetch_named,
    file_at,
    has_weights,
    looks_like_path,
)
from zoo.models.pretrained.report import reports_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from zoo.interfaces import Architecture, Progress, Weights
    from zoo.models.pretrained.report import WeightsReport


def weights_of_each(architectures: Sequence[Architecture], weights: str | None) -> dict[str, str | None]:
    """Return architecture -> weights; of several, those without weights of this name get None.

    Raises:
        HyperparameterError: the weights are a file for several architectures, or none of them has these weights.
    """
    names = [architecture.name for architecture in architectures]
    if len(architectures) == 1 or weights is None:
        return dict.fromkeys(names, weights)
    pretrained = [architecture.name for architecture in architectures if has_weights(architecture, weights)]
    if not pretrained and looks_like_path(weights):
        raise HyperparameterError(
            f"--weights {weights} is a file, which fits one architecture: search them one by one"
        )
    if not pretrained:
        raise HyperparameterError(f"none of {', '.join(names)} has weights '{weights}': leave --weights out")
    return {name: weights if name in pretrained else None for name in names}


def locate_weights(
    architecture: Architecture,
    weights: Weights | None,
    progress: Progress,
    node: str = "",
    work: str = "search",
) -> Weights | None:
    """Return the same weights on this machine, for a resumed search or for a process that trains its trials.

    Args:
        weights: those that the search started with; the file or folder may have another path on this machine.
        node: name of this machine in messages, if it may differ from the search's.
        work: "search" or "run", for messages.

    Raises:
        HyperparameterError: the file or folder is missing, cannot be downloaded, or its content has changed.
    """
    if weights is None:
        return None
    by_name = has_weights(architecture, weights.shown)
    fetch = architecture.fetch_weights
    if by_name and fetch is None:
        return weights
    if weights.path is not None and exists(weights.path) and digest_of(Path(weights.path)) == weights.sha256:
        return weights
    prefix, advice = "", f"restore it, or start a new {work}"
    if node:
        prefix, advice = f"node {node}: ", "mount it there under the same path"
    try:
        path = (
            fetch_named(architecture, fetch, weights.shown, progress)
            if fetch is not None and by_name
            else file_at(weights.shown, progress, advice)
        )
    except HyperparameterError as error:
        raise HyperparameterError(f"{prefix}{error}") from None
    if weights.sha256 not in (None, digest_of(path)):
        raise HyperparameterError(
            f"{prefix}the weights {_kind(path)} {weights.shown} has changed since the {work} started: "
            f"restore it, or start a new {work}"
        )
    return replace(weights, path=str(path))


def showing_reports(progress: Progress) -> AbstractContextManager[None]:
    """Show tables of the weights that backbones load in the block."""
    return reports_to(lambda report: progress.notice(report.table()))


@contextmanager
def showing_refused(progress: Progress) -> Iterator[None]:
    """Show tables of the weights that backbones load in the block only if it raises a ZooError."""
    reports: list[WeightsReport] = []
    try:
        with reports_to(reports.append):
            yield
    except ZooError:
        for report in reports:
            progress.notice(report.table())
        raise


def is_local(weights: Weights) -> bool:
    """Whether they are a file or folder of the user, which is found without a download."""
    return Path(weights.shown).is_absolute()


def _kind(path: Path) -> str:
    return "folder" if path.is_dir() else "file"
