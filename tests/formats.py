"""The containers and image formats that zoo ships."""

from __future__ import annotations

from zoo.plugins import load_plugins

FORMATS = load_plugins().formats
