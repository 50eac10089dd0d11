"""How call results may have passed campaign events: what published reports tell of the order in which both were applied (domain 7.5).

A topic that has been read to its end does not hold the other one back (2.5), so the order depends on what had arrived. Each report
names the offsets that both had reached in one and the same moment, and so bounds the rest:

    offset of an event that opens a window               e
    reports have reached, of campaign-events       e0 <  e <= e1
                          of call-results          r0         r1      when e was applied, r0 to r1 of the results had been
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from recount.events import Event

NOWHERE: Final = -(10**18)


class Passing:
    """Bounds of a campaign's clock in ``call-results`` as an event of ``campaign-events`` found it.

    Args:
        results: those that may raise a clock, in the order of their offsets.
        moments: (offset reached in campaign-events, in call-results) of reports of the same partition.
    """

    def __init__(self, results: Iterable[Event], moments: Iterable[tuple[int, int]]) -> None:
        self._offsets: dict[tuple[str, str], list[int]] = {}
        self._reached: dict[tuple[str, str], list[int]] = {}
        for result in results:
            campaign = (result.tenant, result.campaign)
            reached = self._reached.setdefault(campaign, [])
            self._offsets.setdefault(campaign, []).append(result.source.offset)
            reached.append(max(result.occurred_at, reached[-1] if reached else NOWHERE))
        ordered = sorted(set(moments))
        self._events = [moment[0] for moment in ordered]
        self._before = _running([moment[1] for moment in ordered], max)
        self._after = _running([moment[1] for moment in reversed(ordered)], min)[::-1]

    def clocks(self, event: Event) -> tuple[int, int]:
        """The least and the greatest that the clock can have been."""
        place = bisect_left(self._events, event.source.offset)
        least = self._clock(event, self._before[place - 1]) if place else NOWHERE
        greatest = self._clock(event, self._after[place] if place < len(self._after) else None)
        return min(least, greatest), max(least, greatest)

    def _clock(self, event: Event, offset: int | None) -> int:
        """The campaign's clock after the results up to an offset, after all of them if there is none."""
        campaign = (event.tenant, event.campaign)
        offsets = self._offsets.get(campaign, [])
        known = len(offsets) if offset is None else bisect_right(offsets, offset)
        return self._reached[campaign][known - 1] if known else NOWHERE


def _running(numbers: Sequence[int], greater: Callable[[int, int], int]) -> list[int]:
    found: list[int] = []
    for number in numbers:
        found.append(greater(number, found[-1]) if found else number)
    return found
