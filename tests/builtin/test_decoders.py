"""The image formats that zoo ships: a closed list, documented as it is."""

from __future__ import annotations

import re
from pathlib import Path

from zoo.plugins import load_plugins

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
PLUGINS = load_plugins()


def test_they_are_a_plugin_like_others() -> None:
    (plugin,) = (plugin for plugin in PLUGINS.entries if plugin.name == "decoders")
    assert (plugin.error, plugin.decoders) == (None, tuple(PLUGINS.decoders))


def test_the_list_is_closed() -> None:
    """Pillow would open more, such as EPS, which it hands to Ghostscript."""
    assert list(PLUGINS.decoders) == ["jpeg", "png", "webp", "bmp", "gif", "tiff"]


def test_the_table_on_the_page_on_data_is_theirs() -> None:
    rows = re.findall(r"^\| (\w+)[^|]*\| ((?:`\.\w+`(?:, )?)+) \|$", PAGE, flags=re.MULTILINE)
    documented = {name.lower(): tuple(re.findall(r"`(.*?)`", suffixes)) for name, suffixes in rows}
    assert documented == {name: decoder.suffixes for name, decoder in PLUGINS.decoders.items()}


def test_the_format_of_the_cache_stands_for_their_versions() -> None:
    assert {decoder.version for decoder in PLUGINS.decoders.values()} == {""}
