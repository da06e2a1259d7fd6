"""The process that loads stored models for `zoo.testing.fresh_process`. Internal.

It imports Keras once and forks for each model, so that the process that loads one has seen no other, and no plugin.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from pkgutil import resolve_name
from typing import NamedTuple

from zoo.errors import ContractError
from zoo.plugin_code.discovery import FILE_MODULE, import_file
from zoo.testing.contract import reason_of

OWN_SEED = 2  # another one than the process has that built the network
ANSWER, OUTPUTS, PIXELS = "answer.json", "outputs.npy", "pixels.npy"


class Job(NamedTuple):
    """A stored model to load, as JSON.

    Args:
        folder: of the artifacts, the pixels and the answer.
        manifest: its digest.
        in_detail: whether to report calls, variables and attributes.
        path: Python's `sys.path`.
        modules: of the plugin: name and file.
        architecture: its name.
        custom_layers: `MODULE:NAME` of the function, in case no hook of the modules returns the architecture; empty
            where there is none.
    """

    folder: str
    manifest: str
    in_detail: bool
    path: list[str]
    modules: list[tuple[str, str | None]]
    architecture: str
    custom_layers: str


class Inside(NamedTuple):
    """The inside of a network as digests, which can be compared with those of another process.

    Args:
        calls: `OPERATION#NUMBER`, the calls of each operation counted, in the order of the graph -> the digest of each
            output.
        variables: name -> digest.
        attributes: name of a layer that is not Keras's own -> those of its attributes, and of the layers inside it,
            that are numbers, text or arrays, with their values as text.
    """

    calls: dict[str, list[str]]
    variables: dict[str, str]
    attributes: dict[str, dict[str, str]]


def main() -> None:
    """Answer a line of standard input, a job, with a line of standard output, until the input ends."""
    import zoo.testing.layers  # noqa: F401  Keras

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where the plugin prints
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _load(Job(*json.loads(line)))
            os._exit(0)
        os.waitpid(child, 0)
        print("done", file=answers, flush=True)


def _load(job: Job) -> None:
    answer = Path(job.folder) / ANSWER
    try:
        answer.write_text(json.dumps(_answer(job)), encoding="utf-8")
    except BaseException as error:  # third-party code may raise anything
        file = job.modules[0][1] if job.modules else None
        answer.write_text(json.dumps({"error": reason_of(error, file or "")}), encoding="utf-8")


def _answer(job: Job) -> dict[str, object]:
    import numpy as np

    from zoo.models.content import from_content
    from zoo.registry.artifacts import ArtifactStore
    from zoo.registry.manifest import load_content
    from zoo.testing.layers import describe
    from zoo.training.fit import start_fresh

    sys.path[:] = job.path
    _import_custom_layers(job)
    start_fresh(OWN_SEED)
    folder = Path(job.folder)
    network = from_content(load_content(ArtifactStore(folder), job.manifest)).network
    pixels = np.load(folder / PIXELS)
    np.save(folder / OUTPUTS, np.asarray(network(pixels, training=False)))
    if not job.in_detail:
        return {}
    return describe(network, pixels)._asdict()


def _import_custom_layers(job: Job) -> None:
    """Import the plugin and its layers, as loading a stored model does."""
    from zoo.models.custom_objects import register_layers

    modules = [
        import_file(Path(file)) if file and name.startswith(FILE_MODULE) else importlib.import_module(name)
        for name, file in job.modules
    ]
    for module in modules:
        hook = getattr(module, "zoo_architectures", None)
        for architecture in hook() if hook else ():
            if architecture.name == job.architecture:
                register_layers(architecture)
                return
    if job.custom_layers:
        if "<" in job.custom_layers or job.custom_layers.endswith(":"):
            raise ContractError(
                "no hook of its module returns the architecture, and custom_layers is a function without a name there: "
                "define it at the top of the module"
            )
        resolve_name(job.custom_layers)()


if __name__ == "__main__":
    main()
