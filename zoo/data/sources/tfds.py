"""A dataset of TensorFlow Datasets becomes labeled images, written once as files into the cache."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zoo.data.cache_folder import cache_folder
from zoo.data.sources.folders import SPLIT_FOLDERS
from zoo.data.sources.manifests import MANIFEST, load_manifest
from zoo.data.sources.unpacking import unpacked_once
from zoo.errors import DatasetError, nearest_names
from zoo.interfaces import SkippedFile
from zoo.tensorflow_startup import quiet_start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zoo.interfaces import LabeledImages, Progress

PREFIX = "tfds:"
NAME = re.compile(r"(\w+)(?:[:/]([\w.+-]+))?")
LEFT_OUT = "left_out.json"
WRITTEN = (".png", ".jpg")
"""Endings of the image files, which are JPEG unless they are PNG."""

PROGRESS_EVERY = 100


def load_tfds(source: str, progress: Progress) -> LabeledImages:
    """Write the images of `tfds:NAME[:CONFIG]` into the cache, unless this version is there already, and load them.

    The images stay as they are encoded. Splits are those named train, test, and validation, valid or val; others,
    and images without a label, are listed in `skipped`. If the only split is train, it is ignored. Classes are the
    label feature's names, sorted. `TFDS_DATA_DIR` is the folder of TensorFlow Datasets' own files.

    Raises:
        DatasetError: TensorFlow Datasets is not installed, knows no such dataset or cannot prepare it, or it has
            no images with one label each.
    """
    match = NAME.fullmatch(source.removeprefix(PREFIX))
    if match is None:
        raise DatasetError(f"'{source}' is not a dataset: write tfds:NAME or tfds:NAME:CONFIG")
    builder = _builder(source, *match.groups())
    parts = [
        builder.name,
        builder.builder_config.name if builder.builder_config else "",
        str(builder.version),
    ]
    entry = cache_folder() / "tfds" / re.sub(r"[^\w.+-]", "-", "-".join(filter(None, parts)))
    unpacked_once(entry, lambda folder: _write(builder, folder, source, progress))
    images = load_manifest(entry / MANIFEST, WRITTEN)
    left_out = json.loads((entry / LEFT_OUT).read_text(encoding="utf-8"))
    skipped = tuple(SkippedFile(path, reason) for path, reason in left_out)
    return replace(images, skipped=images.skipped + skipped)


def _builder(source: str, name: str, config: str | None) -> Any:  # tensorflow_datasets is untyped
    """Return the builder of a dataset; nothing is downloaded yet."""
    tfds = _library(source)
    folder = os.environ.get("TFDS_DATA_DIR")  # tensorflow_datasets itself looks only when it is imported
    try:
        return tfds.builder(f"{name}/{config}" if config else name, data_dir=folder)
    except tfds.core.registered.DatasetNotFoundError as error:
        nearest = nearest_names(name, tfds.list_builders(with_community_datasets=False))
        advice = f"did you mean {', '.join(nearest)}?" if nearest else "see its catalog for the names"
        raise DatasetError(f"TensorFlow Datasets has no dataset '{name}': {advice}") from error
    except Exception as error:  # third-party code
        raise DatasetError(
            f"TensorFlow Datasets cannot open '{source}': {_reason(error)}; check the name"
        ) from error


def _library(source: str) -> Any:
    try:
        with quiet_start():
            import tensorflow_datasets as tfds

            _ = tfds.builder, tfds.decode  # whose modules it imports on first use
        tfds.disable_progress_bar()
    except Exception as error:  # protobuf, of another version than tensorflow_datasets needs, raises its own
        raise DatasetError(
            f"'{source}' needs TensorFlow Datasets, which cannot be imported: {_reason(error)}; try "
            "pip install -U 'keras-zoo[tfds]'"
        ) from error
    return tfds


def _write(builder: Any, folder: Path, source: str, progress: Progress) -> None:
    """Write each image as a file, a manifest of them, and a list of those left out."""
    keys = _keys(builder.info, source)
    _prepare(builder, source, progress)
    splits = {name: SPLIT_FOLDERS.get(name.lower(), "") for name in builder.info.splits}
    left_out = [(f"{source}, split {name}", "not one of zoo's splits") for name in splits if not splits[name]]
    usable = {name: split for name, split in splits.items() if split}
    if not usable:
        raise DatasetError(
            f"'{source}' has no split train, validation or test; it has {', '.join(splits) or 'none'}"
        )
    rows = _write_images(builder, folder, usable, keys, progress)
    unlabeled = Counter(name for name, label, _ in rows if label < 0)  # how TensorFlow Datasets marks them
    left_out += [
        (f"{source}, split {name}", f"{count:,} images without a label") for name, count in unlabeled.items()
    ]
    names = builder.info.features[keys[1]].names
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "split"])
        for name, label, path in rows:
            if label >= 0:
                split = "" if set(usable.values()) == {"train"} else usable[name]
                writer.writerow([path, names[label], split])
    (folder / LEFT_OUT).write_text(json.dumps(left_out), encoding="utf-8")


def _keys(info: Any, source: str) -> tuple[str, str]:
    """Return the names of the features of the image and its label."""
    from tensorflow_datasets import features as kinds

    features = dict(info.features.items())
    candidates = info.supervised_keys or ("image", "label")
    image, label = (features.get(key) if isinstance(key, str) else None for key in candidates[:2])
    if not isinstance(image, kinds.Image) or not isinstance(label, kinds.ClassLabel):
        names = ", ".join(f"{name} ({type(feature).__name__})" for name, feature in features.items())
        raise DatasetError(
            f"'{source}' is not a dataset of images with one class each: its features are {names}; choose another"
        )
    return candidates[0], candidates[1]


def _prepare(builder: Any, source: str, progress: Progress) -> None:
    if not builder.is_prepared():
        progress.notice(f"TensorFlow Datasets downloads and prepares {source}")
    try:
        with contextlib.redirect_stdout(sys.stderr):  # it prints its progress
            builder.download_and_prepare()
    except Exception as error:  # third-party code, and the network
        raise DatasetError(
            f"TensorFlow Datasets cannot download or prepare '{source}': {_reason(error)}; check the network, or "
            "set TFDS_DATA_DIR to a folder that contains it"
        ) from error


def _write_images(
    builder: Any, folder: Path, splits: Mapping[str, str], keys: tuple[str, str], progress: Progress
) -> list[tuple[str, int, str]]:
    """Write the images; return split, label and path below `folder` of each. Those without a label are not written."""
    import tensorflow_datasets as tfds

    names = [re.sub(r"[^\w.-]+", "-", name)[:80] for name in builder.info.features[keys[1]].names]
    as_stored = {keys[0]: tfds.decode.SkipDecoding()}
    total = sum(builder.info.splits[split].num_examples for split in splits)
    rows: list[tuple[str, int, str]] = []
    for split in splits:
        for example in tfds.as_numpy(
            builder.as_dataset(split=split, decoders=as_stored, shuffle_files=False)
        ):
            content, label = example[keys[0]], int(example[keys[1]])
            suffix = WRITTEN[0] if content.startswith(b"\x89PNG") else WRITTEN[1]
            path = f"{split}/{label}-{names[label]}/{len(rows):07}{suffix}"
            if label >= 0:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            rows.append((split, label, path))
            if len(rows) % PROGRESS_EVERY == 0 or len(rows) == total:
                progress.advanced("writing images", len(rows), total)
    return rows


def _reason(error: Exception) -> str:
    """Return the error in one line."""
    return str(error).strip().partition("\n")[0][:200].rstrip(". ") or type(error).__name__
