"""When the group's offsets of a partition are written: for tools that show lag, and as a check of what was restored.

Nobody goes on from them (rule 5), so they need not be in every transaction, of which they would be two of five exchanges with the broker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_EVERY: Final = 1.0
"""Seconds between two times that they are written, and that they may be behind."""


class GroupOffsets:
    """What the group was told of the topics of a partition. Times are seconds of a clock that only goes on.

    Args:
        positions: what it knows when the partition is taken over, next offset by topic.
    """

    def __init__(self, positions: Mapping[str, int]) -> None:
        self._told = dict(positions)
        self._next = 0.0

    def left(self, positions: Mapping[str, int], now: float) -> float | None:
        """Seconds until these positions are to be written; None if they are known."""
        return None if positions == self._told else max(0.0, self._next - now)

    def due(self, positions: Mapping[str, int], now: float) -> bool:
        """Whether these positions are to be written now."""
        return self.left(positions, now) == 0.0

    def written(self, positions: Mapping[str, int], now: float) -> None:
        """The group knows these positions."""
        self._told, self._next = dict(positions), now + _EVERY
