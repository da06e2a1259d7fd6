"""The registry's methods for checkpoints of unfinished runs."""

from __future__ import annotations

import contextlib

from zoo.errors import ArtifactError
from zoo.registry.methods.base import RegistryBase


class CheckpointMethods(RegistryBase):
    """Saving, reading and deleting checkpoints; a run has at most one."""

    def save_checkpoint(self, run_id: str, data: bytes) -> None:
        """Save the checkpoint of a running run in place of its older one; raises ArtifactError."""
        self.artifacts.write_checkpoint(run_id, data)

    def checkpoint(self, run_id: str) -> bytes | None:
        """The checkpoint from which an interrupted run can resume; None if it has none."""
        return self.artifacts.read_checkpoint(run_id)

    def drop_checkpoint(self, run_id: str) -> None:
        """Delete a run's checkpoint, if it has one."""
        self.artifacts.drop_checkpoint(run_id)

    def _drop_checkpoint_quietly(self, run_id: str) -> None:
        # The run's outcome is recorded by now, and a leftover checkpoint does no harm.
        with contextlib.suppress(ArtifactError):
            self.drop_checkpoint(run_id)
