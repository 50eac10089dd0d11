"""What an object was credited with, each entry with the event that caused it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from recount.events import Event

ObjectName: TypeAlias = tuple[str, str, str | None, str | None, str | None]
"""(type, tenant, campaign, group, list)."""

GaugeOwner: TypeAlias = tuple[str, str | None, str | None]
"""(campaign, group, list): each has its own last number (domain 4.7)."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An event that was applied: its place in the order, when it counts, and the instants that it counts as, each ``count`` times.

    ``mode``: the dial mode that it found in force in its group when it happened.
    """

    event: Event
    place: int
    at: int
    actions: tuple[str, ...] = ()
    count: int = 1
    mode: str | None = None


@dataclass(slots=True)
class Durable:
    """A durable action; ``group`` is None for a campaign's own status. ``end`` is None while it is in progress."""

    action: str
    group: str | None
    begin: int
    begun_by: Applied
    end: int | None = None
    ended_by: Applied | None = None


class Reading(NamedTuple):
    """``records`` were scheduled from ``at`` on; of equal instants the later in the order holds."""

    at: int
    place: int
    records: int
    cause: Applied


Seen: TypeAlias = Callable[[Applied], bool]
"""Whether what an event caused is to be counted: whether it had been applied when a report was made."""


@dataclass(slots=True)
class Happened:
    """All that one object was credited with."""

    credited: list[Applied] = field(default_factory=list)
    durables: list[Durable] = field(default_factory=list)
    gauges: dict[GaugeOwner, list[Reading]] = field(default_factory=lambda: defaultdict(list))
    _ordered: int = 0

    def in_time(self) -> list[Applied]:
        """What was credited in order of its instants, ties in order of application."""
        if self._ordered != len(self.credited):
            self.credited.sort(key=lambda applied: applied.at)
            self._ordered = len(self.credited)
        return self.credited

    def seen(self, seen: Seen) -> list[Durable]:
        """The durable actions that had begun, as they stood."""
        begun = [durable for durable in self.durables if seen(durable.begun_by)]
        return [durable if durable.ended_by is None or seen(durable.ended_by) else _running(durable) for durable in begun]

    def readings(self, seen: Seen) -> list[list[Reading]]:
        """The readings of each gauge that had been reported."""
        return [[reading for reading in readings if seen(reading.cause)] for readings in self.gauges.values()]


def joined(parts: Iterable[Happened]) -> Happened:
    """What an object was credited with on several partitions."""
    whole = Happened()
    for part in parts:
        whole.credited.extend(part.credited)
        whole.durables.extend(part.durables)
        for owner, readings in part.gauges.items():
            whole.gauges[owner].extend(readings)
    return whole


def value_at(readings: Iterable[Reading], at: int) -> int:
    """A gauge's last number at an instant, 0 before the first."""
    return max((reading[:3] for reading in readings if reading.at <= at), default=(0, 0, 0))[2]


def _running(durable: Durable) -> Durable:
    return Durable(durable.action, durable.group, durable.begin, durable.begun_by)
