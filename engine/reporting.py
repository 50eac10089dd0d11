"""Reports from a ledger: closed windows always, open ones when they changed or their interval has passed (domain 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from engine.arrays import NEVER, Int64s
from engine.books import Book, EntryKey
from engine.credits import CAMPAIGN, CAMPAIGN_GROUP, CREDITED, OBJECT_TYPES
from engine.definitions import Definitions
from engine.directory import StatObject
from engine.effects import Inputs, ObjectName, ReportBatch, Reports
from engine.evaluation import Seen, Valued, evaluate_panel, evaluate_selected
from engine.ledger import Ledger
from engine.measures import Windows
from engine.panels import Panel, panels_of
from engine.publishing import Live
from engine.schedules import FAR
from engine.slices import Slice
from engine.subject import active, in_progress

_LIVE_WITHIN: Final = 3_600_000
"""Input whose latest event is no older than this, by the worker's clock, is live, ms."""

_LASTING: Final = np.array([kind in (CAMPAIGN, CAMPAIGN_GROUP) for kind in range(len(OBJECT_TYPES))])
"""By type, whether objects may have durable actions."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The worker's clock at a chunk (ms), None in a replay; ``drained`` when no input waits unread (domain 7.4)."""

    now_ms: int | None = None
    drained: bool = False

    @property
    def is_live(self) -> bool:
        """Whether this is no replay."""
        return self.now_ms is not None


class Reporter:
    """Turns what a ledger holds into reports.

    Args:
        definitions: profiles and statistics.
        ledger: the windows.
        inputs: by the numbers of owners, the input that the values of each one's objects come from.
        close_grace: how long after its end the clock closes a window, ms (domain 7.4).
    """

    def __init__(
        self, definitions: Definitions, ledger: Ledger, inputs: Callable[[Sequence[int]], Sequence[Inputs]], close_grace: int
    ) -> None:
        self._definitions = definitions
        self._ledger = ledger
        self._inputs = inputs
        self._close_grace = close_grace
        self._quiet_since: int | None = None
        self._names: dict[int, ObjectName] = {}
        self._panels = panels_of(definitions)

    def settle(self, moment: Moment) -> Reports:
        """Everything that is to be published after a chunk: closed windows first, in order of time."""
        if moment.now_ms is not None and self._clock_closes(moment.now_ms, moment.drained):
            self._ledger.close_by_clock(moment.now_ms - self._close_grace)
        batches = [batch for name, book in self._ledger.books.items() for batch in self._finals(name, book)]
        if moment.now_ms is not None:
            for name, live in self._ledger.live.items():
                batches.extend(self._changed(name, live, moment.now_ms))
                batches.extend(self._by_interval(name, live, moment, moment.now_ms))
        return Reports(tuple(batches))

    def note_input(self, moment: Moment, latest: int) -> None:
        """A chunk had rows, the latest of them at ``latest`` (ms).

        Input from long ago that is being loaded looks like live input whenever its reader has caught up. The clock has long passed
        its windows, and closing them early would correct them with every event. So the clock waits until such input is quiet.
        """
        if moment.now_ms is not None:
            live = latest >= moment.now_ms - _LIVE_WITHIN
            self._quiet_since = None if live else moment.now_ms

    def _clock_closes(self, now_ms: int, drained: bool) -> bool:
        return drained and (self._quiet_since is None or now_ms >= self._quiet_since + self._close_grace)

    def due(self, *, drained: bool) -> int | None:
        """When the clock alone will bring a report next, ms; None if it won't. Windows wait until all input is read."""
        if self._ledger.behind:
            return NEVER
        times = [due for live in self._ledger.live.values() if (due := live.due()) is not None]
        for book in self._ledger.books.values() if drained else ():
            ends = book.open_end.data[(book.open_end.data > NEVER) & (book.open_end.data < FAR)]
            if len(ends):
                times.append(max(int(ends.min()), self._quiet_since or NEVER) + self._close_grace)
        return min(times, default=None)

    def snapshot(self, at: int) -> Reports:
        """One report for every known object and profile, at an instant not before anything applied (contract 4, ``--at``)."""
        known = np.array([found.number for found in self._ledger.directory.objects if found.known], dtype=np.int64)
        return Reports(tuple(batch for name in self._ledger.live for batch in self._all_of(name, self._open(name, known, at))))

    def _finals(self, name: str, book: Book) -> Iterator[ReportBatch]:
        """Closed windows that were reached, or credited to again (domain 6.6, 7.4); the others wait for their end."""
        ready = sorted(key for key in book.closing if key[0] < book.open_start.get(key[1]))
        book.closing.clear()
        if not ready:
            return
        starts, _, numbers = np.array(ready, dtype=np.int64).T.copy()
        counts, ends = book.counts_of(numbers, starts), [book.end_of(key) for key in ready]
        rows = zip(ready, ends, book.revisions_of(numbers, starts).tolist(), counts[:, CREDITED].tolist(), strict=True)
        chosen = np.flatnonzero(np.array([self._publishable(*row) for row in rows]))
        if not len(chosen):
            return
        closed = Seen(numbers, Windows(starts, _column(ends), closed=True), counts).rows(chosen)
        revisions = book.published(closed.numbers, closed.windows.start)
        for panel, some in self._by_panel(name, closed.numbers):
            seen = closed.rows(some)
            for valued in self._values(name, panel, seen):
                yield self._batch(name, seen, valued, revisions[some])

    def _publishable(self, key: EntryKey, end: int, revision: int, credited: int) -> bool:
        """Whether a closed window is published: unless nothing happened in it (domain 7.4)."""
        return revision >= 0 or credited > 0 or in_progress(self._ledger.subject.spans(key[2]), key[0], end)

    def _changed(self, name: str, live: Live, now_ms: int) -> Iterator[ReportBatch]:
        for panel, seen in self._open(name, live.take_due(now_ms)):
            for valued in self._values(name, panel, seen):
                moved = valued.chosen(live.changed(seen.numbers[valued.rows], valued))
                if len(moved.rows):
                    live.published(seen.numbers[moved.rows], now_ms, moved)
                    yield self._batch(name, seen, moved)

    def _by_interval(self, name: str, live: Live, moment: Moment, now_ms: int) -> Iterator[ReportBatch]:
        if not live.interval_passed(now_ms):
            return
        objects, spans = self._ledger.directory.objects, self._ledger.subject.spans
        lasting = np.flatnonzero(_LASTING[self._ledger.directory.object_type[: len(objects)]]).tolist()
        numbers = np.union1d(live.take_touched(), _column(number for number in lasting if active(spans(number))))
        known = _column(number for number in numbers.tolist() if objects[number].known)
        yield from self._all_of(name, self._open(name, known, now_ms if moment.drained else NEVER))

    def _all_of(self, name: str, found: Iterable[tuple[Panel, Seen]]) -> Iterator[ReportBatch]:
        for panel, seen in found:
            for valued in self._values(name, panel, seen):
                yield self._batch(name, seen, valued)

    def _open(self, name: str, numbers: Int64s, at: int = NEVER) -> Iterator[tuple[Panel, Seen]]:
        """The open windows of those objects that have one, at their stream time, or at ``at`` if that is later; by type.

        A list whose gauge was told before any event of its own has no stream time, and no window yet.
        """
        ledger = self._ledger
        instants = np.maximum(ledger.subject.stream_times(ledger.directory.object_owner[numbers]), at)
        timed = instants > NEVER
        numbers, instants = numbers[timed], instants[timed]
        if not len(numbers):
            return
        has, start, until = ledger.open_windows(name, numbers, instants)
        numbers, windows = numbers[has], Windows(start[has], until[has], closed=False)
        for panel, chosen in self._by_panel(name, numbers):
            of_type, some = windows.rows(chosen), numbers[chosen]
            yield panel, Seen(some, of_type, ledger.counts_of(name, some, of_type.start))

    def _values(self, name: str, panel: Panel, seen: Seen) -> Sequence[Valued]:
        selections = self._ledger.selections
        if name in selections.sizes:
            return evaluate_selected(panel, seen.numbers.tolist(), partial(selections.select, name))

        def parts(number: int, start: int, asked: Slice) -> Iterator[tuple[StatObject, Int64s]]:
            return self._ledger.parts(name, number, asked, start)

        return evaluate_panel(panel, seen, self._ledger.subject, parts)

    def _by_panel(self, name: str, numbers: Int64s) -> Iterator[tuple[Panel, Int64s]]:
        """Places of the objects of each type of which something is reported."""
        types = self._ledger.directory.object_type[numbers]
        for kind in range(len(OBJECT_TYPES)):
            panel, chosen = self._panels[name, kind], np.flatnonzero(types == kind)
            if panel is not None and len(chosen):
                yield panel, chosen

    def _batch(self, name: str, seen: Seen, valued: Valued, revisions: Int64s | None = None) -> ReportBatch:
        rows, ledger = valued.rows, self._ledger
        numbers, starts = seen.numbers[rows], seen.windows.start[rows]
        return ReportBatch(
            profile=name,
            final=revisions is not None,
            names=valued.names,
            objects=[self._name_of(number) for number in numbers.tolist()],
            window_start=starts,
            as_of=seen.windows.until[rows],
            revision=np.zeros_like(starts) if revisions is None else revisions[rows],
            values=valued.numbers,
            inputs=self._inputs(ledger.directory.object_owner[numbers].tolist()),
            states=valued.states,
            complete_from=[self._complete_from(name, *place) for place in zip(numbers.tolist(), starts.tolist(), strict=True)]
            if ledger.completeness.since
            else None,
        )

    def _name_of(self, number: int) -> ObjectName:
        known = self._names.get(number)
        if known is None:
            found = self._ledger.directory.objects[number]
            kind = str(OBJECT_TYPES[found.type])
            known = self._names[number] = ObjectName(kind, found.tenant, found.campaign, found.group, found.calling_list)
        return known

    def _complete_from(self, name: str, number: int, start: int) -> dict[str, int]:
        """Of statistics that were defined after their window began, from when on they are complete."""
        found = self._ledger.directory.objects[number]
        completeness, selections = self._ledger.completeness, self._ledger.selections
        late: dict[str, int] = {}
        for statistic in self._definitions.panel(name, OBJECT_TYPES[found.type]):
            since = completeness.from_when(found.owner, completeness.texts(name, statistic))
            if since is None:
                continue
            complete = selections.is_full(name, number, statistic, since) if name in selections.sizes else since <= start
            if not complete:
                late[statistic.name] = since
        return late


def _column(numbers: Iterable[int]) -> Int64s:
    return np.array([*numbers], dtype=np.int64)
