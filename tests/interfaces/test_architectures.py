"""The declarations that an architecture must have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from zoo.errors import ContractError
from zoo.interfaces import Architecture, Sizes


def backbone(hp: Any, inputs: Any, *, weights: str | None = None) -> Any:
    return inputs


def architecture(**fields: Any) -> Architecture:
    return Architecture(
        **{"name": "net", "backbone": backbone, "summary": "a net", "reference": "none", **fields}
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"min_size": 1},
        {"min_size": 8, "default_size": 8},
        {"sizes": Sizes(step=16)},
        {"sizes": Sizes(step=16), "min_size": 16, "default_size": 48},
        {"dtype_policy": "mixed_bfloat16"},
        {"pool": "first"},
        {"adapt": print},
        {"online": True},
        {"channels": 1},
        {"channels": 3},
        {"weights": ("imagenet", "hf://*")},
        {"weights": ("hf://*",), "fetch_weights": print},
        {"presets": {"paper": {"depth": 20}}},
        {"freeze_points": ("stem",)},
    ],
)
def test_an_architecture_may_have(fields: dict[str, Any]) -> None:
    assert all(getattr(architecture(**fields), name) == value for name, value in fields.items())


@pytest.mark.parametrize(
    ("fields", "min_size", "sizes"),
    [
        ({}, 32, Sizes(32)),
        ({"min_size": 8}, 8, Sizes(8)),
        ({"sizes": Sizes(step=16)}, 16, Sizes(step=16)),
        ({"sizes": Sizes.only(224)}, 224, Sizes.only(224)),
    ],
)
def test_min_size_is_the_smallest_of_its_sizes(fields: dict[str, Any], min_size: int, sizes: Sizes) -> None:
    described = architecture(**fields)
    assert (described.min_size, described.image_sizes) == (min_size, sizes)
    assert replace(described, version="2").image_sizes == sizes


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "Net"}, "architecture name must be lower-case"),
        ({"name": ""}, "architecture name must be lower-case"),
        ({"name": "a/b"}, "architecture name must be lower-case"),
        ({"name": None}, "architecture name must be lower-case"),
        ({"backbone": "net"}, "architecture 'net': backbone must be a function"),
        ({"summary": " "}, "architecture 'net': summary must be text"),
        ({"reference": None}, "architecture 'net': reference must be text"),
        ({"min_size": 0}, "min_size must be 1 or more pixels"),
        ({"min_size": 8.0}, "min_size must be 1 or more pixels"),
        ({"min_size": True}, "min_size must be 1 or more pixels"),
        (
            {"min_size": 64, "default_size": 32},
            "default_size must be None or one of its sizes, at least 64, got 32",
        ),
        ({"default_size": "224"}, "default_size must be None or one of its sizes, at least 32, got '224'"),
        ({"sizes": 224}, r"sizes must be zoo\.Sizes, such as Sizes\(step=16\), got 224"),
        ({"sizes": Sizes(step=16), "default_size": 24}, "one of its sizes, multiples of 16, got 24"),
        (
            {"sizes": Sizes(step=16), "min_size": 32},
            "min_size is 32, but the smallest of its sizes is 16: leave min_size out",
        ),
        (
            {"dtype_policy": "mixed_bf16"},
            "dtype_policy must be one of float32, mixed_bfloat16, mixed_float16, got 'mixed_bf16'",
        ),
        (
            {"dtype_policy": None},
            "dtype_policy must be one of float32, mixed_bfloat16, mixed_float16, got None",
        ),
        ({"adapt": "norm"}, "adapt must be a function, got 'norm'"),
        ({"online": "yes"}, "online must be True or False, got 'yes'"),
        ({"pool": "mean"}, "pool must be None or one of avg, max, first, got 'mean'"),
        ({"channels": 4}, "channels must be 1, 3 or None"),
        ({"channels": True}, "channels must be 1, 3 or None"),
        ({"channels": 3.0}, "channels must be 1, 3 or None"),
        ({"version": 2}, "version must be text"),
        ({"version": ""}, "version must be text"),
        ({"weights": "imagenet"}, "weights must be a tuple of names"),
        ({"weights": ("",)}, "weights must be a tuple of names"),
        ({"weights": ("imagenet",), "fetch_weights": "x"}, "fetch_weights must be a function, .* got 'x'"),
        ({"fetch_weights": print}, "fetch_weights must be a function, and needs names in weights"),
        ({"freeze_points": ["stem"]}, "freeze_points must be a tuple of names"),
        ({"freeze_points": (1,)}, "freeze_points must be a tuple of names"),
        ({"presets": ["paper"]}, "presets must map names to hyperparameters"),
        ({"presets": {"paper": 20}}, "presets must map names to hyperparameters"),
    ],
)
def test_an_architecture_must_not_have(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        architecture(**fields)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("imagenet", True),
        ("hf://keras/net", True),
        ("net_imagenet", True),
        ("Imagenet", False),
        ("hf", False),
    ],
)
def test_weights_are_known_by_name_or_pattern(name: str, known: bool) -> None:
    net = architecture(weights=("imagenet", "hf://*", "*_imagenet", "*.ckpt"))
    assert net.has_weights(name) is known


def test_files_are_known_by_their_ending() -> None:
    net = architecture(weights=("imagenet", "hf://*", "*.ckpt"))
    assert [net.reads_file(name) for name in ("net.ckpt", "imagenet", "hf://net", "ckpt")] == [
        True,
        *[False] * 3,
    ]
    assert not net.has_weights("net.ckpt")
