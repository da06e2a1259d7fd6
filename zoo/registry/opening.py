"""Opens the registry at its default place or another one, and builds the command that resumes work in it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from zoo.errors import ArtifactError, RegistryError
from zoo.interfaces import Run, RunKind, Search
from zoo.registry.artifacts import ArtifactStore
from zoo.registry.database import open_database
from zoo.registry.registry import DEFAULT_ARTIFACTS, DEFAULT_REGISTRY, Registry


def open_registry(
    url: str | Path | None = None, artifacts: str | Path | None = None, *, create: bool = True
) -> Registry:
    """Open the registry; create it or upgrade it to the newest schema where needed.

    Args:
        url: a path or an SQLAlchemy URL; by default ZOO_REGISTRY, or else `registry.db` in the working directory.
        artifacts: a folder or an fsspec URL; by default ZOO_ARTIFACTS, or else `artifacts` beside the file.
        create: create the registry if it does not exist.

    Raises:
        RegistryError: it cannot be opened; see `zoo.registry.database.open_database`.
    """
    database = open_database(url or os.environ.get("ZOO_REGISTRY") or DEFAULT_REGISTRY, create=create)
    location = database.location
    place = artifacts or os.environ.get("ZOO_ARTIFACTS")
    if not place:
        if location.path is None:
            raise RegistryError(
                f"the registry {location.shown} is not a file, so artifacts have no default place: "
                "name one with --artifacts or ZOO_ARTIFACTS"
            )
        place = location.path.parent / DEFAULT_ARTIFACTS
    return Registry(database, ArtifactStore(place))


def refuse_artifacts_in_memory(artifacts: str | Path | None) -> None:
    """Refuse artifacts in memory for a registry that is opened for one command: they would be lost at its end."""
    if str(artifacts or os.environ.get("ZOO_ARTIFACTS") or "").startswith("memory:"):
        raise ArtifactError("artifacts in memory are lost when this command ends: name a folder or a URL")


def resume_command(registry: Registry, work: Search | Run) -> str:
    """The command that resumes a search or a run; for a trial, the command that resumes its search.

    It must be run in the same working directory.
    """
    options = []
    if registry.url != str(Path(DEFAULT_REGISTRY).absolute()):
        options += ["--registry", registry.url]
    if registry.artifacts.url != str(Path(registry.url).with_name(DEFAULT_ARTIFACTS)):
        options += ["--artifacts", registry.artifacts.url]
    if folder := _plugins_dir(work):
        options += ["--plugins-dir", folder]
    return shlex.join(["zoo", *options, *_resume_arguments(work)])


def _plugins_dir(work: Search | Run) -> str | None:
    """The folder of plugin files that the work needs; None if it needs none, or if ZOO_PLUGINS_DIR names it."""
    candidates = work.plan.candidates if isinstance(work, Search) else (work.plan.candidate,)
    origins = [Path(candidate.plugin) for candidate in candidates]
    folder = next((path.parent for path in origins if path.is_absolute() and path.is_file()), None)
    configured = os.environ.get("ZOO_PLUGINS_DIR")
    if folder is None or (configured and Path(configured).resolve() == folder):
        return None
    return str(folder)


def _resume_arguments(work: Search | Run) -> list[str]:
    if isinstance(work, Search):
        return ["search", "--resume", work.id]
    if work.search_id is not None:
        return ["search", "--resume", work.search_id]
    return ["finetune" if work.plan.kind is RunKind.FINETUNE else "train", "--resume", work.id]
