"""Where a registry is, unless the user says otherwise; opens it, and words the command that resumes work in it."""

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
    """Open the registry, making it or bringing it up to date where needed.

    Args:
        url: a path or an SQLAlchemy URL; None: ZOO_REGISTRY, or else `registry.db` in the working directory.
        artifacts: a folder or an fsspec URL; None: ZOO_ARTIFACTS, or else `artifacts` beside the file.
        create: make the registry if there is none.

    Raises:
        RegistryError: it cannot be opened; see `zoo.registry.database.open_database`.
    """
    database = open_database(url or os.environ.get("ZOO_REGISTRY") or DEFAULT_REGISTRY, create=create)
    location = database.location
    place = artifacts or os.environ.get("ZOO_ARTIFACTS")
    if not place:
        if location.path is None:
            raise RegistryError(
                f"the registry {location.shown} is no file that artifacts could lie beside: "
                "name a place for them with --artifacts or ZOO_ARTIFACTS"
            )
        place = location.path.parent / DEFAULT_ARTIFACTS
    return Registry(database, ArtifactStore(place))


def refuse_fleeting(artifacts: str | Path | None) -> None:
    """Refuse artifacts in memory where a registry is opened for one command: they would be gone at its end."""
    if str(artifacts or os.environ.get("ZOO_ARTIFACTS") or "").startswith("memory:"):
        raise ArtifactError("artifacts in memory are gone when this command ends: name a folder or a URL")


def resume_command(registry: Registry, work: Search | Run) -> str:
    """The command that resumes a search, or a run; of a trial the one that resumes its search.

    It is to be typed in the same folder.
    """
    options = []
    if registry.url != str(Path(DEFAULT_REGISTRY).absolute()):
        options += ["--registry", registry.url]
    if registry.artifacts.url != str(Path(registry.url).with_name(DEFAULT_ARTIFACTS)):
        options += ["--artifacts", registry.artifacts.url]
    return shlex.join(["zoo", *options, *_resume_words(work)])


def _resume_words(work: Search | Run) -> list[str]:
    if isinstance(work, Search):
        return ["search", "--resume", work.id]
    if work.search_id is not None:
        return ["search", "--resume", work.search_id]
    return ["finetune" if work.plan.kind is RunKind.FINETUNE else "train", "--resume", work.id]
