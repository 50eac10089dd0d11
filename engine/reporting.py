"""Reports from a ledger: closed windows always, open ones when they changed or their interval has passed (domain 7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np

from engine.arrays import NEVER, Int64s
from engine.books import Book, EntryKey
from engine.cells import NOT_PUBLISHED
from engine.credits import CREDITED, OBJECT_TYPES
from engine.definitions import Definitions
from engine.directory import StatObject
from engine.effects import Report
from engine.evaluation import Panel, Sight, Valued, evaluate_panel, evaluate_selected, panel_of
from engine.ledger import Ledger
from engine.publishing import Live
from engine.schedules import FAR
from engine.slices import Slice
from engine.spans import View
from engine.subject import active, in_progress

Inputs: TypeAlias = tuple[tuple[str, int, int], ...]
"""(topic, partition, last offset applied) of every input partition that contributed (domain 7.1)."""


_LIVE_WITHIN: Final = 3_600_000
"""Input whose latest event is no older than this, by the worker's clock, is live, ms."""


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
        inputs: by owner number, the input that its objects' values come from.
        close_grace: how long after its end the clock closes a window, ms (domain 7.4).
    """

    def __init__(self, definitions: Definitions, ledger: Ledger, inputs: Callable[[int], Inputs], close_grace: int) -> None:
        self._definitions = definitions
        self._ledger = ledger
        self._inputs = inputs
        self._close_grace = close_grace
        self._quiet_since: int | None = None
        self._panels = {
            (name, number): panel_of(definitions, name, kind) for name in ledger.live for number, kind in enumerate(OBJECT_TYPES)
        }

    def settle(self, moment: Moment) -> list[Report]:
        """Everything that is to be published after a chunk: closed windows first, in order of time."""
        if moment.now_ms is not None and self._clock_closes(moment.now_ms, moment.drained):
            self._ledger.close_by_clock(moment.now_ms - self._close_grace)
        reports = [report for name, book in self._ledger.books.items() for report in self._finals(name, book)]
        if moment.now_ms is not None:
            for name, live in self._ledger.live.items():
                reports.extend(self._changed(name, live, moment.now_ms))
                reports.extend(self._by_interval(name, live, moment, moment.now_ms))
        return reports

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

    def snapshot(self, at: int) -> list[Report]:
        """One report for every known object and profile, at an instant not before anything applied (contract 4, ``--at``)."""
        reports: list[Report] = []
        known = [found.number for found in self._ledger.directory.objects if found.known]
        for name in self._ledger.live:
            sights = self._open_sights(name, known, at)
            for panel, chosen in self._by_panel(name, sights):
                values = self._values(name, panel, chosen)
                reports.extend(self._report(name, sight, valued) for sight, valued in zip(chosen, values, strict=True))
        return reports

    def _finals(self, name: str, book: Book) -> Iterator[Report]:
        """Closed windows that were reached, or credited to again (domain 6.6, 7.4); the others wait for their end."""
        ready = sorted(key for key in book.closing if key[0] < book.open_start.get(key[1]))
        book.closing.clear()
        if not ready:
            return
        starts, _, numbers = np.array(ready, dtype=np.int64).T.copy()
        counts = book.counts_of(numbers, starts)
        revisions = book.revisions_of(numbers, starts)
        ends = [book.end_of(key) for key in ready]
        to_publish = np.array(
            [self._publishable(*one) for one in zip(ready, ends, revisions.tolist(), counts[:, CREDITED].tolist(), strict=True)]
        )
        chosen = np.flatnonzero(to_publish).tolist()
        sights = [Sight(ready[row][2], View(ready[row][0], ends[row], closed=True), counts[row]) for row in chosen]
        revision = book.published(numbers[chosen], starts[chosen])
        by_number = {id(sight): number for sight, number in zip(sights, revision.tolist(), strict=True)}
        for panel, some in self._by_panel(name, sights):
            for sight, valued in zip(some, self._values(name, panel, some), strict=True):
                yield self._report(name, sight, valued, by_number[id(sight)])

    def _publishable(self, key: EntryKey, end: int, revision: int, credited: int) -> bool:
        """Whether a closed window is published: unless nothing happened in it (domain 7.4)."""
        return revision >= 0 or credited > 0 or in_progress(self._ledger.subject.spans(key[2]), key[0], end)

    def _changed(self, name: str, live: Live, now_ms: int) -> Iterator[Report]:
        due = live.take_due(now_ms)
        for panel, sights in self._by_panel(name, self._open_sights(name, due)):
            for sight, valued in zip(sights, self._values(name, panel, sights), strict=True):
                if live.changed(sight.number, valued):
                    live.published(sight.number, now_ms, valued)
                    yield self._report(name, sight, valued)

    def _by_interval(self, name: str, live: Live, moment: Moment, now_ms: int) -> Iterator[Report]:
        if not live.interval_passed(now_ms):
            return
        touched = live.take_touched()
        numbers = [
            found.number
            for found in self._ledger.directory.objects
            if found.known and (found.number in touched or active(self._ledger.subject.spans(found.number)))
        ]
        at = now_ms if moment.drained else NEVER
        for panel, sights in self._by_panel(name, self._open_sights(name, numbers, at)):
            for sight, valued in zip(sights, self._values(name, panel, sights), strict=True):
                yield self._report(name, sight, valued)

    def _open_sights(self, name: str, numbers: Iterable[int], at: int = NEVER) -> list[Sight]:
        """The open windows of those objects that have one, at their stream time, or at ``at`` if that is later."""
        sights = []
        for number in numbers:
            instant = max(at, self._ledger.subject.stream_time(self._ledger.directory.objects[number].owner))
            window = self._ledger.window(name, number, instant)
            if window is not None:
                sights.append(Sight(number, View(*window, closed=False), self._ledger.counts(name, number, window[0])))
        return sights

    def _values(self, name: str, panel: Panel, sights: Sequence[Sight]) -> list[Valued]:
        selections = self._ledger.selections
        if name in selections.sizes:
            return evaluate_selected(panel, [sight.number for sight in sights], partial(selections.select, name))

        def parts(sight: Sight, asked: Slice) -> Iterator[tuple[StatObject, Int64s]]:
            return self._ledger.parts(name, sight.number, asked, sight.view.start)

        return evaluate_panel(panel, sights, self._ledger.subject, parts)

    def _by_panel(self, name: str, sights: Iterable[Sight]) -> Iterator[tuple[Panel, list[Sight]]]:
        by_type: defaultdict[int, list[Sight]] = defaultdict(list)
        for sight in sights:
            by_type[self._ledger.directory.objects[sight.number].type].append(sight)
        for kind, chosen in by_type.items():
            panel = self._panels[name, kind]
            if panel is not None:
                yield panel, chosen

    def _report(self, name: str, sight: Sight, valued: Valued, revision: int = NOT_PUBLISHED) -> Report:
        found = self._ledger.directory.objects[sight.number]
        return Report(
            object_type=str(OBJECT_TYPES[found.type]),
            tenant=found.tenant,
            campaign=found.campaign,
            group=found.group,
            calling_list=found.calling_list,
            profile=name,
            window_start=sight.view.start,
            as_of=sight.view.until,
            revision=max(revision, 0),
            final=revision != NOT_PUBLISHED,
            names=valued.names,
            values=[None if value != value else value for value in valued.numbers.tolist()],  # noqa: PLR0124 (NaN alone differs from itself)
            state=valued.state,
            inputs=self._inputs(found.owner),
            complete_from=self._complete_from(name, sight) if self._ledger.completeness.since else {},
        )

    def _complete_from(self, name: str, sight: Sight) -> dict[str, int]:
        """Of statistics that were defined after their window began, from when on they are complete."""
        found = self._ledger.directory.objects[sight.number]
        completeness, selections = self._ledger.completeness, self._ledger.selections
        late: dict[str, int] = {}
        for statistic in self._definitions.panel(name, OBJECT_TYPES[found.type]):
            since = completeness.from_when(found.owner, completeness.texts(name, statistic))
            if since is None:
                continue
            complete = selections.is_full(name, sight.number, statistic, since) if name in selections.sizes else since <= sight.view.start
            if not complete:
                late[statistic.name] = since
        return late
