"""A name, a path or a URL becomes an opened dataset: its images found, fingerprinted and split."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from zoo.data.downloads import file_name, is_url
from zoo.data.formats import require_package
from zoo.data.opened import OpenedDataset, fingerprinted
from zoo.data.sources.contract import load_dataset, load_source
from zoo.data.sources.folders import require_folder
from zoo.data.sources.manifests import MANIFEST
from zoo.data.sources.urls import load_url
from zoo.data.splits import without_validation
from zoo.errors import DatasetError, UnknownNameError
from zoo.interfaces import Progress, SourceContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.data.formats import Formats
    from zoo.interfaces import Dataset, LabeledImages, Source

RESPLIT = "#resplit"
"""A suffix of a dataset: its validation images join those for training, from which new ones are taken by hash."""
HINT = "or give the path of your images"


def open_dataset(
    ref: str,
    registered: Mapping[str, Dataset],
    formats: Formats,
    recorded: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> OpenedDataset:
    """Open the dataset that `ref` names: a plugin's, a recorded name, a reference such as `tfds:NAME`, a URL, a path.

    Args:
        ref: what the user wrote for DATASET; it may end in `RESPLIT`.
        registered: the datasets of all plugins by name.
        formats: the containers and image formats of all plugins.
        recorded: the registry's datasets: name -> source.

    Raises:
        UnknownNameError: it is neither a name nor a path.
        DatasetError: its images are missing, unreadable or too few, or `ref` is ambiguous.
        ContractError: a plugin's dataset, source or decoder breaks the contract.
    """
    plain = ref.removesuffix(RESPLIT)
    name, source = _resolve(plain, registered, formats, recorded or {})
    if plain != ref and not source.endswith(RESPLIT):
        name, source = f"{name}-resplit", f"{source}{RESPLIT}"
    return open_source(name, source, registered, formats, progress)


def open_source(
    name: str,
    source: str,
    registered: Mapping[str, Dataset],
    formats: Formats,
    progress: Progress | None = None,
) -> OpenedDataset:
    """Open the dataset of an `OpenedDataset.source` under this name; raises as `open_dataset` does."""
    plain = source.removesuffix(RESPLIT)
    images = _load(plain, registered, formats, progress or Progress())
    return fingerprinted(name, source, images if plain == source else _resplit(name, images), formats)


def load_path(path: Path, formats: Formats, progress: Progress | None = None) -> LabeledImages:
    """Return the images of a folder or a file, by the source that reads it.

    Raises:
        DatasetError: the path does not exist, or holds no labeled images.
    """
    path, progress = path.absolute(), progress or Progress()
    source = formats.source_of(path, progress)
    if source is None:
        _refuse(path, formats)
    return load_by(source, str(path), formats, progress)


def load_by(source: Source, location: str, formats: Formats, progress: Progress) -> LabeledImages:
    """Return the images of a path or reference by this source; raises as `open_dataset` does."""
    require_package(source, location)
    return load_source(source, location, context_of(formats, progress))


def context_of(formats: Formats, progress: Progress) -> SourceContext:
    """Return the context that a source gets for loading."""

    def recognise(path: Path) -> str:
        source = formats.source_of(path, progress)
        return "" if source is None else source.name

    return SourceContext(
        progress, formats.image_suffixes, lambda path: load_path(path, formats, progress), recognise
    )


def _load(
    source: str, registered: Mapping[str, Dataset], formats: Formats, progress: Progress
) -> LabeledImages:
    plugin = source.removeprefix("plugin ")
    if plugin != source:
        if plugin not in registered:
            raise UnknownNameError(
                "dataset", plugin, registered, "(it came from a plugin; see `zoo plugins`)"
            )
        return load_dataset(registered[plugin])
    reader = formats.source_of_reference(source)
    if reader is not None:
        return load_by(reader, source, formats, progress)
    if is_url(source):
        return load_url(source, formats, lambda path: load_path(path, formats, progress), progress)
    return load_path(Path(source), formats, progress)


def _refuse(path: Path, formats: Formats) -> NoReturn:
    """Raise the error for a path that no source reads."""
    suffixes = [suffix for source in formats.sources for suffix in source.suffixes]
    require_folder(path, f", or a file that ends in {', '.join(suffixes)}")
    raise DatasetError(f"no source reads the folder '{path}'; see `zoo plugins`")


def _resolve(
    ref: str, registered: Mapping[str, Dataset], formats: Formats, recorded: Mapping[str, str]
) -> tuple[str, str]:
    """Return the name and the source that the user's DATASET stands for."""
    if ref in registered:
        return ref, f"plugin {ref}"
    if formats.source_of_reference(ref) is not None:
        return _slug(ref), ref
    if is_url(ref):
        return _slug(_without_suffix(file_name(ref).lower(), formats)), ref
    path = Path(os.path.expanduser(ref))  # noqa: PTH111  Path.expanduser raises where no such user is
    exists = os.path.exists(path)  # noqa: PTH110  Path.exists may raise
    if ref in recorded and not _looks_like_a_path(ref):
        source = recorded[ref]
        if not exists or str(path.resolve()) == source:
            return ref, source
        if is_url(source) or os.path.exists(source.removesuffix(RESPLIT)):  # noqa: PTH110  otherwise it has moved here
            raise DatasetError(
                f"'{ref}' is ambiguous: the dataset at {source} and the path ./{ref}; "
                f"write {source} or ./{ref}"
            )
    if not exists and not _looks_like_a_path(ref):
        raise UnknownNameError("dataset", ref, {*registered, *recorded}, HINT)
    if not exists:
        load_path(path, formats)  # raises the error for a missing path
    return _name_of(path.resolve(), formats), str(path.resolve())


def _resplit(name: str, images: LabeledImages) -> LabeledImages:
    if images.split is None:
        raise DatasetError(f"dataset '{name}' has no splits of its own: leave out --resplit or {RESPLIT}")
    return replace(images, split=without_validation(images.split))


def _looks_like_a_path(ref: str) -> bool:
    return ref.startswith((".", "~")) or "/" in ref or os.sep in ref


def _name_of(path: Path, formats: Formats) -> str:
    """Return the name of a dataset at this path: that of its folder, or of its file without the suffix."""
    name = path.name.lower()
    if path.is_file():
        name = _without_suffix(name, formats)
        if path.name.lower() == MANIFEST:
            name = path.parent.name.lower()
    return _slug(name)


def _without_suffix(name: str, formats: Formats) -> str:
    source = formats.source_of_file(name)
    if source is None:
        return name
    return name.removesuffix(max(filter(name.endswith, source.suffixes), key=len))


def _slug(name: str) -> str:
    """Return the name without characters that need quoting or have a meaning in DATASET@ALIAS."""
    return re.sub(r"[^\w.-]+", "-", name.lower()).strip("-._") or "images"
