"""The registry: datasets, runs, searches and models in one database, their weights in an artifact store."""

from __future__ import annotations

from zoo.registry.artifacts import ArtifactStore
from zoo.registry.metrics import Measurement
from zoo.registry.opening import open_registry, resume_command
from zoo.registry.registry import Registry

__all__ = ["ArtifactStore", "Measurement", "Registry", "open_registry", "resume_command"]
