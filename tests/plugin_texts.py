"""The texts of plugins, for tests of how they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.plugin_code.discovery import Plugin
    from zoo.plugins import Plugins

HEADER = """
from zoo import Architecture, Dataset, Decoder, LabeledImages, Source, hookimpl

def backbone(hp, inputs, *, weights=None):
    return inputs

def load():
    return LabeledImages([], [], ())
"""

# A plugin whose hook returns an expression.
RETURNS = HEADER + "@hookimpl\ndef zoo_architectures():\n    return {}\n"

SHIPPED_SOURCES = {"folder", "manifest", "npz", "npy", "archive", "tfds"}
SHIPPED_DECODERS = {"jpeg", "png", "webp", "bmp", "gif", "tiff"}


def architectures(*names: str) -> str:
    """The text of a plugin that adds these architectures."""
    listed = ", ".join(f'Architecture("{name}", backbone, "{name}", "none")' for name in names)
    return f"{HEADER}\n@hookimpl\ndef zoo_architectures():\n    return [{listed}]\n"


def datasets(*names: str) -> str:
    """The text of a plugin that adds these datasets."""
    listed = ", ".join(f'Dataset("{name}", load, "{name}", "none")' for name in names)
    return f"{HEADER}\n@hookimpl\ndef zoo_datasets():\n    return [{listed}]\n"


def sources(*names: str, **fields: object) -> str:
    """The text of a plugin that adds these sources, with a suffix each that is their name unless another is given."""
    calls = [
        f"Source('{name}', load, '{name}', 'none', **{ {'suffixes': (f'.{name}',), **fields}!r})"
        for name in names
    ]
    return f"{HEADER}\n@hookimpl\ndef zoo_sources():\n    return [{', '.join(calls)}]\n"


def decoders(*names: str, **fields: object) -> str:
    """The text of a plugin that adds these decoders, with a suffix each that is their name unless another is given."""
    calls = [
        f"Decoder('{name}', load, load, '{name}', 'none', **{ {'suffixes': (f'.{name}',), **fields}!r})"
        for name in names
    ]
    return f"{HEADER}\n@hookimpl\ndef zoo_decoders():\n    return [{', '.join(calls)}]\n"


def named(plugins: Plugins, name: str) -> Plugin:
    """The plugin of this name, loaded or quarantined."""
    (plugin,) = (plugin for plugin in plugins.entries if plugin.name == name)
    return plugin
