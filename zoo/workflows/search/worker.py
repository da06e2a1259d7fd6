"""Trains a trial in another process, perhaps on another machine: opens the dataset there, and trains."""

from __future__ import annotations

import gc
import os
import socket
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import tensorflow as tf

import zoo
from zoo.data.cache import DecodedDataset, decode_dataset
from zoo.data.downloads import is_url
from zoo.data.sources import open_source
from zoo.errors import DatasetError, PluginError, ZooError
from zoo.interfaces import Progress
from zoo.models.bases import Bases
from zoo.plugins import Plugins, load_plugins
from zoo.workflows.search.candidates import Candidate
from zoo.workflows.search.trial import candidate_of, train_trial
from zoo.workflows.weights import locate_weights

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from zoo.interfaces import Architecture, CandidatePlan, TrialOutcome
    from zoo.search.executors.reporter import TrialReporter
    from zoo.workflows.parents import Parent
    from zoo.workflows.search.trial import Assignment

BASES: defaultdict[Hashable, Bases] = defaultdict(Bases)
"""The backbones that trials of a candidate in this process reuse."""


@dataclass(frozen=True)
class RemoteImages:
    """The dataset of a trial, for any node.

    Args:
        source: as `zoo.data.opened.OpenedDataset.source`; a path or URL must lead to the same images on every node.
        fingerprint: of its content when the search started.
        decoders: as `OpenedDataset.decoders`; the pixels depend on them.
    """

    name: str
    source: str
    fingerprint: str
    decoders: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RemoteAssignment:
    """A trial to train, with all that a worker needs; it has no access to the registry.

    Args:
        assignment: its plan names the architecture, the shape of its images and its weights, whose file has the
            same path on every node, or a URL.
        parent: the model to start from, in a search that fine-tunes.
        plugins_dir: the folder of plugin files, the same on every node.
        zoo_version: of the search.
    """

    assignment: Assignment
    images: RemoteImages
    parent: Parent | None = None
    plugins_dir: Path | None = None
    zoo_version: str = zoo.__version__


def train_remotely(remote: RemoteAssignment, reporter: TrialReporter) -> TrialOutcome:
    """Train it; see `zoo.workflows.search.trial.train_trial`. The dataset stays open for the next trial of the process.

    Raises:
        DatasetError: this node cannot read the dataset, or its content differs.
        PluginError: this node has another version of zoo, of the architecture or of a decoder.
        HyperparameterError: this node has no such weights file, or a different one.
    """
    if remote.zoo_version != zoo.__version__:
        raise PluginError(
            f"node {_node()} has zoo {zoo.__version__} and the search {remote.zoo_version}: install the same on both"
        )
    plan = candidate_of(remote.assignment.plan, remote.assignment.trial)
    architecture = _architecture(_plugins(remote.plugins_dir), plan)
    plan = replace(plan, weights=locate_weights(architecture, plan.weights, reporter, _node()))
    decoded = _decoded(remote.images, plan.image_size, plan.channels, remote.plugins_dir)
    _set_up_process()
    candidate = Candidate(architecture, plan, remote.parent, BASES[plan, remote.images])
    return train_trial(remote.assignment, candidate, decoded, reporter)


@cache
def _set_up_process() -> None:
    """Limit TensorFlow to the threads that Ray grants in OMP_NUM_THREADS, and let it share the memory of a GPU."""
    gc.freeze()  # existing objects stay, so that collections after each trial are quicker
    threads = os.environ.get("OMP_NUM_THREADS")
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(int(threads))
        tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


@cache
def _plugins(plugins_dir: Path | None) -> Plugins:
    try:
        return load_plugins(plugins_dir)
    except PluginError as error:
        raise PluginError(f"node {_node()}: {error}; mount it there under the same path") from None


def _architecture(plugins: Plugins, plan: CandidatePlan) -> Architecture:
    try:
        architecture = plugins.architecture(plan.architecture)
    except ZooError as error:
        raise PluginError(f"node {_node()}: {error}; install the plugin there too") from None
    if architecture.version != plan.version:
        raise PluginError(
            f"node {_node()} has version {architecture.version} of '{architecture.name}' and the search "
            f"{plan.version}: install the same plugin on both"
        )
    return architecture


@cache
def _decoded(
    images: RemoteImages, image_size: int, channels: int, plugins_dir: Path | None
) -> DecodedDataset:
    """Return the dataset from this node's own cache."""
    try:
        plugins = _plugins(plugins_dir)
        opened = open_source(images.name, images.source, plugins.datasets, plugins.formats)
    except ZooError as error:
        advice = (
            ""
            if is_url(images.source)
            else "; mount it there under the same path, or use one that every node reaches, such as tfds:NAME"
        )
        raise DatasetError(
            f"node {_node()} cannot read dataset '{images.name}' at {images.source}: {error}{advice}"
        ) from None
    if opened.fingerprint != images.fingerprint:
        advice = (
            "put the same file there again, or start a new search"
            if is_url(images.source)
            else "copy the dataset there again, or mount it there under the same path"
        )
        raise DatasetError(
            f"node {_node()} has other images at {images.source} than the search began with: {advice}"
        )
    if opened.decoders != images.decoders:
        here, there = (", ".join(decoders) or "none" for decoders in (opened.decoders, images.decoders))
        raise PluginError(
            f"node {_node()} has other decoders of dataset '{images.name}' ({here}) than the search ({there}): "
            "install the same plugins on both"
        )
    return decode_dataset(opened, image_size, channels, progress=Progress())


def _node() -> str:
    return socket.gethostname()
