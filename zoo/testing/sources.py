"""The checks of a source, run on its own sample."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.formats import Formats, require_package
from zoo.data.sources import context_of, load_by
from zoo.errors import ContractError, ZooError
from zoo.interfaces import LabeledImages, Progress
from zoo.plugin_code.places import file_of
from zoo.testing.contract import NotBuilt, reason_of
from zoo.testing.datasets import require_images, require_same
from zoo.testing.imports import check_imports

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zoo.interfaces import Source


class Subject:
    """A source under test with its sample, which is written once.

    Args:
        formats: the other sources and all decoders; a source of the same name is replaced.
    """

    def __init__(self, source: Source, formats: Formats) -> None:
        self.source = source
        others = tuple(other for other in formats.sources if other.name != source.name)
        # Its position matters: later sources may recognise more specific folders.
        names = [other.name for other in formats.sources]
        index = names.index(source.name) if source.name in names else len(others)
        self.formats = Formats((*others[:index], source, *others[index:]), formats.decoders)
        self.folder = Path(tempfile.mkdtemp(prefix="zoo-sample-")).resolve()
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._failed = False

    @cached_property
    def sample(self) -> str:
        """The path or reference of the sample.

        Raises:
            NotBuilt: the source has none.
            ContractError: it is neither a path nor a string.
        """
        if self.source.sample is None:
            raise NotBuilt(
                "there is no sample: add Source.sample, which writes a small dataset into a folder"
            )
        sample = self.source.sample(Path(tempfile.mkdtemp(dir=self.folder)))
        if not isinstance(sample, Path | str):
            raise ContractError(f"sample() returns {type(sample).__name__}: return a path or a reference")
        return str(sample)

    @cached_property
    def images(self) -> LabeledImages:
        """The images of the sample.

        Raises:
            NotBuilt: it failed before.
        """
        if self._failed:
            raise NotBuilt("there are no images: see 'loads'")
        self._failed = True  # until it has succeeded
        images = self.load()
        self._failed = False
        return images

    def load(self) -> LabeledImages:
        """Load the sample once more."""
        return load_by(self.source, self.sample, self.formats, Progress())


@lru_cache(maxsize=1)
def subject_of(source: Source, formats: Formats) -> Subject:
    """Return the subject of a source, the same one in calls for the same one, so that checks share the sample."""
    return Subject(source, formats)


def _imports_without_tensorflow(subject: Subject) -> None:
    check_imports(subject.source.load, "zoo_sources", subject.source.name)


def _recognises(subject: Subject) -> None:
    source, nowhere = subject.source, subject.folder / "nowhere"
    if source.recognises is not None and source.recognises(nowhere):
        raise ContractError(
            "recognises() returns True for a path that does not exist: check that the file exists"
        )
    if source.sample is None:
        return
    reader = (
        subject.formats.source_of_reference(subject.sample)
        if source.prefix
        else subject.formats.source_of(Path(subject.sample), Progress())
    )
    if reader is not source:
        owner = "no source" if reader is None else f"source '{reader.name}'"
        raise ContractError(
            f"its sample '{subject.sample}' is read by {owner}: check suffixes and recognises"
        )


def _loads(subject: Subject) -> None:
    _ = subject.images  # the contract of sources is checked as they are loaded


def _decodes(subject: Subject) -> None:
    require_images(subject.images, subject.formats)


def _loads_again(subject: Subject) -> None:
    require_same(subject.images, subject.load())


def _refuses_damage(subject: Subject) -> None:
    source, context = subject.source, context_of(subject.formats, Progress())
    for number, content in enumerate((b"", np.random.default_rng(0).bytes(1000))):
        for suffix in source.suffixes:
            damaged = subject.folder / f"damaged-{number}{suffix}"
            damaged.write_bytes(content)
            require_package(source, str(damaged))
            try:
                source.load(str(damaged), context)
            except ZooError:
                continue
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # third-party code
                reason = reason_of(error, file_of(source.load))
                raise ContractError(
                    f"a damaged {suffix} raises {reason}: raise zoo.ZooError with the problem in one line"
                ) from error
            raise ContractError(
                f"a damaged {suffix} is loaded: raise zoo.ZooError with the problem in one line"
            )


CHECKS: Mapping[str, Callable[[Subject], None]] = {
    "imports-without-tensorflow": _imports_without_tensorflow,
    "recognises": _recognises,
    "loads": _loads,
    "decodes": _decodes,
    "loads-again": _loads_again,
    "refuses-damage": _refuses_damage,
}
