"""The search workflow: candidates, their space, the trials, and their recording.

Names are imported lazily, since most of them import TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.workflows.search.extending import Extension, check_extension
    from zoo.workflows.search.finetuning import search_finetuning
    from zoo.workflows.search.forecast import Forecast, forecast_search
    from zoo.workflows.search.options import search_options
    from zoo.workflows.search.running import resume, search

__all__ = [
    "Extension",
    "Forecast",
    "check_extension",
    "forecast_search",
    "resume",
    "search",
    "search_finetuning",
    "search_options",
]

_MODULES = {
    "Extension": "extending",
    "Forecast": "forecast",
    "check_extension": "extending",
    "forecast_search": "forecast",
    "resume": "running",
    "search": "running",
    "search_finetuning": "finetuning",
    "search_options": "options",
}


def __getattr__(name: str) -> Any:  # any attribute of a module
    if name not in _MODULES:
        raise AttributeError(f"module 'zoo.workflows.search' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
