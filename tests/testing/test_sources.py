"""Each check of a source finds its faults."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.format_plugins import toys
from tests.formats import FORMATS
from zoo import LabeledImages, Source
from zoo.data.formats import Formats
from zoo.errors import ContractError
from zoo.testing import SOURCE_CHECKS, check_source
from zoo.testing.contract import NotBuilt
from zoo.testing.sources import CHECKS

if TYPE_CHECKING:
    from zoo.interfaces import SourceContext

(CRATE,) = toys.zoo_sources()
WITH_TOYS = Formats(FORMATS.sources, (*FORMATS.decoders, *toys.zoo_decoders()))
CALLS = count()


def crate(**fields: Any) -> Source:
    return replace(CRATE, **fields)


def arrays(*pixels: np.ndarray) -> LabeledImages:
    return LabeledImages([*pixels, *pixels], [0] * len(pixels) + [1] * len(pixels), ("a", "b"))


def changing(location: str, context: SourceContext) -> LabeledImages:
    return arrays(np.full((8, 8), next(CALLS), np.uint8))


def careless(location: str, context: SourceContext) -> LabeledImages:
    rows = Path(location).read_text().split()
    return LabeledImages([], [], tuple(rows[5]))


BAD = [
    (
        "recognises",
        crate(recognises=lambda path: True),
        r"recognises\(\) returns True for a path that does not exist",
    ),
    ("recognises", crate(suffixes=(".box",)), "its sample '.*set.crate' is read by no source"),
    ("recognises", crate(sample=lambda folder: folder), "its sample '.*' is read by source 'folder'"),
    ("recognises", crate(sample=lambda folder: 3), r"sample\(\) returns int: return a path or a reference"),
    ("loads", crate(load=lambda location, context: []), r"load\(\) must return LabeledImages, got list"),
    (
        "loads",
        crate(load=lambda location, context: LabeledImages([], [], ("a", "b"))),
        r"load\(\) returns no images",
    ),
    ("loads", crate(load=lambda location, context: 1 // 0), r"failed to read '.*': ZeroDivisionError"),
    (
        "loads",
        crate(load=lambda location, context: LabeledImages([np.zeros((8, 8), np.uint8)], [0], ("a",))),
        "two classes or more",
    ),
    ("loads", crate(package="nowhere"), "needs nowhere, which is not installed: pip install nowhere"),
    (
        "decodes",
        crate(load=lambda location, context: LabeledImages([Path("gone.toy")] * 2, [0, 1], ("a", "b"))),
        r"2 of 2 items are not images \(0, 1\), the first: .*gone.toy",
    ),
    ("loads-again", crate(load=changing), r"a second load\(\) returns other images"),
    ("refuses-damage", crate(load=careless), "a damaged .crate raises IndexError: .*: raise zoo.ZooError"),
    (
        "refuses-damage",
        crate(load=lambda location, context: arrays(np.zeros((8, 8), np.uint8))),
        "a damaged .crate is loaded: raise zoo.ZooError",
    ),
]


@pytest.mark.parametrize("check", SOURCE_CHECKS)
def test_a_good_source_passes(check: str) -> None:
    check_source(CRATE, check, formats=WITH_TOYS)


@pytest.mark.parametrize(("check", "bad", "message"), BAD)
def test_a_bad_one_fails(check: str, bad: Source, message: str) -> None:
    with pytest.raises(ContractError, match=f"^crate fails '{check}': .*{message}"):
        check_source(bad, check, formats=WITH_TOYS)


def test_without_a_sample_there_is_nothing_to_load() -> None:
    with pytest.raises(NotBuilt, match="there is no sample"):
        check_source(crate(sample=None), "loads", formats=WITH_TOYS)
    check_source(crate(sample=None), "recognises", formats=WITH_TOYS)


def test_its_files_are_decoded_by_the_installed_decoders() -> None:
    with pytest.raises(ContractError, match=r"crate fails 'loads': .* load\(\) returns no images"):
        check_source(CRATE, "loads")  # no file is an image where no decoder knows .toy


def test_every_check_is_described() -> None:
    assert list(CHECKS) == list(SOURCE_CHECKS)
