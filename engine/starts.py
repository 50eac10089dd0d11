"""The moments from which campaigns and groups are counted anew: when they left StatusDeactivated (domain 6.4, 6.5)."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from engine.arrays import Int64s
from engine.due import Due


class Start(NamedTuple):
    """A new window of a campaign or a group, by its object number, from ``at`` (ms) on.

    ``just_reached``: stream time stood at that very instant already, so what was credited to it before belongs to the new window.
    """

    number: int
    at: int
    just_reached: bool


class Starts:
    """The starts of each campaign and group, ascending, as far back as a window may still be asked for."""

    def __init__(self) -> None:
        self.of: dict[int, list[int]] = {}
        self.first: dict[int, int] = {}
        self._numbers: dict[int, list[int]] = {}
        self._due = Due()
        self.changed: dict[int, None] = {}
        """Objects whose starts are to be written to the changelog."""

    def begin(self, number: int, owner: int, moment: int, stream_time: int) -> Start | None:
        """A campaign, or a group of it, left StatusDeactivated at ``moment``; None if that opens no window.

        A moment that is behind the stream time opens its window 1 ms after it, for what was counted before stays where it is.
        """
        known = self._known(number, owner)
        at = moment if moment >= stream_time else stream_time + 1
        if known and at <= known[-1]:
            return None
        known.append(at)
        self._note_due(number, owner)
        self.first.setdefault(number, at)
        self.changed[number] = None
        return Start(number, at, at == stream_time)

    def window(self, number: int, instant: int) -> tuple[int, int | None] | None:
        """(start, next start) around an instant; None before the first."""
        known = self.of.get(number, [])
        place = bisect_right(known, instant)
        if not place:
            return None
        return known[place - 1], known[place] if place < len(known) else None

    def forget(self, owners: Int64s, horizons: Int64s) -> None:
        """Drop the starts of campaigns' windows that ended at or before the horizon of each."""
        for owner, horizon in self._due.take(owners, horizons):
            for number in self._numbers[owner]:
                known = self.of[number]
                gone = max(bisect_right(known, horizon) - 1, 0)
                if gone:
                    del known[:gone]
                    self.changed[number] = None
                self._note_due(number, owner)

    def _note_due(self, number: int, owner: int) -> None:
        """The first window ends where the second begins."""
        if len(self.of[number]) > 1:
            self._due.note(owner, self.of[number][1])

    def restore(self, number: int, owner: int, first: int, starts: list[int]) -> None:
        """Put back what was read from the changelog."""
        self.first[number] = first
        self._known(number, owner).extend(starts)
        self._note_due(number, owner)

    def _known(self, number: int, owner: int) -> list[int]:
        known = self.of.get(number)
        if known is None:
            known = self.of[number] = []
            self._numbers.setdefault(owner, []).append(number)
        return known
