"""Checks of the descriptions that plugins return."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from zoo.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def require_description(kind: str, name: str, summary: str, reference: str) -> None:
    """Require a lower-case name, and texts that are not empty.

    Args:
        kind: such as "architecture".
    """
    require(
        isinstance(name, str) and _NAME.fullmatch(name) is not None,
        f"{kind} name must be lower-case letters, digits, '.', '_' or '-', got {name!r}",
    )
    for label, text in (("summary", summary), ("reference", reference)):
        require(
            isinstance(text, str) and bool(text.strip()),
            f"{kind} '{name}': {label} must be text, got {text!r}",
        )


def require_functions(subject: str, described: object, *needed: str, optional: tuple[str, ...]) -> None:
    """Require that these attributes are functions, or the optional ones None."""
    for name in (*needed, *optional):
        value = getattr(described, name)
        require(
            callable(value) or (value is None and name in optional),
            f"{subject}: {name} must be a function, got {value!r}",
        )


def require_backbone(subject: str, backbone: Callable[..., object]) -> None:
    """Require that a function can be called as `zoo.interfaces.Backbone` is, as far as its parameters are known."""
    try:
        signature = inspect.signature(backbone, follow_wrapped=False)
    except (TypeError, ValueError):  # of compiled code
        return
    names = list(signature.parameters)
    try:
        signature.bind(None, None, weights=None)
        fits = names[:2] != ["inputs", "hp"]
    except TypeError:
        fits = False
    require(
        fits,
        f"{subject}: backbone must have the parameters (hp, inputs, *, weights=None), got ({', '.join(names)})",
    )


def is_names(value: object) -> bool:
    """Whether a value is a tuple of texts, none of them empty."""
    return isinstance(value, tuple) and all(isinstance(name, str) and name for name in value)


def require(condition: bool, message: str) -> None:
    """Raise ContractError with this message unless the condition holds."""
    if not condition:
        raise ContractError(message)
