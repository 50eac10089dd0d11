"""When the windows of a profile begin and end (domain 6.1, 6.4, 6.5).

Windows follow lines: in a Growing profile each owner (campaign or calling list) is one, since all its objects share their windows; where
windows begin with a campaign or a group, lines are those, by object number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol, TypeAlias

import numpy as np

from engine.arrays import NEVER, Int64s
from engine.credits import CALLING_LIST, CAMPAIGN, CAMPAIGN_CALLING_LIST, CAMPAIGN_GROUP, OBJECT_TYPES
from engine.directory import NONE, Directory, Owner, StatObject
from engine.starts import Start, Starts
from engine.wallclock import Resets

FAR: Final = 1 << 62
"""The end of a window whose end is not known yet."""

Window: TypeAlias = tuple[int, int]
"""[start, end), ms."""


class Track(NamedTuple):
    """Object types whose windows follow the same line: the object of type ``line`` on an event's route, or its owner if None."""

    kinds: tuple[int, ...]
    line: int | None


class Schedule(Protocol):
    """The windows of one profile."""

    tracks: tuple[Track, ...]
    by_owner: bool
    """Whether lines are owners, by number, instead of objects."""

    def starts(self, lines: Int64s, at: Int64s) -> Int64s:
        """Start of the window of each line that holds each instant, ``NEVER`` where there is none."""
        ...

    def window(self, line: int, instant: int) -> Window | None:
        """The window of a line that holds an instant."""
        ...

    def first(self, line: int, instant: int) -> Window | None:
        """The window of a line that holds an instant, or else the first after it."""
        ...

    def line_of(self, found: StatObject) -> int | None:
        """The line that an object follows; None if it has no windows here."""
        ...

    def lines_of(self, owner: Owner) -> Iterable[int]:
        """All lines of an owner's objects."""
        ...

    def opens(self, start: Start) -> bool:
        """Whether a start of one of its lines begins a window."""
        ...

    def size(self, directory: Directory) -> int:
        """More than the number of any line."""
        ...


class ByResets:
    """Windows from one reset to the next, the same for everybody (domain 6.1)."""

    tracks: tuple[Track, ...] = (Track(tuple(range(len(OBJECT_TYPES))), None),)
    by_owner = True

    def __init__(self, resets: Resets) -> None:
        self._resets = resets

    def starts(self, lines: Int64s, at: Int64s) -> Int64s:
        """See ``Schedule``."""
        del lines
        return self._resets.starts(at)

    def window(self, line: int, instant: int) -> Window:
        """See ``Schedule``."""
        del line
        return self._resets.window(instant)

    first = window

    def line_of(self, found: StatObject) -> int:
        """See ``Schedule``."""
        return found.owner

    def lines_of(self, owner: Owner) -> Iterable[int]:
        """See ``Schedule``."""
        return (owner.number,)

    def opens(self, start: Start) -> bool:
        """See ``Schedule``."""
        del start
        return False

    def size(self, directory: Directory) -> int:
        """See ``Schedule``."""
        return len(directory.owners)


class SinceStarts:
    """Windows from one start of the campaign, for groups of the group, to the next (domain 6.4)."""

    tracks: tuple[Track, ...] = (Track((CAMPAIGN, CAMPAIGN_CALLING_LIST), CAMPAIGN), Track((CAMPAIGN_GROUP,), CAMPAIGN_GROUP))
    by_owner = False

    def __init__(self, starts: Starts, directory: Directory) -> None:
        self._starts = starts
        self._directory = directory

    def starts(self, lines: Int64s, at: Int64s) -> Int64s:
        """See ``Schedule``."""
        found = np.full(len(at), NEVER, dtype=np.int64)
        for line in np.unique(lines[lines != NONE]).tolist():
            known = np.array([NEVER, *self._starts.of.get(line, [])], dtype=np.int64)
            of_line = lines == line
            found[of_line] = known[np.searchsorted(known, at[of_line], side="right") - 1]
        return found

    def window(self, line: int, instant: int) -> Window | None:
        """See ``Schedule``."""
        found = self._starts.window(line, instant)
        return None if found is None else (found[0], FAR if found[1] is None else found[1])

    def first(self, line: int, instant: int) -> Window | None:
        """See ``Schedule``."""
        known = self._starts.of.get(line)
        return self.window(line, max(instant, known[0])) if known else None

    def line_of(self, found: StatObject) -> int | None:
        """See ``Schedule``."""
        if found.type == CALLING_LIST:
            return None
        return found.whole if found.type == CAMPAIGN_GROUP else self._campaign(self._directory.owners[found.owner])

    def lines_of(self, owner: Owner) -> Iterable[int]:
        """See ``Schedule``."""
        return [found.number for found in owner.objects if found.type in {CAMPAIGN, CAMPAIGN_GROUP}]

    def opens(self, start: Start) -> bool:
        """See ``Schedule``."""
        del start
        return True

    def size(self, directory: Directory) -> int:
        """See ``Schedule``."""
        return len(directory.objects)

    def _campaign(self, owner: Owner) -> int:
        return self._directory.object(owner, CAMPAIGN).number


class Periods(SinceStarts):
    """Successive periods of one length from a campaign's first start on, the same for all its objects (domain 6.5)."""

    tracks: tuple[Track, ...] = (Track((CAMPAIGN, CAMPAIGN_GROUP, CAMPAIGN_CALLING_LIST), CAMPAIGN),)

    def __init__(self, starts: Starts, directory: Directory, length_ms: int) -> None:
        super().__init__(starts, directory)
        self._length = length_ms

    def starts(self, lines: Int64s, at: Int64s) -> Int64s:
        """See ``Schedule``."""
        first = np.array([self._starts.first.get(line, FAR) for line in lines.tolist()], dtype=np.int64)
        begun = at >= first
        return np.where(begun, at - (at - np.where(begun, first, at)) % self._length, NEVER)

    def window(self, line: int, instant: int) -> Window | None:
        """See ``Schedule``."""
        first = self._starts.first.get(line, FAR)
        if instant < first:
            return None
        start = instant - (instant - first) % self._length
        return start, start + self._length

    def first(self, line: int, instant: int) -> Window | None:
        """See ``Schedule``."""
        known = self._starts.first.get(line)
        return None if known is None else self.window(line, max(instant, known))

    def line_of(self, found: StatObject) -> int | None:
        """See ``Schedule``."""
        return None if found.type == CALLING_LIST else self._campaign(self._directory.owners[found.owner])

    def lines_of(self, owner: Owner) -> Iterable[int]:
        """See ``Schedule``."""
        return [found.number for found in owner.objects if found.type == CAMPAIGN]

    def opens(self, start: Start) -> bool:
        """See ``Schedule``."""
        return self._starts.first[start.number] == start.at
