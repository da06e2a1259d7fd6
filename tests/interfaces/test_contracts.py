"""The declarations that a dataset, a source and a decoder must have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from zoo import Decoder, Source
from zoo.errors import ContractError
from zoo.interfaces import Dataset, LabeledImages

SOURCE: dict[str, Any] = {
    "name": "mine",
    "load": print,
    "summary": "s",
    "reference": "r",
    "suffixes": (".mine",),
}
DECODER: dict[str, Any] = {
    "name": "mine",
    "decode": bytes,
    "header": print,
    "summary": "s",
    "reference": "r",
    "suffixes": (".mine",),
}


PIXELS = np.zeros((4, 4), np.uint8)


def load() -> LabeledImages:
    return LabeledImages([PIXELS], [0], ("cat", "dog"))


def dataset(**fields: Any) -> Dataset:
    return Dataset(**{"name": "pets", "load": load, "summary": "pets", "reference": "none", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"suffixes": (".tar.gz", ".a-b", ".7z")},
        {"suffixes": (), "recognises": bool},
        {"suffixes": (), "prefix": "mine:"},
        {"suffixes": (), "prefix": "s3+mine://"},
        {"single_file": True},
        {"package": "a.b", "install": "a-b[c]>=2"},
    ],
)
def test_a_source_may_be(fields: dict[str, Any]) -> None:
    assert Source(**SOURCE | fields).name == "mine"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "Mine"}, "source name must be lower-case letters, .* got 'Mine'"),
        ({"summary": " "}, "source 'mine': summary must be text, got ' '"),
        ({"reference": None}, "source 'mine': reference must be text, got None"),
        ({"load": "x"}, "source 'mine': load must be a function, got 'x'"),
        ({"load": None}, "source 'mine': load must be a function, got None"),
        ({"recognises": 3}, "source 'mine': recognises must be a function, got 3"),
        ({"sample": 3}, "source 'mine': sample must be a function, got 3"),
        (
            {"suffixes": ".mine"},
            "source 'mine': suffixes must be a tuple of lower-case endings .*, got '.mine'",
        ),
        ({"suffixes": ("mine",)}, "suffixes must be a tuple of lower-case endings with a dot"),
        ({"suffixes": (".MINE",)}, "suffixes must be a tuple of lower-case endings with a dot"),
        ({"suffixes": (3,)}, "suffixes must be a tuple of lower-case endings with a dot"),
        ({"prefix": "mine"}, "prefix must be lower-case letters and a colon, such as 'tfds:', got 'mine'"),
        ({"prefix": "c:"}, "prefix must be lower-case letters and a colon"),
        ({"prefix": None}, "prefix must be lower-case letters and a colon"),
        (
            {"suffixes": ()},
            "give suffixes or recognises for a path, or a prefix for a reference, and not both",
        ),
        (
            {"prefix": "mine:"},
            "give suffixes or recognises for a path, or a prefix for a reference, and not both",
        ),
        ({"single_file": 1}, "single_file must be True or False"),
        ({"suffixes": (), "recognises": bool, "single_file": True}, "single_file .* True only with suffixes"),
        ({"package": "a-b"}, "package must be the name that is imported, got 'a-b'"),
        ({"install": "a-b"}, "install must be text, and needs a package, got 'a-b'"),
    ],
)
def test_a_source_may_not_be(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        Source(**SOURCE | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"magic": ((0, b"M"), (508, b"MINE"))},
        {"decode_square": print, "sample": bytes},
        {"package": "a", "version": "2"},
    ],
)
def test_a_decoder_may_be(fields: dict[str, Any]) -> None:
    assert Decoder(**DECODER | fields).name == "mine"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "decoder name must be lower-case letters, .* got ''"),
        ({"summary": 3}, "decoder 'mine': summary must be text, got 3"),
        ({"decode": None}, "decoder 'mine': decode must be a function, got None"),
        ({"header": (1, 2)}, r"decoder 'mine': header must be a function, got \(1, 2\)"),
        ({"decode_square": 3}, "decoder 'mine': decode_square must be a function, got 3"),
        ({"sample": b"MINE"}, "decoder 'mine': sample must be a function, got b'MINE'"),
        ({"suffixes": ()}, "decoder 'mine': suffixes must name at least one"),
        ({"suffixes": [".mine"]}, "suffixes must be a tuple of lower-case endings with a dot"),
        (
            {"magic": b"MINE"},
            r"magic must be a tuple of \(offset, bytes\) within the first 512 bytes, got b'MINE'",
        ),
        ({"magic": (b"MINE",)}, "magic must be a tuple of"),
        ({"magic": ((0, "MINE"),)}, "magic must be a tuple of"),
        ({"magic": ((-1, b"MINE"),)}, "magic must be a tuple of"),
        ({"magic": ((True, b"MINE"),)}, "magic must be a tuple of"),
        ({"magic": ((0, b""),)}, "magic must be a tuple of"),
        ({"magic": ((509, b"MINE"),)}, "magic must be a tuple of"),
        ({"package": 3}, "package must be the name that is imported, got 3"),
        ({"version": 2}, "decoder 'mine': version must be text, got 2"),
    ],
)
def test_a_decoder_may_not_be(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        Decoder(**DECODER | fields)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "my pets"}, "dataset name must be lower-case"),
        ({"load": load()}, "dataset 'pets': load must be a function"),
        ({"summary": 3}, "dataset 'pets': summary must be text"),
        ({"reference": ""}, "dataset 'pets': reference must be text"),
    ],
)
def test_a_dataset_must_not_have(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        dataset(**fields)


def test_a_dataset_is_not_loaded_when_it_is_described() -> None:
    def explode() -> LabeledImages:
        raise AssertionError

    assert dataset(load=explode).name == "pets"


@pytest.mark.parametrize(
    ("labels", "class_names", "split", "complaint"),
    [
        ([0], ("cat", "dog"), None, "2 images but 1 labels"),
        ([0, 2], ("cat", "dog"), None, "a label is not in 0..1"),
        ([0, -1], ("cat", "dog"), None, "a label is not in 0..1"),
        (["cat", "dog"], ("cat", "dog"), None, "a label is not in 0..1"),
        ([0, 1], ("cat", "cat"), None, "class names repeat"),
        ([0, 1], ["cat", "dog"], None, "class_names must be a tuple of names"),
        ([0, 1], ("cat", 2), None, "class_names must be a tuple of names"),
        ([0, 1], ("cat", "dog"), ["train"], "2 images but 1 splits"),
        ([0, 1], ("cat", "dog"), ["train", "val"], "a split is not one of train, validation, test"),
    ],
)
def test_labeled_images_must_fit_together(
    labels: Any, class_names: Any, split: list[str] | None, complaint: str
) -> None:
    with pytest.raises(ContractError, match=complaint):
        LabeledImages([PIXELS, PIXELS], labels, class_names, split)


def test_labels_may_be_a_numpy_array() -> None:
    assert len(LabeledImages([PIXELS, PIXELS], np.array([1, 0]), ("cat", "dog")).labels) == 2
