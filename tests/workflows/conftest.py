"""A workspace on a new registry, with the tiny plugin of the command-line tests."""

from __future__ import annotations

import gc
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.format_plugins import toys
from tests.workflows.search.tiny_searches import Watcher
from zoo import workflows
from zoo.plugins import Plugins, load_plugins
from zoo.registry import Registry, open_registry
from zoo.workflows import TrainingOptions, Workspace, train, training_options
from zoo.workflows.parents import find_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from zoo.interfaces import Model
    from zoo.models.classifier import Classifier

# Each training collects garbage; TensorFlow's own hundred thousands of objects need not be looked through.
gc.freeze()

PLUGIN_FILES = Path(__file__).parent.parent / "cli" / "plugin_files"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with open_registry(tmp_path / "registry.db") as registry:
        yield registry


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def decoding(workspace: Workspace, tmp_path: Path) -> Callable[[str], Workspace]:
    """Return the workspace with a plugin that decodes images, in this version of its decoder."""

    def load(version: str) -> Workspace:
        folder = tmp_path / "plugins"
        shutil.copytree(PLUGIN_FILES, folder, dirs_exist_ok=True)
        source = Path(toys.__file__).read_text()
        versioned = source.replace("sample=sample_image", f'sample=sample_image, version="{version}"')
        (folder / "toys.py").write_text(versioned)
        return replace(workspace, plugins=load_plugins(folder))

    return load


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return load_plugins(PLUGIN_FILES)


@pytest.fixture
def workspace(registry: Registry, plugins: Plugins, watcher: Watcher) -> Workspace:
    return Workspace(registry, plugins, watcher)


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Path:
    """A registry with a model for `blobs` and one for `three`."""
    folder = tmp_path_factory.mktemp("trained")
    with open_registry(folder / "registry.db") as registry:
        for dataset in ("blobs", "three"):
            values = {"learning_rate": 0.02, "filters": 2}
            options = TrainingOptions(epochs=15)
            train(Workspace(registry, plugins), "tiny", dataset, hyperparameters=values, options=options)
    return folder


@pytest.fixture
def trained(trained_folder: Path, tmp_path: Path, plugins: Plugins, watcher: Watcher) -> Iterator[Workspace]:
    """A workspace on a copy of that registry, which the test may change."""
    shutil.copy(trained_folder / "registry.db", tmp_path)
    shutil.copytree(trained_folder / "artifacts", tmp_path / "artifacts")
    with open_registry(tmp_path / "registry.db") as registry:
        yield Workspace(registry, plugins, watcher)


@pytest.fixture
def parent(trained: Workspace) -> Model:
    """Knows dark and light."""
    return trained.registry.best("blobs")


@pytest.fixture
def finetune(trained: Workspace, parent: Model) -> Callable[..., Model]:
    """Fine-tune a model, the parent unless another is named, on a dataset for an epoch."""

    def call(
        dataset: str,
        freeze: str = "none",
        *,
        model: Model = parent,
        hyperparameters: Mapping[str, Any] | None = None,
        head: str | None = None,
        channels: int | None = None,
        **options: Any,
    ) -> Model:
        return workflows.finetune(
            trained,
            model.id,
            dataset,
            hyperparameters={**(hyperparameters or {}), "freeze": freeze},
            head=head,
            channels=channels,
            options=training_options(**{"epochs": 1, **options}),
        )

    return call


@pytest.fixture
def build(trained: Workspace, parent: Model) -> Callable[..., Classifier]:
    """Return the classifier that a fine-tuning builds of a model (by default the parent) before it trains it."""

    def call(
        dataset: str,
        *,
        model: Model = parent,
        hyperparameters: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> Classifier:
        values, opened = dict(hyperparameters or {}), trained.open_dataset(dataset)
        source = find_parent(trained, model, opened, values, **arguments)
        return source.build(source.choose(values))

    return call


@pytest.fixture
def options() -> Callable[..., TrainingOptions]:
    """Two epochs, unless asked for others."""

    def make(**values: Any) -> TrainingOptions:
        return training_options(**{"epochs": 2, **values})

    return make
