"""Manifests: columns, paths, splits, and refusals with the number of the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats import FORMATS
from zoo.data.sources import open_dataset
from zoo.data.sources.manifests import load_manifest
from zoo.errors import DatasetError

MUST_BEGIN = (
    "the manifest 'list.csv' must begin with the columns path,label or path,label,split; it begins with "
)
ROWS = "a.png,cat\nb.png,dog\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four files that look like images by their names; finding images does not open them."""
    for name in ("a.png", "b.png", "c.JPG", "sub/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def manifest(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


def refused(folder: Path, text: str, encoding: str = "utf-8") -> str:
    with pytest.raises(DatasetError) as caught:
        load_manifest(manifest(folder, text, encoding), FORMATS.image_suffixes)
    return str(caught.value).replace(f"{folder}/", "")


def test_each_row_is_an_image_with_its_label(folder: Path) -> None:
    images = load_manifest(manifest(folder, "path,label\na.png,dog\nsub/d.png,cat\n"), FORMATS.image_suffixes)
    assert (list(images.items), list(images.labels)) == ([folder / "a.png", folder / "sub" / "d.png"], [1, 0])
    assert (images.class_names, images.split, images.skipped) == (("cat", "dog"), None, ())


def test_absolute_paths_are_taken_as_they_are(folder: Path) -> None:
    (folder / "lists").mkdir()
    rows = f"path,label\n{folder}/a.png,cat\n../b.png,dog\n"
    images = load_manifest(manifest(folder / "lists", rows), FORMATS.image_suffixes)
    assert [item.resolve() for item in images.items] == [folder / "a.png", folder / "b.png"]


@pytest.mark.parametrize(
    "text",
    [
        "path,label\r\na.png,cat\r\nb.png,dog\r\n",
        "path;label\na.png;cat\nb.png;dog\n",
        "\n \npath;label\na.png;cat\n\nb.png;dog\n",
        "path\tlabel\na.png\tcat\nb.png\tdog\n",
        '"path","label"\n"a.png","cat"\n"b.png","dog"\n',
        "Path, Label\na.png, cat\n\nb.png, dog",
        "label,width,path\ncat,9,a.png\ndog,9,b.png\n",
        "\ufeffpath,label\na.png,cat\nb.png,dog\n",
    ],
    ids=[
        "CRLF",
        "semicolons",
        "empty lines before",
        "tabs",
        "quotes",
        "spaces and capitals",
        "other columns",
        "BOM",
    ],
)
def test_every_usual_way_of_writing_is_read(folder: Path, text: str) -> None:
    images = load_manifest(manifest(folder, text), FORMATS.image_suffixes)
    assert ([item.name for item in images.items], images.class_names) == (["a.png", "b.png"], ("cat", "dog"))


def test_paths_and_labels_may_hold_any_letters_commas_and_quotes(folder: Path) -> None:
    (folder / 'ä, "ö".png').write_bytes(b"x")
    images = load_manifest(
        manifest(folder, 'path,label\n"ä, ""ö"".png","кот, рыжий"\nb.png,犬\n'), FORMATS.image_suffixes
    )
    assert (images.items[0].name, images.class_names) == ('ä, "ö".png', ("кот, рыжий", "犬"))


def test_splits_by_any_usual_name(folder: Path) -> None:
    rows = "path,label,split\na.png,x,Train\nb.png,y,train\nc.JPG,x,VALID\nsub/d.png,y, test\n"
    assert load_manifest(manifest(folder, rows), FORMATS.image_suffixes).split == [
        "train",
        "train",
        "validation",
        "test",
    ]


def test_an_empty_split_column_means_no_splits(folder: Path) -> None:
    assert (
        load_manifest(
            manifest(folder, "path,label,split\na.png,x,\nb.png,y,\n"), FORMATS.image_suffixes
        ).split
        is None
    )


def test_missing_files_and_files_that_are_no_images_are_skipped_with_a_reason(folder: Path) -> None:
    (folder / "f.png").mkdir()
    rows = f"path,label\n{ROWS}gone.png,cat\nnotes.txt,cat\nf.png,dog\n{'n' * 300}.png,cat\n"
    images = load_manifest(manifest(folder, rows), FORMATS.image_suffixes)
    skipped = {Path(file.path).name[:9]: file.reason for file in images.skipped}
    assert len(images.items) == 2
    assert skipped == {
        "gone.png": "no such file",
        "notes.txt": "not an image by its name",
        "f.png": "not a regular file",
        "n" * 9: "no such file",
    }


def test_a_repeated_row_counts_once(folder: Path) -> None:
    assert (
        len(load_manifest(manifest(folder, f"path,label\n{ROWS}./a.png,cat\n"), FORMATS.image_suffixes).items)
        == 2
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            MUST_BEGIN + "nothing",
        ),
        (
            "file,class\na.png,cat\n",
            MUST_BEGIN + "'file', 'class'",
        ),
        ("path,label\n", "the manifest 'list.csv' lists no images; add a row for each"),
        (
            "path,label\na.png\n",
            "line 2 of the manifest 'list.csv' has 1 fields, fewer than the header; complete it",
        ),
        ("path,label\n\na.png,\n", "line 3 of the manifest 'list.csv' has no label; complete it"),
        ("path,label\n,cat\n", "line 2 of the manifest 'list.csv' has no path; complete it"),
        (
            "path,label,split\na.png,cat,trian\n",
            "line 2 of the manifest 'list.csv' has the split 'trian': write one of train, val, valid, validation, test",
        ),
        (
            "path,label,split\na.png,cat,train\nb.png,dog,\n",
            "line 3 of the manifest 'list.csv' has no split, but others have: add it, or delete the column",
        ),
        (
            f"path,label\n{ROWS}sub/../a.png,dog\n",
            "lines 2 and 4 of the manifest 'list.csv' give 'sub/../a.png' the labels 'cat' and 'dog': keep one of them",
        ),
        (
            "path,label,split\na.png,cat,train\nb.png,dog,train\na.png,cat,test\n",
            "lines 2 and 4 of the manifest 'list.csv' give 'a.png' the splits 'train' and 'test': keep one of them",
        ),
        (
            "path,label\ngone.png,cat\nlost.png,dog\n",
            (
                "the manifest 'list.csv' lists 2 files and none exists, the first 'gone.png' (no such file): "
                "write paths relative to the folder of the manifest"
            ),
        ),
        (
            f"path,label\n{ROWS}gone.png,bird\n",
            "no file of class 'bird' in the manifest 'list.csv' exists; add one or delete its rows",
        ),
        (
            "path,label\na.png,cat\nb.png,cat\n",
            (
                "the manifest 'list.csv' has only one class, 'cat'; a classifier needs two or more: "
                "add rows of something else"
            ),
        ),
        (
            f'path,label\n{ROWS}"{"x" * 140_000}",cat\n',
            "line 4 of the manifest 'list.csv' is not CSV: field larger than field limit (131072); correct it",
        ),
    ],
)
def test_an_error_names_its_line(folder: Path, text: str, message: str) -> None:
    assert refused(folder, text) == message


def test_another_encoding_is_refused(folder: Path) -> None:
    assert "list.csv' is not UTF-8 text (byte 11); save it as CSV in UTF-8" in refused(
        folder, "path,label\nÄ.png,cat\n", "latin-1"
    )


def test_a_missing_manifest_is_refused(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"there is no file '.*gone.csv'; check the path"):
        load_manifest(folder / "gone.csv", FORMATS.image_suffixes)


def test_a_folder_with_a_manifest_is_read_by_it(photos: Path) -> None:
    rows = "".join(f"{path.relative_to(photos)},{path.parent.name}\n" for path in photos.glob("*/0*.png"))
    (photos / "manifest.csv").write_text(f"path,label\n{rows}")
    assert len(open_dataset(str(photos), {}, FORMATS).digests) == 20


def test_a_manifest_of_a_folder_has_its_fingerprint(photos: Path) -> None:
    before = open_dataset(str(photos), {}, FORMATS).fingerprint
    rows = "".join(
        f"photos/{path.relative_to(photos)},{path.parent.name}\n" for path in photos.rglob("*.png")
    )
    path = manifest(photos.parent, f"path,label\n{rows}")
    assert open_dataset(str(path), {}, FORMATS).fingerprint == before
