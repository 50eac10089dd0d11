"""What was credited at the very instant at which each campaign's stream time stands.

A window that begins at that instant holds it all (domain 5.2: an event at a window's end belongs to the next), also what chunks before
have counted in the window that ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.credited import Credits, join
from engine.directory import Directory


class Reached:
    """Credits by owner number; those of an owner are all of the same instant."""

    def __init__(self) -> None:
        self.by_owner: dict[int, Credits] = {}
        self.changed: dict[int, None] = {}
        """Owners whose credits are to be written to the changelog."""

    def note(self, credited: Credits, owners: Iterable[int], directory: Directory, stream_time: Callable[[int], int]) -> None:
        """A chunk was credited; ``owners`` had rows in it, and their clocks have moved."""
        of_owner = directory.route_owner[credited.route]
        for owner in owners:
            instant = stream_time(owner)
            new = credited.chosen((of_owner == owner) & (credited.at == instant))
            before = self.by_owner.get(owner)
            if before is not None and before.at[0] == instant:
                new = join([before, new])
            if len(new):
                self.by_owner[owner] = new
                self.changed[owner] = None
