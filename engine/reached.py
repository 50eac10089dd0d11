"""What was credited at the very instant at which each campaign's stream time stands.

A window that begins at that instant holds it all (domain 5.2: an event at a window's end belongs to the next), also what chunks before
have counted in the window that ends there.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from engine.arrays import Int64s
from engine.credited import Credits, join
from engine.directory import Directory
from kernels.numbering import grouped, numbered


class Reached:
    """Credits by owner number; those of an owner are all of the same instant."""

    def __init__(self) -> None:
        self.by_owner: dict[int, Credits] = {}
        self.changed: dict[int, None] = {}
        """Owners whose credits are to be written to the changelog."""

    def note(self, credited: Credits, directory: Directory, stream_times: Int64s) -> None:
        """A chunk was credited; ``stream_times`` are those of the owners after it, shape (>= owners,)."""
        of_owner = directory.route_owner[credited.route]
        new = credited.chosen(credited.at == stream_times[of_owner])
        of_new = directory.route_owner[new.route]
        first, number = numbered(of_new)
        rows, ends = grouped(number, len(first), np.arange(len(number)))
        for owner, (low, high) in zip(of_new[first].tolist(), pairwise(ends), strict=True):
            of_chunk = new.chosen(rows[low:high])
            before = self.by_owner.get(owner)
            self.by_owner[owner] = of_chunk if before is None or before.at[0] != of_chunk.at[0] else join([before, of_chunk])
            self.changed[owner] = None
