"""The moments from which campaigns and groups are counted anew, and the windows that begin with them (domain 6.4, 6.5)."""

from __future__ import annotations

from dataclasses import dataclass

from recount.happened import Applied


@dataclass(frozen=True, slots=True)
class Start:
    """A window begins at ``at``; ``earliest`` to ``latest`` is where it can have, if the order of the topics left that open (7.5)."""

    cause: Applied
    at: int
    earliest: int
    latest: int

    def can_be(self, instant: int) -> bool:
        """Whether the window can have begun at an instant."""
        return self.earliest <= instant <= self.latest


def begin(known: list[Start], cause: Applied, moment: int, clock: int, passed: tuple[int, int, int]) -> None:
    """Add the start that a moment makes, if it makes one.

    Args:
        known: earlier starts of the same campaign or group.
        cause: what began it.
        moment: when the campaign or group left StatusDeactivated.
        clock: the campaign's clock in ``campaign-events``.
        passed: its clock in ``call-results``: the least that it can have been, what it was in order, the greatest.
    """
    earliest, at, latest = (_opened(moment, max(clock, results)) for results in passed)
    if not known or latest > known[-1].earliest:
        known.append(Start(cause, at, earliest, latest))


def _opened(moment: int, stream_time: int) -> int:
    """A moment behind the stream time opens its window 1 ms after it: what was counted before stays where it is."""
    return moment if moment >= stream_time else stream_time + 1
