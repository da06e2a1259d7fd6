"""The runs and searches at which this process works, so that another of its threads, as in a notebook, resumes none."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_WORK: set[str] = set()  # ids; the registry knows the process of a run or search, but not its thread


@contextmanager
def at_work(work_id: str) -> Iterator[None]:
    """Return a context in which this process works at a run or search."""
    _AT_WORK.add(work_id)
    try:
        yield
    finally:
        _AT_WORK.discard(work_id)


def is_at_work(work_id: str) -> bool:
    """Whether this process works at a run or search."""
    return work_id in _AT_WORK
