"""Credits in columns (domain 1.1, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.credits import OBJECT_TYPES

_COLUMNS: Final = ("route", "code", "at", "count", "place", "trait")
ALL_KINDS: Final = tuple(range(len(OBJECT_TYPES)))


@dataclass(frozen=True, slots=True)
class Credits:
    """What was credited, one element each: along which route, what (``engine.credits``), when (ms), how many times.

    ``place`` is that of the cause in the order of application within the chunk, ``trait`` what else it carries (``engine.dimensions``).
    """

    route: Int64s
    code: Int64s
    at: Int64s
    count: Int64s
    place: Int64s
    trait: Int64s

    def __len__(self) -> int:
        return len(self.route)

    def chosen(self, which: NDArray[np.bool_] | Int64s) -> Credits:
        """Those credits of which ``which`` is true, shape (n,), or of these numbers, in their order."""
        return Credits(*(getattr(self, name)[which] for name in _COLUMNS))

    def part(self, low: int, high: int) -> Credits:
        """Those in [low, high)."""
        return Credits(
            self.route[low:high], self.code[low:high], self.at[low:high], self.count[low:high], self.place[low:high], self.trait[low:high]
        )


@dataclass(frozen=True, slots=True)
class Ends:
    """Durable actions that ended, one element each: of which object, which, when, begun when (ms).

    ``place`` is as in ``Credits``, ``ordinal`` the place among the actions of the same cause (domain 4.1).
    """

    object: Int64s
    action: Int64s
    end: Int64s
    begin: Int64s
    place: Int64s
    ordinal: Int64s


def no_ends() -> Ends:
    """Nothing."""
    return Ends(*(np.empty(0, dtype=np.int64) for _ in range(6)))


def no_credits() -> Credits:
    """Nothing."""
    return Credits(*(np.empty(0, dtype=np.int64) for _ in _COLUMNS))


def join(parts: list[Credits]) -> Credits:
    """All credits of several parts."""
    return Credits(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))
