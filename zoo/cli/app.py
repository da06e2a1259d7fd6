"""The global options of `zoo`, and the registry, plugins and workspace that they open."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from zoo.plugins import Plugins, load_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zoo.data.opened import OpenedDataset
    from zoo.registry import Registry
    from zoo.workflows import Workspace

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class App:
    """The global options of one call of `zoo`."""

    registry: str | None
    artifacts: str | None
    plugins_dir: Path | None
    commands_added: bool = False

    @classmethod
    def of(cls, ctx: click.Context) -> App:
        """Return the App of this call, created on first use, which may be during `--help`."""
        root = ctx.find_root()
        if root.obj is None:
            options = root.params
            # click handles --help before it reads options from the environment.
            folder = options.get("plugins_dir") or os.environ.get("ZOO_PLUGINS_DIR")
            root.obj = cls(
                options.get("registry"), options.get("artifacts"), Path(folder) if folder else None
            )
        assert isinstance(root.obj, App)  # noqa: S101  nobody else sets it
        return root.obj

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins, loaded once."""
        return load_plugins(self.plugins_dir)

    @contextmanager
    def open_registry(self, *, create: bool = False) -> Iterator[Registry]:
        """Open the registry; commands that only read do not create it."""
        from zoo.registry import open_registry
        from zoo.registry.opening import refuse_artifacts_in_memory

        refuse_artifacts_in_memory(self.artifacts)
        with open_registry(self.registry, self.artifacts, create=create) as registry:
            yield registry

    @contextmanager
    def find_registry(self) -> Iterator[Registry | None]:
        """Open the registry, or yield None if it does not exist; for commands that can work without."""
        from zoo.registry.database import locate
        from zoo.registry.registry import DEFAULT_REGISTRY

        file = locate(self.registry or DEFAULT_REGISTRY).path
        if file is not None and not file.exists():
            yield None
        else:
            with self.open_registry() as registry:
                yield registry

    @contextmanager
    def open_dataset(self, ref: str) -> Iterator[tuple[OpenedDataset, Registry | None]]:
        """Open a dataset by its name or path, and the registry if it exists; imports no TensorFlow."""
        from zoo.display.live import watching
        from zoo.workflows.datasets import open_images

        with self.find_registry() as registry:
            with watching() as progress:
                opened = open_images(self.plugins, registry, ref, progress)
            yield opened, registry

    @contextmanager
    def open_workspace(
        self, *, strict: bool = False, create: bool = False, dry: bool = False
    ) -> Iterator[Workspace]:
        """Open a workspace whose progress is shown on the screen; what plugins print joins it on standard error.

        Imports no TensorFlow, so that arguments can be checked first.

        Args:
            dry: nothing will be written, so no registry is created.
        """
        from zoo.display.live import watching
        from zoo.workflows import Workspace

        opened = self._registry_to_read() if dry else self.open_registry(create=create)
        with opened as registry, redirect_stdout(sys.stderr), watching() as progress:
            yield Workspace(registry, self.plugins, progress, strict)

    @contextmanager
    def _registry_to_read(self) -> Iterator[Registry]:
        """Open the registry, or a temporary empty one if it does not exist."""
        from zoo.registry import open_registry

        with self.find_registry() as registry:
            if registry is not None:
                yield registry
                return
            with (
                tempfile.TemporaryDirectory() as folder,
                open_registry(Path(folder) / "registry.db") as empty,
            ):
                yield empty


def pass_app(command: Callable[Concatenate[App, P], R]) -> Callable[P, R]:
    """Pass the App to a command as its first argument."""

    @click.pass_context
    def call(ctx: click.Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return ctx.invoke(command, App.of(ctx), *args, **kwargs)

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    return call
