"""The exit codes of `zoo`; wrong usage is 2, which click sets."""

from __future__ import annotations

DONE, FAILED, INTERRUPTED = 0, 1, 130
