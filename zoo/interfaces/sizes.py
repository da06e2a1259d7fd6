"""The sizes of images that an architecture accepts."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.errors import ContractError


@dataclass(frozen=True)
class Sizes:
    """The sizes that a backbone accepts, in pixels per side: multiples of `step` from `smallest` to `largest`.

    `Sizes(step=16)` is for patches of 16×16, `Sizes(smallest=32, largest=512)` is a range, `Sizes.only(224)` one size.

    Args:
        smallest: rounded up to a multiple of the step.
        largest: rounded down to a multiple of the step; None: there is none.

    Raises:
        ContractError: a value is not a whole number from 1 on, or no size is left.
    """

    smallest: int = 1
    largest: int | None = None
    step: int = 1

    def __post_init__(self) -> None:
        for name in ("smallest", "largest", "step"):
            value = getattr(self, name)
            if not (is_size(value) or (name == "largest" and value is None)):
                raise ContractError(f"sizes: {name} must be 1 or more pixels, got {value!r}")
        object.__setattr__(self, "smallest", -(-self.smallest // self.step) * self.step)
        if self.largest is not None:
            if self.largest < self.smallest:
                raise ContractError(f"sizes: largest must be {self.smallest} or more, got {self.largest}")
            object.__setattr__(self, "largest", self.largest // self.step * self.step)

    @classmethod
    def only(cls, size: int) -> Sizes:
        """Return a single size."""
        return cls(smallest=size, largest=size)

    @property
    def open_ended(self) -> bool:
        """Whether every size from the smallest on is accepted."""
        return self.step == 1 and self.largest is None

    def __contains__(self, size: int) -> bool:
        return size in self._around(size)

    def nearest(self, size: int) -> int:
        """Return the accepted size nearest to this one; of two the larger."""
        return min(reversed(self._around(size)), key=lambda accepted: abs(accepted - size))

    def at_least(self, size: int) -> int:
        """Return the smallest accepted size from this one on, or else the largest one."""
        return self._around(size)[-1]

    def advice(self, size: int) -> str:
        """Return the accepted sizes next to this one in words: `96 or 112`."""
        return " or ".join(map(str, self._around(size)))

    def _around(self, size: int) -> tuple[int, ...]:
        """Return the accepted sizes next to this one, below and above; the same one if it is accepted."""
        below = size // self.step * self.step
        above = -(-size // self.step) * self.step
        highest = max(above, self.smallest) if self.largest is None else self.largest
        return tuple(sorted({min(max(multiple, self.smallest), highest) for multiple in (below, above)}))

    def __str__(self) -> str:
        """Return such as `at least 32`, `only 224`, `32 to 512` or `multiples of 16, 32 to 512`."""
        if self.smallest == self.largest:
            return f"only {self.smallest}"
        if self.largest is not None:
            bounds = f"{self.smallest} to {self.largest}"
        else:
            bounds = f"at least {self.smallest}" if self.smallest > self.step or self.step == 1 else ""
        multiples = f"multiples of {self.step}" if self.step > 1 else ""
        return ", ".join(part for part in (multiples, bounds) if part)

    @property
    def brief(self) -> str:
        """The same for a table: `≥ 32`, `224`, `32–512` or `32–512, step 16`."""
        if self.smallest == self.largest:
            return str(self.smallest)
        bounds = f"≥ {self.smallest}" if self.largest is None else f"{self.smallest}–{self.largest}"
        return bounds if self.step == 1 else f"{bounds}, step {self.step}"


def is_size(value: object) -> bool:
    """Whether a value is a whole number of pixels from 1 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
