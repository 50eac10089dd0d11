"""Which of very many reports are checked: the same ones each time, and of all kinds."""

from __future__ import annotations

import heapq
from hashlib import blake2b

from recount.reports import Report


class Sample:
    """A part of reports, told by where they stand: a share of all, and of those at most so many.

    Args:
        rate: the share, 0 to 1.
        most: how many at most; None for any number.
    """

    def __init__(self, rate: float, most: int | None) -> None:
        self._rate = rate
        self._most = most
        self._chosen: list[tuple[float, int, Report]] = []
        self.offered = 0

    def offer(self, report: Report) -> None:
        """Take a report into the sample, or don't."""
        self.offered += 1
        rank = _rank(report.where)
        if rank >= self._rate:
            return
        entry = (-rank, self.offered, report)
        if self._most is None or len(self._chosen) < self._most:
            heapq.heappush(self._chosen, entry)
        else:
            heapq.heappushpop(self._chosen, entry)

    @property
    def chosen(self) -> list[Report]:
        """The sample, in the order in which it was offered."""
        return [report for _, _, report in sorted(self._chosen, key=lambda entry: entry[1])]


def _rank(where: str) -> float:
    """A number from 0 to 1 that a place has for good, spread evenly."""
    return int.from_bytes(blake2b(where.encode(), digest_size=6).digest()) / (1 << 48)
