"""The hooks that a plugin can implement. See docs/plugins.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    from zoo.interfaces import Architecture, Dataset, Decoder, Run, Source

PROJECT = "zoo"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def zoo_architectures() -> Iterable[Architecture]:
    """Return the architectures that this plugin adds. Called at every start, so it must be quick."""
    raise NotImplementedError


@hookspec
def zoo_datasets() -> Iterable[Dataset]:
    """Return the datasets that this plugin adds. Called at every start; images are loaded later, by Dataset.load."""
    raise NotImplementedError


@hookspec
def zoo_sources() -> Iterable[Source]:
    """Return the containers of images that this plugin reads, such as a folder layout. Called at every start."""
    raise NotImplementedError


@hookspec
def zoo_decoders() -> Iterable[Decoder]:
    """Return the image formats that this plugin decodes. Called at every start; import packages only to decode."""
    raise NotImplementedError


@hookspec
def zoo_commands(cli: click.Group) -> None:
    """Add commands to the `zoo` command line with `cli.command()` or `cli.add_command(...)`."""


@hookspec
def zoo_run_finished(run: Run) -> None:
    """Called when a run has reached its final state and is stored. An error raised here is reported, not fatal."""
