"""The child process of `zoo plugins check`: all that touches the plugin's code happens here.

`zoo.testing.sandbox` starts it with a job as JSON and the number of a pipe, to which it writes a line of JSON for
each thing that happens.
"""

from __future__ import annotations

import json
import os
import sys
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from zoo.errors import ContractError, PluginError, UnknownNameError, ZooError
from zoo.plugins import GROUP, Plugin, Plugins, load_plugins
from zoo.testing import ARCHITECTURE_CHECKS, DATASET_CHECKS, check_architecture, check_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LOADING = "loads-as-plugin"
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def main() -> None:
    """Find the target, then run its checks in order."""
    job, pipe = json.loads(sys.argv[1]), int(sys.argv[2])

    def tell(**event: object) -> None:
        os.write(pipe, json.dumps(event).encode() + b"\n")

    os.dup2(2, 1)  # what a plugin prints goes nowhere that is read
    try:
        with _found(job["target"], job["plugins_dir"], tell) as (plugins, chosen):
            _check_all(plugins, chosen, job["target"], job["hyperparameters"], tell)
    except ZooError as error:
        tell(error=str(error))


# Finding the target ----------------------------------------------------------------------------------------


@contextmanager
def _found(
    target: str, plugins_dir: str | None, tell: Callable[..., None]
) -> Iterator[tuple[Plugins, list[Plugin]]]:
    """All plugins, and those that are meant: by the path of a file or a package, or by a name."""
    path = Path(target)
    with TemporaryDirectory(prefix="zoo-check-") as folder:
        tell(subject=path.stem, check=LOADING, began=True)
        if path.is_file():
            (Path(folder) / path.name).symlink_to(path.resolve())
            plugins = load_plugins(Path(folder))
            yield (
                plugins,
                _of_origin(plugins, str(path.resolve()), f"{path}: name it NAME.py, without a _ in front"),
            )
        elif (path / "pyproject.toml").is_file():
            name = _pretend_installed(path.resolve(), Path(folder))
            plugins = load_plugins(Path(plugins_dir) if plugins_dir else None)
            yield plugins, _of_origin(plugins, name, f"{path}/pyproject.toml: [project.entry-points.{GROUP}]")
        elif "/" in target or path.is_dir():
            raise PluginError(
                f"there is no plugin at {path}: give a .py file, or a folder with pyproject.toml"
            )
        else:
            plugins = load_plugins(Path(plugins_dir) if plugins_dir else None)
            yield plugins, _of_name(plugins, target)


def _pretend_installed(package: Path, folder: Path) -> str:
    """Let Python see the package as if it were installed; gives its name."""
    try:
        project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        name, entry_points = project["name"], project["entry-points"][GROUP]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise PluginError(
            f"{package}/pyproject.toml names no plugin ({error}): it needs [project] with a name, and "
            f"[project.entry-points.{GROUP}]"
        ) from error
    information = folder / f"{name.replace('-', '_')}-0.dist-info"
    information.mkdir()
    version = project.get("version", "0")
    (information / "METADATA").write_text(METADATA.format(name=name, version=version), encoding="utf-8")
    lines = [f"[{GROUP}]", *(f"{plugin} = {module}" for plugin, module in entry_points.items())]
    (information / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    sys.path[:0] = [str(package / "src"), str(package), str(folder)]
    return str(name)


def _of_origin(plugins: Plugins, origin: str, where: str) -> list[Plugin]:
    chosen = [plugin for plugin in plugins.found if plugin.origin == origin]
    if not chosen:
        raise PluginError(f"no plugin is found in {where}")
    return chosen


def _of_name(plugins: Plugins, name: str) -> list[Plugin]:
    chosen = [plugin for plugin in plugins.found if name in _names(plugin)]
    if not chosen:
        known = {known for plugin in plugins.found for known in _names(plugin)}
        raise UnknownNameError("plugin", name, known, "or give the path of a file or a package")
    return chosen


def _names(plugin: Plugin) -> set[str]:
    return {plugin.name, plugin.origin, *plugin.architectures, *plugin.datasets}


# Checking --------------------------------------------------------------------------------------------------


def _check_all(
    plugins: Plugins,
    chosen: list[Plugin],
    target: str,
    hyperparameters: Mapping[str, str],
    tell: Callable[..., None],
) -> None:
    for plugin in chosen:
        problem = f"{plugin.error}: mend that first" if plugin.error else None
        tell(subject=plugin.name, check=LOADING, problem=problem)
    architectures = _meant(target, [name for plugin in chosen for name in plugin.architectures])
    datasets = _meant(target, [name for plugin in chosen for name in plugin.datasets])
    tell(
        plan=[[name, list(ARCHITECTURE_CHECKS)] for name in architectures]
        + [[name, list(DATASET_CHECKS)] for name in datasets]
    )
    for name in architectures:
        for check in ARCHITECTURE_CHECKS:
            architecture = plugins.architectures[name]
            with _told(name, check, tell):
                check_architecture(architecture, check, hyperparameters=hyperparameters)
    for name in datasets:
        for check in DATASET_CHECKS:
            with _told(name, check, tell):
                check_dataset(plugins.datasets[name], check)


def _meant(target: str, names: list[str]) -> list[str]:
    """One architecture or dataset where it is named, else all of the plugin."""
    return [target] if target in names else names


@contextmanager
def _told(name: str, check: str, tell: Callable[..., None]) -> Iterator[None]:
    tell(subject=name, check=check, began=True)
    began, problem = time.perf_counter(), None
    try:
        yield
    except ContractError as error:
        problem = str(error).removeprefix(f"{name} fails '{check}': ")
    tell(subject=name, check=check, problem=problem, seconds=time.perf_counter() - began)


if __name__ == "__main__":
    main()
