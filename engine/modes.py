"""Which dial mode was in force in a group, and when: told to the calls that are broken down by it.

A group's control events never go back in time (domain 3.4), so its modes are a list that only grows at its end. A call has the
mode that was in force when it happened, by the control events that were applied before it (2.5).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain

import numpy as np

from engine.arrays import NEVER, Int64s
from engine.catalog import ACTIONS
from engine.dimensions import MODE_CODE
from engine.due import Due
from engine.spans import Spans
from kernels.numbering import numbered
from kernels.steps import held


class Modes:
    """The modes of all groups of a partition, by object number: instants from which each holds (ms), and its code, 0 for none."""

    def __init__(self) -> None:
        self._groups: dict[int, dict[int, None]] = {}
        self._since: dict[int, list[int]] = {}
        self._codes: dict[int, list[int]] = {}
        self._fresh: dict[int, list[int]] = {}
        self._due = Due()

    def begin_chunk(self) -> None:
        """What was noted so far came before everything that follows."""
        self._fresh.clear()

    def note(self, owner: int, group: int, at: int, mode: str | None, place: int) -> None:
        """A mode, or none, holds in a group of a campaign from ``at`` on, by the event at ``place`` in the order of the chunk."""
        self._groups.setdefault(owner, {})[group] = None
        self._since.setdefault(group, []).append(at)
        self._codes.setdefault(group, []).append(MODE_CODE[mode] if mode else 0)
        self._fresh.setdefault(group, []).append(place)
        self._note_due(owner, group)

    def in_force(self, groups: Int64s, at: Int64s, place: Int64s) -> Int64s:
        """Code of the mode in each group at each instant, as the event at that place of the chunk's order finds it, shape (n,)."""
        codes = np.zeros(len(groups), dtype=np.int64)
        first, number = numbered(groups)
        asked = groups[first].tolist()
        since_ends, since = _side_by_side(self._since, asked)
        fresh_ends, fresh = _side_by_side(self._fresh, asked)
        held((number, at, place), (since_ends, since, _side_by_side(self._codes, asked)[1]), (fresh_ends, fresh), codes)
        return codes

    def forget(self, owners: Int64s, horizons: Int64s) -> None:
        """Drop what no event of a campaign at its horizon or later can find."""
        for owner, horizon in self._due.take(owners, horizons):
            for group in self._groups[owner]:
                gone = bisect_right(self._since[group], horizon) - 1
                if gone > 0:
                    del self._since[group][:gone]
                    del self._codes[group][:gone]
                self._note_due(owner, group)

    def _note_due(self, owner: int, group: int) -> None:
        """A mode is found for the last time before the next one begins."""
        if len(self._since[group]) > 1:
            self._due.note(owner, self._since[group][1])

    def restore(self, owner: int, group: int, spans: Spans) -> None:
        """Follow the modes of a group of a campaign from the durable actions that were read from the changelog."""
        modes = [(begin, end, ACTIONS[action].name) for action, begin, end in spans.since(NEVER) if ACTIONS[action].name in MODE_CODE]
        changes: dict[int, str | None] = {}
        for begin, end, mode in sorted(modes, key=lambda span: (span[0], span[1] is None, span[1])):
            changes[begin] = mode
            if end is not None:
                changes[end] = None
        for at, held_mode in changes.items():
            self.note(owner, group, at, held_mode, 0)


def _side_by_side(lists: Mapping[int, list[int]], chosen: Iterable[int]) -> tuple[Int64s, Int64s]:
    """Lists as one column, and where each ends in it, with 0 before the first."""
    parts = [lists.get(key, []) for key in chosen]
    ends = np.array([0, *accumulate(map(len, parts))], dtype=np.int64)
    return ends, np.fromiter(chain.from_iterable(parts), dtype=np.int64, count=int(ends[-1]))
