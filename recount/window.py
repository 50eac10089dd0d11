"""An object as a window shows it: what it holds of what happened, each entry still with its cause (domain 5.2)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from recount.happened import Applied, Durable, Happened, Reading, Seen, value_at
from recount.history import ACTIVATED, DEACTIVATED, FAMILY, RUNNING

GAUGE = "RecordsScheduled"

Names: TypeAlias = Collection[str]
"""The actions of a mask."""


class Counted(NamedTuple):
    """An instant that counts: what it is, and how many times."""

    action: str
    times: int
    cause: Applied


class Window:
    """One object looked at in [start, until], or [start, until) when it is closed; ``seen`` tells what had been applied then."""

    def __init__(self, happened: Happened, start: int, until: int, seen: Seen = lambda _: True, *, closed: bool) -> None:
        self.happened, self.start, self.until, self.closed = happened, start, until, closed
        self._seen = seen

    def holds(self, at: int) -> bool:
        """Whether an instant is in the window."""
        return self.start <= at and (at < self.until if self.closed else at <= self.until)

    @cached_property
    def credited(self) -> list[Applied]:
        """What was credited in the window, in order of time."""
        everything = self.happened.in_time()
        low = bisect_left(everything, self.start, key=_at)
        high = (bisect_left if self.closed else bisect_right)(everything, self.until, key=_at)
        return [applied for applied in everything[low:high] if self._seen(applied)]

    @cached_property
    def durables(self) -> list[Durable]:
        """All durable actions of the object, also those outside the window."""
        return self.happened.seen(self._seen)

    @cached_property
    def gauges(self) -> list[list[Reading]]:
        """The readings of all gauges of the object, also those outside the window."""
        return self.happened.readings(self._seen)

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each action happened, instants only."""
        counts: Counter[str] = Counter()
        for applied in self.credited:
            for action in applied.actions:
                counts[action] += applied.count
        return counts

    def counted(self, names: Names) -> Iterator[Counted]:
        """The instants of a mask, one by one."""
        for applied in self.credited:
            for action in applied.actions:
                if action in names:
                    yield Counted(action, applied.count, applied)

    def ended(self, names: Names) -> list[Durable]:
        """The durable actions that ended in the window."""
        return [durable for durable in self.durables if durable.action in names and durable.end is not None and self.holds(durable.end)]

    def lasting(self, names: Names, *, completed: bool) -> list[Durable]:
        """The durable actions that may have time in the window: all, or those that ended in it (domain 5.3)."""
        return self.ended(names) if completed else [durable for durable in self.durables if durable.action in names]

    def length(self, durable: Durable) -> int:
        """How long a durable action lasted or, if it was in progress at the window's end, had lasted then, ms."""
        running = durable.end is None or durable.end > self.until
        return (self.until if running else durable.end or 0) - durable.begin

    def inside(self, durable: Durable) -> int:
        """How long a durable action lasted inside the window, ms."""
        end = self.until if durable.end is None else min(durable.end, self.until)
        return max(0, end - max(durable.begin, self.start))

    def running(self, names: Names, at: int | None = None) -> list[Durable]:
        """What is in progress at an instant, at the window's end if none is given; what ends there is not."""
        instant = self.until if at is None else at
        return [durable for durable in self.durables if durable.action in names and _runs(durable, instant)]

    def number_at(self, names: Names, at: int) -> int:
        """CurrentNumber at an instant."""
        gauge = sum(value_at(readings, at) for readings in self.gauges) if GAUGE in names else 0
        return len(self.running(names, at)) + gauge

    def course(self, names: Names) -> list[tuple[int, int, int]]:
        """(from, to, number): CurrentNumber as a function of time, piece by piece; the last piece of an open window is t alone."""
        instants = {self.start, self.until}
        instants |= {at for durable in self.durables for at in (durable.begin, durable.end) if durable.action in names and at is not None}
        if GAUGE in names:
            instants |= {reading.at for readings in self.gauges for reading in readings}
        inside = sorted(at for at in instants if self.start <= at <= self.until)
        pieces = [(at, after, self.number_at(names, at)) for at, after in pairwise(inside)]
        return pieces if self.closed else [*pieces, (self.until, self.until, self.number_at(names, self.until))]

    def entered(self, names: Names) -> Durable | None:
        """The status with which the present stay among the names began; None outside them."""
        statuses = [durable for durable in self.durables if durable.action in {DEACTIVATED, ACTIVATED, RUNNING}]
        held = [place for place, durable in enumerate(statuses) if _runs(durable, self.until)]
        if not held or statuses[held[0]].action not in names:
            return None
        place = held[0]
        while place and statuses[place - 1].action in names and statuses[place - 1].end == statuses[place].begin:
            place -= 1
        return statuses[place]

    def busy(self) -> bool:
        """Whether the closing value is published (domain 7.4)."""
        lasting = any(
            durable.action != DEACTIVATED and durable.begin < self.until and (durable.end is None or durable.end >= self.start)
            for durable in self.durables
        )
        return lasting or bool(self.credited)

    def state(self) -> dict[str, Any] | None:
        """The value of CurrentState, as the offline form has it (domain 5.2)."""
        now = [(durable.action, durable.begin) for durable in self.durables if _runs(durable, self.until)]
        status = [(name, begin) for name, begin in now if FAMILY[name] == "status"]
        if not status:
            return None
        modes = [(name, begin) for name, begin in now if FAMILY[name] == "dial_mode"]
        agreed = len({name for name, _ in modes}) == 1
        conditions: dict[str, int] = {}
        for name, begin in now:
            if FAMILY[name] == "condition":
                conditions[name] = min(begin, conditions.get(name, begin))
        return {
            "status": status[0][0],
            "since": status[0][1],
            "dial_mode": modes[0][0] if agreed else None,
            "dial_mode_since": min(begin for _, begin in modes) if agreed else None,
            "conditions": conditions,
        }


def _runs(durable: Durable, instant: int) -> bool:
    return durable.begin <= instant and (durable.end is None or durable.end > instant)


def _at(applied: Applied) -> int:
    return applied.at
