"""Opens the registry, the plugins and the progress display for a function of the face."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.display.live import watching
from zoo.errors import RegistryError
from zoo.interfaces import Progress
from zoo.plugins import Plugins, load_plugins
from zoo.registry import Registry, open_registry
from zoo.registry.opening import refuse_artifacts_in_memory
from zoo.workflows.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def opened_registry(
    registry: Registry | str | Path | None, artifacts: str | Path | None, *, create: bool = False
) -> Iterator[Registry]:
    """The registry that the caller has opened, or one that is open for the duration of the context.

    Args:
        registry: an open one, a path or an SQLAlchemy URL; None: ZOO_REGISTRY, or else `registry.db`.
        create: create it if it does not exist.
    """
    if isinstance(registry, Registry):
        if artifacts is not None:
            raise RegistryError("an open registry has its artifacts already: leave artifacts= out")
        yield registry
        return
    refuse_artifacts_in_memory(artifacts)
    with open_registry(registry, artifacts, create=create) as own:
        yield own


def load_all_plugins(plugins_dir: str | Path | None) -> Plugins:
    """Load the installed plugins and those in a folder; None: the folder ZOO_PLUGINS_DIR, if it is set."""
    folder = plugins_dir or os.environ.get("ZOO_PLUGINS_DIR")
    return load_plugins(Path(folder) if folder else None)


@contextmanager
def watched_workspace(
    registry: Registry, plugins: Plugins, progress: bool | Progress, *, strict: bool = False
) -> Iterator[Workspace]:
    """A workspace whose progress is shown.

    Does not import TensorFlow, since the caller's request is checked first.

    Args:
        progress: True: on the screen; False: nowhere; or an observer.
    """
    if isinstance(progress, Progress):
        yield Workspace(registry, plugins, progress, strict)
        return
    with watching(silent=not progress) as shown:
        yield Workspace(registry, plugins, shown, strict)
