"""Growing windows: from one reset to the next, closed by stream time or by the clock, corrected by late events (domain 6.1, 6.6, 7.4)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.arrays import NEVER, Clocks
from engine.cells import Cells
from engine.credited import Credits, spread
from engine.directory import Directory
from engine.profiles import Growing
from engine.windows import EntryKey, Windows


class GrowingBook:
    """All windows of one Growing profile in a partition.

    ``open_start`` is, by owner, the start of the window that is not closed yet; every earlier one is. What is closed stays as
    long as a late event may still be credited to it. ``of_the_present``: whether statistics of the profile are read at the window's
    end itself (domain 5.6), so that what happens at that very instant changes them.
    """

    def __init__(self, profile: Growing, cells: Cells, directory: Directory, *, of_the_present: bool) -> None:
        self.profile = profile
        self._of_the_present = of_the_present
        self.windows = Windows(cells, directory)
        self.open_start = Clocks()
        self.open_end = Clocks()
        self.moved: dict[int, None] = {}
        """Owners whose open window changed since the last changelog records were taken."""

    def reserve(self, owners: int) -> None:
        """Make room for owners 0..owners-1."""
        self.open_start.reserve(owners)
        self.open_end.reserve(owners)

    def add(self, credited: Credits, directory: Directory) -> dict[EntryKey, None]:
        """Credit each event to the window in which it happened; returns the entries that were touched."""
        touched = self.windows.add(spread(credited, self.profile.resets.starts(credited.at), directory))
        for start, owner, _ in touched:
            if self.open_start.get(owner) == NEVER:
                self._open(owner, start)
        return touched

    def _open(self, owner: int, start: int) -> None:
        self.open_start.data[owner], self.open_end.data[owner] = self.profile.resets.window(start)
        self.moved[owner] = None

    def advance(self, owner: int, instant: int) -> list[tuple[int, int]]:
        """Close the windows that end at or before ``instant``; returns them as (start, end)."""
        closed: list[tuple[int, int]] = []
        while NEVER < self.open_end.get(owner) <= instant:
            closed.append((self.open_start.get(owner), self.open_end.get(owner)))
            self._open(owner, self.open_end.get(owner))
        return closed

    def closed_since(self, owner: int, instant: int) -> Iterator[tuple[int, int]]:
        """The closed windows, (start, end), whose values depend on what is in progress at ``instant`` or later."""
        start, end = self.profile.resets.window(instant - 1 if self._of_the_present else instant)
        while end <= self.open_start.get(owner):
            yield start, end
            start, end = self.profile.resets.window(end)

    def forget(self, owner: int, horizon: int) -> None:
        """Give up the closed windows that end at or before ``horizon``: no event can be credited to them any more."""
        starts = self.windows.by_owner.get(owner, {})
        for start in [start for start in starts if start < self.open_start.get(owner)]:
            if self.profile.resets.window(start)[1] <= horizon:
                self.windows.drop(owner, start)

    def oldest(self, owner: int) -> int:
        """Start of the oldest window that is still held, or of the open one."""
        return min(self.windows.by_owner.get(owner, {}), default=self.open_start.get(owner))
