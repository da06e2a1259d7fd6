"""A name, a path or a URL becomes an opened dataset: its images found, fingerprinted and split."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.data.downloads import file_name, is_url
from zoo.data.opened import OpenedDataset, fingerprinted
from zoo.data.sources.archives import ARCHIVES, load_archive
from zoo.data.sources.arrays import ARRAYS, load_arrays
from zoo.data.sources.folders import load_folder
from zoo.data.sources.manifests import MANIFEST, MANIFESTS, load_manifest
from zoo.data.sources.registered import load_registered
from zoo.data.sources.tfds import PREFIX, load_tfds
from zoo.data.sources.urls import load_url
from zoo.data.splits import without_validation
from zoo.errors import DatasetError, UnknownNameError
from zoo.interfaces import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo.interfaces import Dataset, LabeledImages

RESPLIT = "#resplit"
"""Written after a dataset: its validation images join those for training, of which new ones are taken by hash."""
HINT = "or give the path of your images"


def open_dataset(
    ref: str,
    registered: Mapping[str, Dataset],
    recorded: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> OpenedDataset:
    """Find the dataset that `ref` means: a plugin's, a recorded name, `tfds:NAME`, a URL, else a path.

    Args:
        ref: what the user wrote for DATASET; it may end in `RESPLIT`.
        registered: the datasets of all plugins by name.
        recorded: what the registry knows: name -> source.

    Raises:
        UnknownNameError: it is neither a name nor a path.
        DatasetError: its images are missing, unreadable or too few, or it means two things at once.
        ContractError: a plugin's dataset is not what the contract asks for.
    """
    plain = ref.removesuffix(RESPLIT)
    name, source = _meaning(plain, registered, recorded or {})
    if plain != ref and not source.endswith(RESPLIT):
        name, source = f"{name}-resplit", f"{source}{RESPLIT}"
    return open_source(name, source, registered, progress)


def open_source(
    name: str, source: str, registered: Mapping[str, Dataset], progress: Progress | None = None
) -> OpenedDataset:
    """Open what `OpenedDataset.source` says, under this name; raises as `open_dataset` does."""
    plain = source.removesuffix(RESPLIT)
    plugin = plain.removeprefix("plugin ")
    if plugin != plain:
        if plugin not in registered:
            raise UnknownNameError("dataset", plugin, registered, "(a plugin brought it; see `zoo plugins`)")
        images = load_registered(registered[plugin])
    elif plain.startswith(PREFIX):
        images = load_tfds(plain, progress or Progress())
    elif is_url(plain):
        images = load_url(plain, load_path, progress or Progress())
    else:
        images = load_path(Path(plain), progress)
    return fingerprinted(name, source, images if plain == source else _resplit(name, images))


def load_path(path: Path, progress: Progress | None = None) -> LabeledImages:
    """The images of a folder, a manifest, a file of arrays or an archive.

    A folder with a `manifest.csv` in it is read by that.

    Raises:
        DatasetError: there is nothing, or nothing that holds labeled images.
    """
    name = path.name.lower()
    if os.path.isdir(path):  # noqa: PTH112  Path.is_dir raises where a name is too long
        manifest = path / MANIFEST
        return load_manifest(manifest) if manifest.is_file() else load_folder(path)
    if name.endswith(MANIFESTS):
        return load_manifest(path)
    if name.endswith(ARRAYS):
        return load_arrays(path, progress or Progress())
    if name.endswith(ARCHIVES):
        return load_archive(path, load_path, progress or Progress())
    return load_folder(path)  # which says what is wrong with it


def _meaning(ref: str, registered: Mapping[str, Dataset], recorded: Mapping[str, str]) -> tuple[str, str]:
    """The name and the source of what the user wrote."""
    if ref in registered:
        return ref, f"plugin {ref}"
    if ref.startswith(PREFIX):
        return _slug(ref), ref
    if is_url(ref):
        return _slug(_without_ending(file_name(ref).lower())), ref
    path = Path(os.path.expanduser(ref))  # noqa: PTH111  Path.expanduser raises where no such user is
    exists = os.path.exists(path)  # noqa: PTH110  Path.exists may raise
    if ref in recorded and not _looks_like_a_path(ref):
        source = recorded[ref]
        if not exists or str(path.resolve()) == source:
            return ref, source
        if is_url(source) or os.path.exists(source.removesuffix(RESPLIT)):  # noqa: PTH110  else it has moved here
            raise DatasetError(
                f"'{ref}' is the dataset at {source}, and there is also ./{ref} here: "
                f"write ./{ref} for the latter, {source} for the former"
            )
    if not exists and not _looks_like_a_path(ref):
        raise UnknownNameError("dataset", ref, {*registered, *recorded}, HINT)
    if not exists:
        load_path(path)  # says what is wrong with it
    return _name_of(path.resolve()), str(path.resolve())


def _resplit(name: str, images: LabeledImages) -> LabeledImages:
    if images.split is None:
        raise DatasetError(f"dataset '{name}' brings no splits of its own: leave {RESPLIT} out")
    return replace(images, split=without_validation(images.split))


def _looks_like_a_path(ref: str) -> bool:
    return ref.startswith((".", "~")) or "/" in ref or os.sep in ref


def _name_of(path: Path) -> str:
    """What a dataset at this path is called: the name of its folder, or of its file without the ending."""
    name = path.name.lower()
    if path.is_file():
        name = _without_ending(name)
        if path.name.lower() == MANIFEST:
            name = path.parent.name.lower()
    return _slug(name)


def _without_ending(name: str) -> str:
    return name.removesuffix(
        next((end for end in (*ARCHIVES, *ARRAYS, *MANIFESTS) if name.endswith(end)), "")
    )


def _slug(name: str) -> str:
    """The name without what would need quoting, or mean something in DATASET@ALIAS."""
    return re.sub(r"[^\w.-]+", "-", name.lower()).strip("-._") or "images"
