"""Fixtures that the tests of several packages share."""

from __future__ import annotations

import gc
import os
import re
import secrets
import signal
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.architectures import build
from zoo.data.cache import DecodedDataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from zoo.models.classifier import Classifier

# Tests run side by side, one a core, and their networks are tiny: TensorFlow's threads would only get in their way.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

# A shell that starts the tests in its background has them ignore Ctrl-C, and the programs that they start inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Ray reads them when it first starts in a process: without, it would write a token into the user's home.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))

# Building networks makes millions of objects that stay; collecting garbage as often as Python does by default takes
# a tenth of the suite's time.
gc.set_threshold(50_000, 20, 50)


# Tests that each architecture has several of.
OF_ARCHITECTURES = ("test_architecture", "test_features_train_what_pixels_train")


@pytest.hookimpl(optionalhook=True)  # so that the tests also run without pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # pytest-xdist is untyped
    """Run tests that share expensive networks in one process: those of a file, or of an architecture."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            architecture = re.match(rf".*::({'|'.join(OF_ARCHITECTURES)})\[\S+ ", nodeid)
            return architecture[0] if architecture else nodeid.partition("::")[0]

    return Scheduling(config, log)


@pytest.fixture(autouse=True, scope="module")
def _light_garbage_collection() -> None:
    """Exclude what earlier files left in memory, TensorFlow's graphs above all, from garbage collection.

    Each training collects garbage several times.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ZOO_REGISTRY", "ZOO_ARTIFACTS", "ZOO_PLUGINS_DIR", "ZOO_CACHE_LIMIT"):
            patch.delenv(name, raising=False)
        patch.setenv("ZOO_CACHE", str(tmp_path_factory.getbasetemp() / "zoo-cache"))
        yield


@pytest.fixture(name="build")
def _build() -> Callable[..., Classifier]:
    """Build a classifier, see `tests.architectures.build`."""
    return build


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def decoded() -> DecodedDataset:
    """Dark and bright gray images of 8×8: 32 for training, 16 for validation, 12 for the test."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    pixels = (rng.integers(0, 120, (60, 8, 8, 1)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    for array in (pixels, labels):
        array.flags.writeable = False  # tests share them
    rows = {"train": np.arange(32), "validation": np.arange(32, 48), "test": np.arange(48, 60)}
    return DecodedDataset(pixels, labels, ("class0", "class1"), rows, (), ())


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Put a distribution onto the path as pip would: a module, and the metadata of its entry points."""

    def installed(
        distribution: str, module: str, text: str, *, entry_points: str = "", metadata: str | None = None
    ) -> None:
        site = tmp_path / f"site-{distribution}"
        info = site / f"{distribution}-1.0.dist-info"
        info.mkdir(parents=True)
        if metadata is None:
            metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        if metadata:
            (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(f"[zoo]\n{entry_points or f'{module} = {module}'}\n")
        (site / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(site))

    before = set(sys.modules)
    yield installed
    for name in set(sys.modules) - before:
        if name.startswith("stranger"):
            del sys.modules[name]


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Callable[..., Path]:
    """A folder of plugin files: name -> text."""

    def written(**files: str) -> Path:
        plugins_dir = tmp_path / "plugins"
        plugins_dir.mkdir()
        for name, text in files.items():
            (plugins_dir / f"{name}.py").write_text(text)
        return plugins_dir

    return written
