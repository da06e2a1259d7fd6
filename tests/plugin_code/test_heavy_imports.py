"""Imports of Keras and TensorFlow at the top of a plugin's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zoo.plugin_code.heavy_imports import heavy_import

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import keras\n", ("keras", 1)),
        ("import zoo\n\nfrom keras.layers import Dense\n", ("keras", 3)),
        ("import os, tensorflow as tf\n", ("tensorflow", 1)),
        ("try:\n    from keras_tuner import HyperModel\nexcept ImportError:\n    pass\n", ("keras_tuner", 2)),
        ("class Own:\n    import keras\n", ("keras", 2)),
        ("def backbone():\n    import keras\n", None),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import keras\n", None),
        (
            "import typing\nif typing.TYPE_CHECKING:\n    import keras\nelse:\n    import tensorflow\n",
            ("tensorflow", 5),
        ),
        ('if __name__ == "__main__":\n    import keras\n', None),
        ("if typing.TYPE_CHECKING:\n    pass\nelse:\n    def f():\n        import keras\n", None),
        ("if True:\n    import keras\n", ("keras", 2)),
        ("from . import keras\nimport keras_something\n", None),
        ("import keras (\n", None),
        ("", None),
    ],
)
def test_the_first_import_that_runs_is_found(
    tmp_path: Path, text: str, found: tuple[str, int] | None
) -> None:
    (tmp_path / "plugin.py").write_text(text)
    assert heavy_import(str(tmp_path / "plugin.py")) == found


def test_a_file_that_cannot_be_read_imports_nothing(tmp_path: Path) -> None:
    assert heavy_import(str(tmp_path / "gone.py")) is None
    assert heavy_import("") is None
