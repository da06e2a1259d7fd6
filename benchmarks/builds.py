"""Counts the networks, freezings and stage graphs of one small search; measures no time.

Run it on two checkouts, one after the other, and compare:

    PYTHONPATH=CHECKOUT:CHECKOUT/plugins python benchmarks/builds.py

The search is `zoo search convnet digits --trials 2 --epochs 1`, in this process. Backbones and heads are also built
to explore the space and to try the defaults before the first trial.
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SEARCH = ["search", "convnet", "digits", "--trials", "2", "--epochs", "1"]
# Module, function -> name of the count of its calls. A function that a checkout does not have is ignored.
COUNTED = {
    ("zoo_plugins.convnet", "choose_blocks"): "backbones",
    ("zoo.models.heads", "new_head"): "heads",
    ("zoo.interfaces.stages", "stages_of"): "stage graphs",
    ("zoo.models.freezing", "freeze"): "calls of freeze",
    ("zoo.models.freezing", "_resolve"): "freeze specifications resolved",
    ("zoo.training.fit", "fit"): "trainings",
}


def count_calls(arguments: list[str]) -> Counter[str]:
    """Count the calls of the command line with these arguments, in this process and an empty registry."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"ZOO_REGISTRY": f"{folder}/registry.db", "ZOO_CACHE": f"{folder}/cache"}
        import_all()
        counts: Counter[str] = Counter()
        for (module, name), counted in COUNTED.items():
            function = getattr(importlib.import_module(module), name, None)
            if function is not None:
                replace_everywhere(function, counting(function, counts, counted))
        run(importlib.import_module("zoo.cli").main, arguments)
    return counts


def import_all() -> None:
    """Import every module of zoo, so that all names of a function can be replaced."""
    for package in ("zoo", "zoo_plugins"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__") and "migrations" not in module.name:
                with suppress(ImportError):  # of an optional package
                    importlib.import_module(module.name)


def counting(function: Callable[..., Any], counts: Counter[str], counted: str) -> Callable[..., Any]:
    """Return the function with its calls counted."""

    @functools.wraps(function)
    def counter(*arguments: Any, **named: Any) -> Any:
        counts[counted] += 1
        return function(*arguments, **named)

    return counter


def replace_everywhere(function: object, replacement: object) -> None:
    """Replace the function under each name by which a module has imported it."""
    for module in list(sys.modules.values()):
        if module.__name__.split(".")[0] in ("zoo", "zoo_plugins"):
            for name, value in list(vars(module).items()):
                if value is function:
                    setattr(module, name, replacement)


def run(main: Any, arguments: list[str]) -> None:
    """Call the entry point as a shell would."""
    sys.argv = ["zoo", *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    counts = count_calls(SEARCH)
    for name in COUNTED.values():
        print(f"{counts[name]:4}  {name}")
