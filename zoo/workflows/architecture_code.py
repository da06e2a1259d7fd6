"""The code of a plugin's architectures, as a run's environment records it and a resumed run needs it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.models.source_code import OWN, package_of, parts_of
from zoo.models.used_code import used_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zoo.interfaces import Architecture

DIGITS = 16  # of a digest


def codes_of(architectures: Iterable[Architecture]) -> str:
    """Return the names of the architectures that are not zoo's own, with digests of their code: `a:0123…,b:4567…`."""
    return ",".join(filter(None, map(_code_of, architectures)))


def change_of_code(architecture: Architecture, environment: Mapping[str, str]) -> str:
    """Return what to do about code that has changed since this environment was recorded; empty where it has not.

    An older zoo did not record it.
    """
    recorded = environment.get("code", "").split(",")
    before = next((code for code in recorded if code.startswith(f"{architecture.name}:")), None)
    if before is None or before == _code_of(architecture):
        return ""
    return f"the code of '{architecture.name}' has changed since: restore that code, or"


def _code_of(architecture: Architecture) -> str:
    packages = {package_of(part.__module__) for part in parts_of(architecture.backbone)}
    digest = "" if packages.issubset(OWN) else used_code(architecture.backbone)
    return digest and f"{architecture.name}:{digest[:DIGITS]}"
