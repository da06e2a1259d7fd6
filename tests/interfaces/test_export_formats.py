"""The formats that a model can leave zoo in, and the files that they may be written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoo.errors import ExportError, UnknownNameError
from zoo.interfaces.export_formats import SUFFIXES, check_target, format_of


@pytest.mark.parametrize(
    ("name", "file_format"), [("m.keras", "keras"), ("m.h5", "h5"), ("m", None), ("keras", None)]
)
def test_a_format_by_the_name_of_its_file(name: str, file_format: str | None) -> None:
    assert format_of(Path(name)) == file_format


@pytest.mark.parametrize("file_format", SUFFIXES)
def test_a_file_that_may_be_written(tmp_path: Path, file_format: str) -> None:
    check_target(tmp_path / f"model{SUFFIXES[file_format]}", file_format)


def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "there.h5").touch()
    with pytest.raises(UnknownNameError, match="unknown format 'onnx'; available: h5, keras, saved-model"):
        check_target(tmp_path / "model.onnx", "onnx")
    with pytest.raises(ExportError, match=r"model\.h5 must end in \.keras"):
        check_target(tmp_path / "model.h5", "keras")
    with pytest.raises(
        ExportError, match=r"there\.h5 already exists: remove it, or choose another path with --output"
    ):
        check_target(tmp_path / "there.h5", "h5")
