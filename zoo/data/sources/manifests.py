"""A manifest, a CSV file with a path and a label a row, becomes labeled images."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING, NamedTuple

from zoo.data.sources.folders import SPLIT_FOLDERS
from zoo.errors import DatasetError, reason_of
from zoo.interfaces import LabeledImages, SkippedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MANIFEST = "manifest.csv"
DELIMITERS = ",;\t"  # spreadsheets write the second where the comma is the decimal sign
COLUMNS = "path,label or path,label,split"


class _Row(NamedTuple):
    """A row of the manifest; `line` is its line number, `split` is "" where it has none."""

    line: int
    path: Path
    label: str
    split: str


def load_manifest(path: Path, suffixes: tuple[str, ...]) -> LabeledImages:
    """Find the images that a CSV file lists, with the columns `path,label[,split]` in any order.

    Paths are absolute or relative to the folder of the manifest. A split is one of train, val, valid, validation
    and test, in any case, and is set for all images or for none. Classes are the labels, sorted. Files
    that are missing, or are not images by their names, are listed in `skipped`; other columns are ignored.

    Args:
        suffixes: endings of the names of image files, in lower case.

    Raises:
        DatasetError: the manifest cannot be read, a row contradicts another one or names no label, or the
            existing files have fewer than two classes.
    """
    rows = _once_each(_rows(path), path)
    _require_whole_splits(rows, path)
    problems = [_problem(row.path, suffixes) for row in rows]
    present = [row for row, problem in zip(rows, problems, strict=True) if not problem]
    skipped = [
        SkippedFile(str(row.path), problem) for row, problem in zip(rows, problems, strict=True) if problem
    ]
    if not present:
        raise DatasetError(
            f"{_manifest(path)} lists {_files(len(rows))} and none exists, the first '{skipped[0].path}' "
            f"({skipped[0].reason}): write paths relative to the folder of the manifest"
        )
    class_names = _class_names(rows, present, path)
    index = {name: number for number, name in enumerate(class_names)}
    return LabeledImages(
        items=[row.path for row in present],
        labels=[index[row.label] for row in present],
        class_names=class_names,
        split=[row.split for row in present] if rows[0].split else None,
        skipped=tuple(sorted(skipped, key=lambda file: file.path)),
    )


def _class_names(rows: list[_Row], present: list[_Row], path: Path) -> tuple[str, ...]:
    listed = {row.label for row in rows}
    names = tuple(sorted({row.label for row in present}))
    for label in sorted(listed.difference(names)):
        raise DatasetError(
            f"no file of class '{label}' in {_manifest(path)} exists; add one or delete its rows"
        )
    if len(names) < 2:
        raise DatasetError(
            f"{_manifest(path)} has only one class, '{names[0]}'; a classifier needs two or more: add rows of "
            "something else"
        )
    return names


# Reading -------------------------------------------------------------------------------------------------


def _rows(path: Path) -> Iterator[_Row]:
    """Yield every row, each checked by itself."""
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    try:
        header = [name.strip().lower() for name in next(filter(any, reader), [])]
        places = _places(header, path)
        for fields in reader:
            if any(fields):
                yield _row(path, reader.line_num, fields, places)
    except csv.Error as error:
        raise DatasetError(f"{_where(path, reader.line_num)} is not CSV: {error}; correct it") from error


def _text(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe would be waited for
            raise DatasetError(f"there is no file '{path}'; check the path")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{_manifest(path)} is not UTF-8 text (byte {error.start}); save it as CSV in UTF-8"
        ) from error
    except OSError as error:
        raise DatasetError(
            f"cannot read {_manifest(path)}: {reason_of(error)}; check its permissions"
        ) from error


def _delimiter(text: str) -> str:
    """Return the commonest delimiter of the header; csv.Sniffer guesses letters where there is a single row."""
    header = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=header.count)


def _places(header: list[str], path: Path) -> tuple[int, int, int | None]:
    """Return the columns of the path, the label and the split."""
    if "path" not in header or "label" not in header:
        columns = ", ".join(repr(name[:40]) for name in header[:8]) or "nothing"
        raise DatasetError(
            f"{_manifest(path)} must begin with the columns {COLUMNS}; it begins with {columns}"
        )
    return header.index("path"), header.index("label"), header.index("split") if "split" in header else None


def _row(path: Path, line: int, fields: list[str], places: tuple[int, int, int | None]) -> _Row:
    if len(fields) <= max(place for place in places if place is not None):
        raise DatasetError(
            f"{_where(path, line)} has {len(fields)} fields, fewer than the header; complete it"
        )
    at_path, at_label, at_split = places
    name, label = fields[at_path], fields[at_label].strip()
    if not name or not label:
        raise DatasetError(f"{_where(path, line)} has no {'label' if name else 'path'}; complete it")
    split = "" if at_split is None else fields[at_split].strip()
    if split.lower() not in ("", *SPLIT_FOLDERS):
        raise DatasetError(
            f"{_where(path, line)} has the split '{split}': write one of {', '.join(SPLIT_FOLDERS)}"
        )
    return _Row(line, path.parent.absolute() / name, label, SPLIT_FOLDERS.get(split.lower(), ""))


# Checking ------------------------------------------------------------------------------------------------


def _once_each(rows: Iterable[_Row], path: Path) -> list[_Row]:
    """Return the rows without repetitions."""
    first: dict[str, _Row] = {}
    for row in rows:
        before = first.setdefault(os.path.normpath(row.path), row)
        for kind, old, new in (("label", before.label, row.label), ("split", before.split, row.split)):
            if old != new:
                raise DatasetError(
                    f"lines {before.line} and {row.line} of {_manifest(path)} give '{row.path}' the {kind}s "
                    f"'{old}' and '{new}': keep one of them"
                )
    if not first:
        raise DatasetError(f"{_manifest(path)} lists no images; add a row for each")
    return list(first.values())


def _require_whole_splits(rows: list[_Row], path: Path) -> None:
    if not any(row.split for row in rows):
        return
    for row in rows:
        if not row.split:
            raise DatasetError(
                f"{_where(path, row.line)} has no split, but others have: add it, or delete the column"
            )


def _problem(path: Path, suffixes: tuple[str, ...]) -> str:
    """Return the reason why this file cannot be an image; empty if it can."""
    if not path.name.lower().endswith(suffixes):
        return "not an image by its name"
    if os.path.isfile(path):  # noqa: PTH113  Path.is_file raises where a name is too long
        return ""
    return "not a regular file" if os.path.lexists(path) else "no such file"


def _manifest(path: Path) -> str:
    return f"the manifest '{path}'"


def _where(path: Path, line: int) -> str:
    return f"line {line} of {_manifest(path)}"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
