"""Late events: what a site reports, some of it later than it happened (domain 2.4)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from random import Random

from simulator.journal import Event


def disordered(events: Iterable[Event], chance: Random, share: float, longest_ms: int) -> Iterator[Event]:
    """Hold a share of the events back for up to ``longest_ms`` of event time; each still says when it happened.

    Args:
        events: in order of occurred_at.
        chance: decides which are late, and how late.
        share: of events, 0-1.
        longest_ms: the longest delay.
    """
    held: list[tuple[int, int, Event]] = []
    for number, event in enumerate(events):
        now = event["occurred_at"]
        while held and held[0][0] <= now:
            yield heapq.heappop(held)[2]
        if chance.random() < share:
            heapq.heappush(held, (now + 1 + int(chance.random() * longest_ms), number, event))
        else:
            yield event
    while held:
        yield heapq.heappop(held)[2]
