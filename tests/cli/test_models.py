"""`zoo models`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_models(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert plain(zoo("models").out) == (
        "model  architecture  dataset  val acc  test acc  params  size  parent  made\n"
        "ID  tiny  photos v1  #.####  #.####  106  424 B  ID  TIME\n"
        "ID  tiny  blobs v1  #.####  #.####  106  424 B  –  TIME\n"
        "ID  tiny  blobs v1  #.####  #.####  106  424 B  –  TIME\n"
        "ID  tiny  blobs v1  #.####  #.####  106  424 B  –  TIME\n"
    )


def test_models_of_a_dataset(zoo: Callable, trained: Path, plain: Callable) -> None:
    assert plain(zoo("models", "--dataset", "photos").out) == (
        "model  architecture  dataset  val acc  test acc  params  size  parent  made\n"
        "ID  tiny  photos v1  #.####  #.####  106  424 B  ID  TIME\n"
    )


def test_no_models_of_an_architecture(zoo: Callable, trained: Path) -> None:
    result = zoo("models", "--architecture", "resnet")
    assert (result.code, result.out) == (0, "no such model\n")


def test_numbers_stand_to_the_right(zoo: Callable, trained: Path) -> None:
    lines = zoo("models").out.splitlines()
    end = lines[0].index("params") + len("params")
    assert {line[end - 4 : end] for line in lines[1:]} == {" 106"}
