"""A progress that records what work reports."""

from __future__ import annotations

import threading

from zoo.interfaces import Progress


class RecordedProgress(Progress):
    """Records notices, and how far each work has advanced.

    Attributes:
        notices: in the order that they were shown.
        advances: work, done and total of each report.
        noticed: set by the first notice, for a test that waits for it in another thread.
    """

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.advances: list[tuple[str, int, int]] = []
        self.noticed = threading.Event()

    def notice(self, message: str) -> None:
        self.notices.append(message)
        self.noticed.set()

    def advanced(self, work: str, done: int, total: int) -> None:
        self.advances.append((work, done, total))

    def completed(self, work: str) -> int:
        """Return how many times this work has reached its end."""
        return sum(done == total for name, done, total in self.advances if name == work)
