"""The result of loading weights: tables of matched tensors, of unmatched ones, and of shapes that differ."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Shape = tuple[int, ...]

LOADED = 3  # rows of what matched in a notice
LONGEST = 8  # rows of each other kind


@dataclass(frozen=True)
class Match:
    """A tensor of the file with the variable of the network that it is for.

    Args:
        expected: the shape of the variable.
        transposed: whether the tensor is in PyTorch's layout, and was brought into that of Keras.
    """

    tensor: str
    shape: Shape
    variable: str
    expected: Shape
    transposed: bool = False


@dataclass(frozen=True)
class WeightsReport:
    """The result of loading a weights file into a network.

    Args:
        location: of the file or folder.
        rule: how its tensors were matched, such as "by name".
        matched: what was loaded.
        misfits: tensors that have other shapes than their variables, which were not loaded.
        missing: variables of the network for which the file has no tensor, with their shapes.
        unused: tensors of the file for which the network has no variable, such as those of its top, with their shapes.
        left_out: tensors that `rename` left out.
    """

    location: str
    rule: str
    matched: tuple[Match, ...]
    misfits: tuple[Match, ...] = ()
    missing: tuple[tuple[str, Shape], ...] = ()
    unused: tuple[tuple[str, Shape], ...] = ()
    left_out: tuple[tuple[str, Shape], ...] = ()

    @property
    def variables(self) -> int:
        """The number of the network's variables that weights could be for."""
        return len(self.matched) + len(self.misfits) + len(self.missing)

    @property
    def summary(self) -> str:
        """The report in one line."""
        transposed = sum(match.transposed for match in self.matched)
        unused = f"{'tensor' if len(self.unused) == 1 else 'tensors'} of the file unused"
        parts = (
            (transposed, "transposed from PyTorch's layout"),
            (len(self.misfits), "of another shape"),
            (len(self.missing), "not in the file"),
            (len(self.unused), unused),
            (len(self.left_out), "left out"),
        )
        rest = "".join(f", {count} {what}" for count, what in parts if count)
        return f"weights of {self.location}: {len(self.matched)} of {self.variables} variables loaded {self.rule}{rest}"

    def table(self, *, whole: bool = False) -> str:
        """Return the summary and a table below it.

        Args:
            whole: all rows; otherwise the first of each kind, and how many more there are.
        """
        longest = None if whole else LONGEST
        rows = [
            *_shortened([_row("loaded", match) for match in self.matched], None if whole else LOADED),
            *_shortened([_row("other shape", match) for match in self.misfits], longest),
            *_shortened([("missing", "", "", *_named(variable)) for variable in self.missing], longest),
            *_shortened([("unused", *_named(tensor), "", "") for tensor in self.unused], longest),
            *_shortened([("left out", *_named(tensor), "", "") for tensor in self.left_out], longest),
        ]
        rows.insert(0, ("", "tensor", "shape", "variable", "shape"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join((self.summary, *lines))

    def __str__(self) -> str:
        return self.table()


Row = tuple[str, str, str, str, str]


def _row(state: str, match: Match) -> Row:
    state = f"{state}, transposed" if match.transposed else state
    return state, match.tensor, str(match.shape), match.variable, str(match.expected)


def _named(item: tuple[str, Shape]) -> tuple[str, str]:
    return item[0], str(item[1])


def _shortened(rows: Sequence[Row], longest: int | None) -> list[Row]:
    if longest is None or len(rows) <= longest:
        return list(rows)
    return [*rows[:longest], (rows[0][0].partition(",")[0], f"and {len(rows) - longest} more", "", "", "")]


_listener: ContextVar[Callable[[WeightsReport], None] | None] = ContextVar("weights_listener", default=None)


@contextmanager
def reports_to(listener: Callable[[WeightsReport], None]) -> Iterator[None]:
    """Pass the reports of weights that are loaded in the block, by a backbone, to a listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def recorded() -> Iterator[list[WeightsReport]]:
    """Yield a list that gets the reports of the block, which the listener gets as well."""
    reports: list[WeightsReport] = []
    outer = _listener.get()

    def listen(loaded: WeightsReport) -> None:
        reports.append(loaded)
        if outer is not None:
            outer(loaded)

    with reports_to(listen):
        yield reports


def report(loaded: WeightsReport) -> None:
    """Pass a report to the listener, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener(loaded)
