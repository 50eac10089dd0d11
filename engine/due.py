"""When there is something to forget: most owners that a chunk touches have nothing, and are passed over together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.arrays import Int64s, longer

_NOTHING: Final = int(np.iinfo(np.int64).max)


class Due:
    """By owner, the earliest horizon (ms) at which something of it is to be forgotten."""

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: Int64s = np.full(16, _NOTHING, dtype=np.int64)

    def note(self, owner: int, horizon: int) -> None:
        """There is something to be forgotten at a horizon."""
        self._reserve(owner)
        self._at[owner] = min(int(self._at[owner]), horizon)

    def take(self, owners: Int64s, horizons: Int64s) -> Iterator[tuple[int, int]]:
        """The owners that have something to be forgotten at the horizon of each, with it; what is left is to be noted again."""
        self._reserve(int(owners.max(initial=0)))
        due = self._at[owners] <= horizons
        self._at[owners[due]] = _NOTHING
        return zip(owners[due].tolist(), horizons[due].tolist(), strict=True)

    def _reserve(self, owner: int) -> None:
        self._at = longer(self._at, owner + 1, _NOTHING)
