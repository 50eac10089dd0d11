"""The last actions of a mask, and what of others is not before the oldest of them (domain 6.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from recount.happened import Applied, Durable, Happened, Seen
from recount.history import ENDS, FAMILY
from recount.window import Counted, Names, Window

_Entry: TypeAlias = tuple[tuple[int, int, int, int, str], Counted | Durable, Applied]
"""An instant or a durable action at its end, behind its place: the instant, then the order of application; and its cause."""


class Selection(Window):
    """The last ``size`` actions of a mask, in place of a window.

    ``tied``: the oldest of them shares its instant with what came from elsewhere, so the input alone does not say which is older.
    """

    def __init__(self, happened: Happened, size: int, selecting: Names, at: int, seen: Seen = lambda _: True) -> None:
        super().__init__(Happened(), at, at, closed=False)
        entries = sorted((*_instants(happened, seen), *_ends(happened, seen)), key=lambda entry: entry[0])
        places = [place for place, entry in enumerate(entries) if entry[1].action in selecting][-size:]
        self._chosen = [entry for _, entry, _ in entries[places[0] :]] if places else []
        oldest = entries[places[0]][0][0] if places else None
        self.tied = len({cause.event.source[:2] for place, _, cause in entries if place[0] == oldest}) > 1

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each action is among what is chosen."""
        counts: Counter[str] = Counter()
        for entry in self._chosen:
            if isinstance(entry, Counted):
                counts[entry.action] += entry.times
        return counts

    def counted(self, names: Names) -> Iterator[Counted]:
        """The chosen instants of a mask."""
        return (entry for entry in self._chosen if isinstance(entry, Counted) and entry.action in names)

    def ended(self, names: Names) -> list[Durable]:
        """The chosen durable actions of a mask."""
        return [entry for entry in self._chosen if isinstance(entry, Durable) and entry.action in names]


def _instants(happened: Happened, seen: Seen) -> Iterator[_Entry]:
    for applied in happened.credited:
        if seen(applied):
            for number, action in enumerate(applied.actions):
                place = (applied.at, applied.event.source.partition, applied.place, number, "")
                yield place, Counted(action, applied.count, applied), applied


def _ends(happened: Happened, seen: Seen) -> Iterator[_Entry]:
    for durable in happened.seen(seen):
        if durable.end is not None and durable.ended_by is not None:
            cause = durable.ended_by
            place = (durable.end, cause.event.source.partition, cause.place, ENDS.index(FAMILY[durable.action]), durable.action)
            yield place, durable, cause
