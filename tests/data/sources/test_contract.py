"""The contract of a plugin's source: a breach is reported in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.formats import FORMATS
from zoo import LabeledImages, Source, ZooError
from zoo.data.formats import Formats
from zoo.data.sources import open_dataset, open_source
from zoo.errors import ContractError, DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo.interfaces import SourceContext

PIXELS = list(np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8))
IMAGES = LabeledImages(PIXELS, [0, 1] * 20, ("cat", "dog"))


def formats(load: Callable[..., Any] = lambda location, context: IMAGES, **fields: Any) -> Formats:
    """All that zoo reads, and what `load` loads."""
    mine = Source("mine", load, "s", "r", **fields or {"suffixes": (".mine",)})
    return Formats((*FORMATS.sources, mine), FORMATS.decoders)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "My Set.mine").write_text("x")
    return tmp_path / "My Set.mine"


def test_a_file_is_named_without_its_suffix(file: Path) -> None:
    opened = open_dataset(str(file), {}, formats())
    assert (opened.name, opened.source, len(opened.digests)) == ("my-set", str(file), 40)


def test_a_reference_is_its_own_source() -> None:
    locations: list[str] = []

    def load(location: str, context: SourceContext) -> LabeledImages:
        locations.append(location)
        return IMAGES

    table = formats(load, prefix="mine:")
    opened = open_dataset("mine:pets/v2", {}, table)
    again = open_source(opened.name, opened.source, {}, table)
    assert (opened.name, opened.source, again.fingerprint) == (
        "mine-pets-v2",
        "mine:pets/v2",
        opened.fingerprint,
    )
    assert locations == ["mine:pets/v2"] * 2


def test_a_prefix_may_look_like_a_url() -> None:
    assert open_dataset("mine://pets", {}, formats(prefix="mine://")).source == "mine://pets"


def test_a_folder_that_is_recognised(photos: Path) -> None:
    table = formats(recognises=lambda path: path.name == "photos")
    assert len(open_dataset(str(photos), {}, table).digests) == 40
    assert len(open_dataset(str(photos.rename(photos.parent / "others")), {}, table).digests) == 48


def test_the_context_loads_other_paths_and_knows_image_names(photos: Path, file: Path) -> None:
    def load(location: str, context: SourceContext) -> LabeledImages:
        assert [context.is_image_name(name) for name in ("a.PNG", "a/b.jpeg", "a.txt")] == [True, True, False]
        assert [context.recognise(path) for path in (photos, file)] == ["folder", "mine"]
        return context.load(photos)

    assert len(open_dataset(str(file), {}, formats(load)).digests) == 48


def test_a_file_of_its_own_may_lie_behind_a_url(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    url = f"file://{file}"
    with pytest.raises(DatasetError, match=r"is not a file that zoo reads from a URL \(.npz, .zip"):
        open_dataset(url, {}, formats())
    assert open_dataset(url, {}, formats(suffixes=(".mine",), single_file=True)).source == url


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([], "source 'mine': load() must return LabeledImages, got list"),
        (LabeledImages([], [], ()), "source 'mine': load() returns no images: check where it looks for them"),
        (replace(IMAGES, class_names=("cat",), labels=[0] * 40), "two classes or more, got ('cat',)"),
        (
            replace(IMAGES, items=["a.png"] * 40),
            "source 'mine': image 0 must be a pathlib.Path or a numpy array",
        ),
    ],
)
def test_something_else_breaks_the_contract(file: Path, result: object, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        open_dataset(str(file), {}, formats(lambda location, context: result))
    assert message in str(caught.value)


def test_its_exception_becomes_one_line_with_its_cause(file: Path) -> None:
    def load(location: str, context: SourceContext) -> LabeledImages:
        raise ZeroDivisionError("no\nluck")

    with pytest.raises(DatasetError) as caught:
        open_dataset(str(file), {}, formats(load))
    assert str(caught.value) == (
        f"source 'mine' failed to read '{file}': ZeroDivisionError: no luck "
        f"({__file__}:{load.__code__.co_firstlineno + 1}): fix the plugin"
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


class Ends(BaseException):
    """Is no Exception."""


@pytest.mark.parametrize("raised", [SystemExit, Ends, GeneratorExit])
def test_whatever_a_source_raises_does_not_end_zoo(file: Path, raised: type[BaseException]) -> None:
    def load(location: str, context: SourceContext) -> LabeledImages:
        raise raised("no driver")

    with pytest.raises(DatasetError, match=rf"failed to read '.*': {raised.__name__}: no driver \("):
        open_dataset(str(file), {}, formats(load))


def test_ctrl_c_in_a_source_stays(file: Path) -> None:
    def load(location: str, context: SourceContext) -> LabeledImages:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_dataset(str(file), {}, formats(load))


def test_its_own_message_is_shown_unchanged(file: Path) -> None:
    def load(location: str, context: SourceContext) -> LabeledImages:
        raise ZooError("the set is empty; fill it")

    with pytest.raises(ZooError, match=r"^the set is empty; fill it$"):
        open_dataset(str(file), {}, formats(load))


def test_a_missing_package_is_one_line(file: Path) -> None:
    with pytest.raises(DatasetError, match=r"^'.*My Set.mine' needs nowhere, .*: pip install nowhere$"):
        open_dataset(str(file), {}, formats(suffixes=(".mine",), package="nowhere"))


def test_a_file_that_no_source_reads_is_refused_with_all_suffixes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DatasetError, match=r", or a file that ends in \.csv, .*\.txz, \.mine$"):
        open_dataset(str(tmp_path / "a.txt"), {}, formats())
