"""The number of errors of each check, stored in the cache under `OpenedDataset.identity`."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from zoo.data.cache_folder import cache_folder
from zoo.data.checks.report import Finding, Severity

FORMAT = 2  # goes up whenever a check of severity error would report something else

Summary = Mapping[str, int]
"""The name of a check -> its count; only checks that found an error."""


def summarise(findings: Iterable[Finding]) -> Summary:
    """Return the errors among the findings."""
    return {finding.check: finding.count for finding in findings if finding.severity is Severity.ERROR}


def remember(identity: str, summary: Summary) -> None:
    """Store the summary for `recall`. Where the cache cannot be written, nothing is lost but time."""
    file = _file(identity)
    text = json.dumps({"format": FORMAT, "fingerprint": identity, "errors": dict(summary)}, indent=1)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".tmp", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as part:
                part.write(text)
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)


def recall(identity: str) -> Summary | None:
    """Return the summary of a dataset's last check; None if there is none, or it is damaged."""
    try:
        stored = json.loads(_file(identity).read_text(encoding="utf-8"))
        errors = {str(check): int(count) for check, count in stored["errors"].items()}
        is_current = stored["format"] == FORMAT and stored["fingerprint"] == identity
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return errors if is_current else None


def _file(identity: str) -> Path:
    return cache_folder() / "checks" / f"{identity[:16]}.json"
