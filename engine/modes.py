"""Which dial mode was in force in a group, and when: told to the calls that are broken down by it.

A group's control events never go back in time (domain 3.4), so its modes are a list that only grows at its end. A call has the
mode that was in force when it happened, by the control events that were applied before it (2.5).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np

from engine.arrays import NEVER, Int64s
from engine.catalog import ACTIONS
from engine.dimensions import MODE_CODE
from engine.spans import Spans


class Modes:
    """The modes of all groups of a partition, by object number: instants from which each holds (ms), and its code, 0 for none."""

    def __init__(self) -> None:
        self._since: dict[int, list[int]] = {}
        self._codes: dict[int, list[int]] = {}
        self._fresh: dict[int, list[int]] = {}

    def begin_chunk(self) -> None:
        """What was noted so far came before everything that follows."""
        self._fresh.clear()

    def note(self, group: int, at: int, mode: str | None, place: int) -> None:
        """A mode, or none, holds in a group from ``at`` on, by the event at ``place`` in the order of the chunk."""
        self._since.setdefault(group, []).append(at)
        self._codes.setdefault(group, []).append(MODE_CODE[mode] if mode else 0)
        self._fresh.setdefault(group, []).append(place)

    def in_force(self, groups: Int64s, at: Int64s, place: Int64s) -> Int64s:
        """Code of the mode in each group at each instant, as the event at that place of the chunk's order finds it, shape (n,)."""
        codes = np.zeros(len(groups), dtype=np.int64)
        for group in np.unique(groups).tolist():
            since = self._since.get(group)
            if since is None:
                continue
            chosen = np.flatnonzero(groups == group)
            fresh = self._fresh.get(group, [])
            applied = len(since) - len(fresh) + np.searchsorted(fresh, place[chosen], side="left")
            reached = np.searchsorted(since, at[chosen], side="right")
            codes[chosen] = np.array([0, *self._codes[group]])[np.minimum(applied, reached)]
        return codes

    def forget(self, groups: Iterable[int], horizon: int) -> None:
        """Drop what no event at ``horizon`` or later can find."""
        for group in groups:
            gone = bisect_right(self._since.get(group, []), horizon) - 1
            if gone > 0:
                del self._since[group][:gone]
                del self._codes[group][:gone]

    def restore(self, group: int, spans: Spans) -> None:
        """Follow the modes of a group from the durable actions that were read from the changelog."""
        held = [(begin, end, ACTIONS[action].name) for action, begin, end in spans.since(NEVER) if ACTIONS[action].name in MODE_CODE]
        changes: dict[int, str | None] = {}
        for begin, end, mode in sorted(held, key=lambda span: (span[0], span[1] is None, span[1])):
            changes[begin] = mode
            if end is not None:
                changes[end] = None
        for at, held_mode in changes.items():
            self.note(group, at, held_mode, 0)
