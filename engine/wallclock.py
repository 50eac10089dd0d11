"""Resets of Growing windows: wall-clock times in a time zone, as instants (domain 6.1).

A reset is told by the local clock: 00:00 in Europe/Paris. On a day when the clock skips that time, the reset is the first instant
after the gap; on a day when it comes twice, the first of the two. Instants are found a block of days at a time and kept.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from engine.arrays import Int64s

_DAY_MS: Final = 86_400_000
_BLOCK_MS: Final = 32 * _DAY_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


class ResetError(ValueError):
    """Resets that can't be read; the message says what was expected."""


@dataclass(slots=True)
class Resets:
    """Resets at ``times`` (seconds of the local day, ascending) in ``zone``. Instants are ms since the epoch."""

    times: tuple[int, ...]
    zone: ZoneInfo
    _blocks: dict[int, Int64s] = field(default_factory=dict, repr=False)

    def window(self, instant: int) -> tuple[int, int]:
        """The last reset at or before an instant, and the next one after it."""
        known = self._block(instant // _BLOCK_MS)
        place = int(np.searchsorted(known, instant, side="right"))
        return int(known[place - 1]), int(known[place])

    def starts(self, instants: Int64s) -> Int64s:
        """The last reset at or before each instant."""
        block = instants // _BLOCK_MS
        first = int(block[0]) if len(block) else 0
        if (block == first).all():
            return self._starts_in(first, instants)
        starts = np.empty_like(instants)
        for number in np.unique(block).tolist():
            chosen = block == number
            starts[chosen] = self._starts_in(number, instants[chosen])
        return starts

    def _starts_in(self, block: int, instants: Int64s) -> Int64s:
        known = self._block(block)
        found: Int64s = known[np.searchsorted(known, instants, side="right") - 1]
        return found

    def _block(self, number: int) -> Int64s:
        """The resets of a block of days, with enough before and after it that no window of it is cut."""
        found = self._blocks.get(number)
        if found is None:
            first = (_EPOCH + timedelta(milliseconds=number * _BLOCK_MS)).date()
            margin = 3
            days = [first + timedelta(days=day) for day in range(-margin, 32 + margin) if _in_calendar(first, day)]
            instants = sorted({self.instant(day, time) for day in days for time in self.times})
            found = self._blocks[number] = np.array(instants, dtype=np.int64)
        return found

    def instant(self, day: date, time: int) -> int:
        """When the local clock of ``day`` shows ``time`` (seconds of the day) for the first time, or has skipped it."""
        local = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(seconds=time)
        known = _ms(local)
        if _local(known, self.zone) == local.replace(tzinfo=None):
            return known
        return self._end_of_gap(local)

    def _end_of_gap(self, skipped: datetime) -> int:
        """The first instant whose local time is past a time that was skipped."""
        before, after = _ms(skipped.replace(fold=1)), _ms(skipped)
        wanted = skipped.replace(tzinfo=None)
        span = range(min(before, after) // 1000, max(before, after) // 1000 + 1)
        return 1000 * span[bisect_right(span, wanted, key=lambda second: _local(1000 * second, self.zone)) if len(span) > 1 else 0]


def _in_calendar(first: date, days: int) -> bool:
    return date.min.toordinal() < first.toordinal() + days < date.max.toordinal()


def _ms(local: datetime) -> int:
    return (local - _EPOCH) // timedelta(milliseconds=1)


def _local(instant: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone).replace(tzinfo=None)


def parse_resets(text: str, timezone: str) -> Resets:
    """Read resets in a time zone.

    Raises:
        ResetError: the times or the time zone are not ones.
    """
    return Resets(parse_times(text), parse_zone(timezone))


def parse_zone(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        ResetError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ResetError(f"{name!r} is not the name of an IANA time zone, such as Europe/Paris") from error


def parse_times(text: str) -> tuple[int, ...]:
    """Seconds of the day: ``00:00``, ``06:00, 14:00, 22:00``, or ``00:00 +0:30``, every half hour to the end of the day (domain 6.1).

    Raises:
        ResetError: they are none.
    """
    first, _, step = text.partition("+")
    times = sorted({_time(part, text) for part in first.split(",")})
    if not step:
        return tuple(times)
    every = _seconds(step, text)
    if len(times) > 1 or every <= 0:
        raise ResetError(f"{text!r}: a step follows one time and is longer than nothing, such as 00:00 +0:30")
    return tuple(range(times[0], _DAY_MS // 1000, every))


def _time(part: str, text: str) -> int:
    seconds = _seconds(part, text)
    if seconds >= _DAY_MS // 1000:
        raise ResetError(f"{part.strip()!r} in {text!r} is not a time of day")
    return seconds


def _seconds(part: str, text: str) -> int:
    found = _TIME.fullmatch(part.strip())
    if found is None or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise ResetError(f"{part.strip()!r} in {text!r} is not a time as H:MM or H:MM:SS")
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)
