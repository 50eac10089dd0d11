"""Real time: events one by one as their time comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from simulator.journal import Event


def pace(events: Iterable[Event], clock: Callable[[], int], sleep: Callable[[float], object]) -> Iterator[Event]:
    """Yield each event when the clock has reached its occurred_at; late ones, and all after a standstill, at once.

    Args:
        events: as ``simulate`` makes them, of a scenario that begins now.
        clock: the present, ms since the epoch.
        sleep: waits that many seconds; may return early.
    """
    for event in events:
        while (ahead_ms := event["occurred_at"] - clock()) > 0:
            sleep(ahead_ms / 1000)
        yield event
