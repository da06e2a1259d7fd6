"""The containers that zoo ships come by the door of plugins, are documented, and cost nothing until they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from zoo.plugins import load_plugins

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
PLUGINS = load_plugins()


def test_they_are_a_plugin_like_others() -> None:
    (plugin,) = (plugin for plugin in PLUGINS.entries if plugin.name == "sources")
    assert (plugin.error, plugin.sources) == (None, tuple(PLUGINS.sources))
    assert plugin.origin == PLUGINS.provider("convnet").origin
    assert plugin.version == PLUGINS.provider("convnet").version


def test_the_page_on_data_names_every_suffix_and_prefix() -> None:
    named = [suffix for source in PLUGINS.sources.values() for suffix in (*source.suffixes, source.prefix)]
    assert [text for text in named if text not in PAGE] == []


def test_loading_them_imports_nothing_that_reads_images() -> None:
    script = "import sys, zoo.builtin.sources, zoo.builtin.decoders\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"PIL", "numpy", "cv2", "simplejpeg", "zoo.data.decode"} & set(done.stdout.split()) == set()
