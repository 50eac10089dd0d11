"""Which windows a profile has, and whether a report's is one of them (domain 6)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from engine.profiles import CampaignPeriod, Growing, Profile, SinceActivation, Sliding
from recount.happened import ObjectName
from recount.starts import Start

_DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def whose_starts(profile: Profile, name: ObjectName) -> ObjectName:
    """The campaign or group with which the windows of an object begin: groups have their campaign's periods (domain 6.4, 6.5)."""
    if name[0] == "CampaignGroup" and isinstance(profile, SinceActivation):
        return name
    return ("Campaign", name[1], name[2], None, None)


def misplaced(profile: Profile, starts: Sequence[Start], start: int, until: int, *, final: bool) -> str | None:
    """What is wrong with a window that a report names, open or closed; None if it is one of the profile's.

    Args:
        profile: the profile.
        starts: of the campaign or group that the windows begin with (``whose_starts``).
        start: the window's start, ms.
        until: the instant at which it was looked at; of a closed window its end.
        final: whether it is closed.
    """
    match profile:
        case Growing():
            return _misplaced_resets(profile, start, until, final=final)
        case Sliding():
            expected = -(-until // profile.step_ms) * profile.step_ms - profile.size_ms
            return None if start == expected else f"the window begins at {expected}"
        case SinceActivation():
            return _misplaced_start(starts, start, until, final=final)
        case CampaignPeriod():
            return _misplaced_period(starts, profile.days * _DAY_MS, start, until, final=final)
    return None if start == until else "it has no window, so its start is as_of"


def _misplaced_resets(profile: Growing, start: int, until: int, *, final: bool) -> str | None:
    begin, end = resets_around(profile, start if final else until)
    if start == begin and (until == end or not final):
        return None
    return f"the window is from {begin} to {end}"


def _misplaced_start(starts: Sequence[Start], start: int, until: int, *, final: bool) -> str | None:
    places = [place for place, found in enumerate(starts) if found.can_be(start)]
    if not places:
        return f"no window begins there; the last that do begin at {[found.at for found in starts][-3:]}"
    later = starts[places[0] + 1 :]
    if final:
        return None if any(found.can_be(until) for found in later) else "no other window begins where it ends"
    begun = [
        found for before, found in pairwise(starts[places[-1] :]) if max(before.latest, start) < found.earliest and found.latest <= until
    ]
    return f"another window has begun at {begun[0].at}" if begun else None


def _misplaced_period(starts: Sequence[Start], length: int, start: int, until: int, *, final: bool) -> str | None:
    if not starts:
        return "the campaign has not been activated"
    first = starts[0]
    if (start - first.earliest) % length > first.latest - first.earliest or start < first.earliest:
        return f"the first period begins at {first.at}"
    if final:
        return None if until == start + length else f"the period ends at {start + length}"
    return None if start <= until < start + length else f"the period is from {start} to {start + length}"


def resets_around(profile: Growing, instant: int) -> tuple[int, int]:
    """The last reset at or before an instant, and the next one (domain 6.1)."""
    zone = ZoneInfo(profile.timezone)
    local = (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone).date()
    resets = sorted({reset for day in _days_around(local) for reset in _resets_of(day, profile.resets.times, zone)})
    return max(reset for reset in resets if reset <= instant), min(reset for reset in resets if reset > instant)


def _days_around(day: date) -> Iterator[date]:
    """Days enough to hold a reset before and one after; a zone's calendar may skip a day."""
    return (day + timedelta(days=ahead) for ahead in (-2, -1, 0, 1, 2))


def _resets_of(day: date, times: Sequence[int], zone: ZoneInfo) -> Iterator[int]:
    """When the clock of a zone shows each time of a day, given in seconds, for the first time, or has skipped it."""
    for time in times:
        shown = datetime(day.year, day.month, day.day) + timedelta(seconds=time)  # noqa: DTZ001 - what a wall clock shows
        first, second = (_ms(shown.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
        shows = [instant for instant in (first, second) if _clock(instant, zone) == shown]
        yield min(shows) if shows else _after_gap(shown, min(first, second), max(first, second), zone)


def _after_gap(skipped: datetime, low: int, high: int, zone: ZoneInfo) -> int:
    """The first instant, in whole seconds, at which the clock is past a time that it skipped."""
    seconds = range(low // 1000, high // 1000 + 1)
    return 1000 * seconds[bisect_left(seconds, skipped, key=lambda second: _clock(1000 * second, zone))]


def _ms(local: datetime) -> int:
    return (local - _EPOCH) // timedelta(milliseconds=1)


def _clock(instant: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone).replace(tzinfo=None)
