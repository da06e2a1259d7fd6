"""The containers that zoo reads. Modules that load are imported on first use."""

from __future__ import annotations

import csv
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.hookspecs import hookimpl
from zoo.interfaces import Source

if TYPE_CHECKING:
    from zoo.interfaces import LabeledImages, SourceContext


@hookimpl
def zoo_sources() -> list[Source]:
    """Return the sources; the last one that recognises a folder reads it, so the plain folder comes first."""
    return [
        Source(
            name="folder",
            load=_load_folder,
            summary="a folder with one subfolder per class, or train, val and test folders with the classes inside",
            reference="docs/data.md",
            recognises=_is_folder,
            sample=_write_folder,
        ),
        Source(
            name="manifest",
            load=_load_manifest,
            summary="a list with the columns path,label or path,label,split, or a folder with a manifest.csv in it",
            reference="docs/data.md",
            suffixes=(".csv",),
            recognises=_has_manifest,
            sample=_write_manifest,
        ),
        Source(
            name="npz",
            load=_load_arrays,
            summary="NumPy arrays of images and labels in one file",
            reference="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html",
            suffixes=(".npz",),
            single_file=True,
            sample=_write_npz,
        ),
        Source(
            name="npy",
            load=_load_arrays,
            summary="a NumPy array of images, with the labels in another file beside it",
            reference="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html",
            suffixes=(".npy",),
            sample=_write_npy,
        ),
        Source(
            name="archive",
            load=_load_archive,
            summary="a folder or a manifest with its images, packed; unpacked once, into the cache",
            reference="https://docs.python.org/3/library/archiving.html",
            suffixes=(".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"),
            single_file=True,
            sample=_write_archive,
        ),
        Source(
            name="tfds",
            load=_load_tfds,
            summary="a dataset of TensorFlow Datasets, tfds:NAME or tfds:NAME:CONFIG",
            reference="https://www.tensorflow.org/datasets",
            prefix="tfds:",
            package="tensorflow_datasets",
            install="'keras-zoo[tfds]'",
        ),
    ]


# Recognising: os.path, since Path's own methods raise where a name is too long.


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112


def _has_manifest(path: Path) -> bool:
    return os.path.isfile(path / "manifest.csv")  # noqa: PTH113


# Loading ------------------------------------------------------------------------------------------------


def _load_folder(location: str, context: SourceContext) -> LabeledImages:
    from zoo.data.sources.folders import load_folder

    return load_folder(Path(location), context.image_suffixes)


def _load_manifest(location: str, context: SourceContext) -> LabeledImages:
    from zoo.data.sources.manifests import MANIFEST, load_manifest

    path = Path(location)
    return load_manifest(path / MANIFEST if _is_folder(path) else path, context.image_suffixes)


def _load_arrays(location: str, context: SourceContext) -> LabeledImages:
    from zoo.data.sources.arrays import load_arrays

    return load_arrays(Path(location), context.progress)


def _load_archive(location: str, context: SourceContext) -> LabeledImages:
    from zoo.data.sources.archives import load_archive

    return load_archive(Path(location), context)


def _load_tfds(location: str, context: SourceContext) -> LabeledImages:
    from zoo.data.sources.tfds import load_tfds

    return load_tfds(location, context.progress)


# Samples ------------------------------------------------------------------------------------------------


def _write_folder(folder: Path) -> Path:
    """Write twenty gray images in each of two classes."""
    from PIL import Image

    for shade in range(40):
        file = folder / ("light" if shade % 2 else "dark") / f"{shade}.png"
        file.parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8), 6 * shade).save(file)
    return folder


def _write_manifest(folder: Path) -> Path:
    files = sorted(_write_folder(folder).rglob("*.png"))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as manifest:
        csv.writer(manifest).writerows(
            [("path", "label"), *((file.relative_to(folder), file.parent.name) for file in files)]
        )
    return folder


def _write_npz(folder: Path) -> Path:
    import numpy as np

    shades = np.arange(40, dtype=np.uint8)
    np.savez(folder / "shades.npz", x=np.tile(shades[:, None, None], (1, 8, 8)), y=shades % 2)
    return folder / "shades.npz"


def _write_npy(folder: Path) -> Path:
    import numpy as np

    shades = np.arange(40, dtype=np.uint8)
    np.save(folder / "shades.npy", np.tile(shades[:, None, None], (1, 8, 8)))
    np.save(folder / "shades_labels.npy", shades % 2)
    return folder / "shades.npy"


def _write_archive(folder: Path) -> Path:
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    with zipfile.ZipFile(folder / "shades.zip", "w") as archive:
        for file in sorted(_write_folder(unpacked).rglob("*.png")):
            archive.write(file, file.relative_to(unpacked))
    return folder / "shades.zip"
