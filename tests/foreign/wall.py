"""The steps that each foreign network goes through, as its author would take them: `zoo.train`, `zoo.finetune`, …"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

import zoo
from tests.foreign.networks import DATASET, PLUGIN_FILES, TRAINED
from zoo.export import export

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.interfaces import Model

AT = r"I0000 00:00:[0-9.]+ +[0-9]+ "  # a time and a process
COMPILED = re.compile(
    r"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR\n"
    rf"{AT}service\.cc:[0-9]+\] XLA service 0x[0-9a-f]+ initialized for platform Host "
    r"\(this does not guarantee that XLA will be used\)\. Devices:\n"
    rf"{AT}service\.cc:[0-9]+\]   StreamExecutor device \(0\): Host, Default Version\n"
    rf"{AT}device_compiler\.h:[0-9]+\] Compiled cluster using XLA!  "
    r"This line is logged at most once for the lifetime of the process\.\n"
)
"""The standard error where TensorFlow 2.18 compiles a grouped convolution, as of ConvNeXt; later ones do not log it."""

HYPERPARAMETERS = {row.architecture: row.hyperparameters for row in TRAINED}


class Wall:
    """Trained networks in a registry of their own; each is trained once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = folder / "registry.db"
        self._trained: dict[str, Model] = {}
        self._measured: dict[str, dict[str, float] | str] = {}

    @property
    def _session(self) -> dict[str, Any]:
        return {"registry": self.registry, "plugins_dir": PLUGIN_FILES, "progress": False}

    def train(self, architecture: str) -> Model:
        """Train for one epoch."""
        options = HYPERPARAMETERS.get(architecture)
        return zoo.train(architecture, DATASET, epochs=1, hyperparameters=options, **self._session)

    def trained(self, architecture: str) -> Model:
        """The network after one epoch."""
        if architecture not in self._trained:
            self._trained[architecture] = self.train(architecture)
        return self._trained[architecture]

    def in_a_fresh_process(self, architecture: str) -> dict[str, float] | str:
        """The metrics that another process measures, or its error; one process loads all that are trained so far."""
        model = self.trained(architecture).id
        if model not in self._measured:
            waiting = [model.id for model in self._trained.values() if model.id not in self._measured]
            command = [sys.executable, "-m", "tests.foreign.fresh_process", str(self.registry), *waiting]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert COMPILED.fullmatch(done.stderr) or not done.stderr, done.stderr
            self._measured |= json.loads(done.stdout)
        return self._measured[model]

    def finetuned(self, architecture: str, freeze: str) -> Model:
        """A child of the network, after one more epoch."""
        return zoo.finetune(self.trained(architecture), DATASET, freeze=freeze, epochs=1, **self._session)

    def changed_and_frozen(self, child: Model) -> tuple[set[str], set[str]]:
        """The layers with other weights than in the parent, and those that were frozen."""
        with zoo.open_registry(self.registry) as registry:
            before = registry.load_content(str(child.parent_id)).tensors
            after = registry.load_content(child.id).tensors
            frozen = {layer.name for layer in registry.layers(child.id) if layer.frozen == "yes"}
        changed = {
            name.partition("/")[0]
            for name, tensor in after.items()
            if not np.array_equal(tensor, before[name])
        }
        return changed, frozen

    def epochs(self, architecture: str) -> int:
        """The number of epochs that any training of the architecture has recorded."""
        with zoo.open_registry(self.registry, create=True) as registry:
            runs = [run for run in registry.runs() if run.plan.architecture == architecture]
            return sum(len(registry.epochs(run.id)) for run in runs)

    def export(self, architecture: str, file_format: str) -> Path:
        """Write the network, which is compared with what is read back, see `zoo.export.export`."""
        path = self.folder / f"{architecture}.{file_format}"
        path = path.with_suffix("") if file_format == "saved-model" else path
        classifier = zoo.load(self.trained(architecture), registry=self.registry, plugins_dir=PLUGIN_FILES)
        export(classifier._network, path, file_format)
        return path
