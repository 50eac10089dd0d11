"""The input that reports were made of, applied to its end; and how far of it each report had come (domain 7.1).

The whole input is applied once. A report is then shown what events up to its ``inputs`` caused: what an event causes does not depend
on those that come later, nor (but for the beginnings of some windows, ``recount.passing``) on those of the other topic.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from recount.events import Event, Source
from recount.happened import Applied, Seen
from recount.history import RESULTS, History
from recount.order import of_file, of_partition
from recount.passing import Passing
from recount.reports import Report

Place: TypeAlias = tuple[str, int]
"""(topic, partition)."""


class Input(Protocol):
    """What the recount knows of the input."""

    histories: dict[int, History]
    """By partition: all that happened there."""
    ordered: bool
    """Whether the order in which the topics of a partition were applied is certain."""

    def gap(self, report: Report) -> str | None:
        """Why a report can't be recomputed from this input; None if it can."""
        ...

    def states(self, report: Report) -> Iterator[Seen]:
        """What can have been applied when the report was made, each possibility as what it shows."""
        ...


class Extent(NamedTuple):
    """How much there is of a topic's partition: offsets from ``first`` up to ``end`` (exclusive)."""

    first: int
    end: int


class Partitions:
    """Partitions of a Kafka's input topics.

    Args:
        topics: of campaign events, of call results.
        events: those of each topic and partition, in the order of their offsets.
        extents: what the topics hold.
        moments: (offset reached in campaign events, in call results) of published reports, by partition.
        limits: allowed lateness and retention of chains, ms.
    """

    ordered = False

    def __init__(
        self,
        topics: tuple[str, str],
        events: Mapping[Place, Sequence[Event]],
        extents: Mapping[Place, Extent],
        moments: Mapping[int, Iterable[tuple[int, int]]],
        limits: tuple[int, int],
    ) -> None:
        self._extents = extents
        self.histories: dict[int, History] = {}
        for partition in sorted({partition for _, partition in events}):
            of_events, of_results = (events.get((topic, partition), ()) for topic in topics)
            passing = Passing(filter(_raises_clock, of_results), moments.get(partition, ()))
            self.histories[partition] = _applied(of_partition(of_events, of_results), limits, passing)

    def gap(self, report: Report) -> str | None:
        """See ``Input``."""
        for source in report.inputs:
            place = f"{source.topic}:{source.partition}"
            extent = self._extents.get(source[:2])
            if extent is None:
                return f"there is no input {place} here"
            if extent.first > 0:
                return f"the input is no longer retained from its beginning: {place} begins at offset {extent.first}"
            if source.offset >= extent.end:
                return f"{place} ends before offset {source.offset}, which the report has applied"
        return None

    def states(self, report: Report) -> Iterator[Seen]:
        """What stands at or before the offsets of the report."""
        reached = {source[:2]: source.offset for source in report.inputs}

        def seen(applied: Applied) -> bool:
            topic, partition, offset = applied.event.source
            return offset <= reached.get((topic, partition), -1)

        yield seen


class File:
    """A file of events, which a replay applies in order of time instead of offsets.

    So the ``inputs`` of its reports, the greatest offsets applied, may fit several states in a row; a report is of one of them.
    """

    ordered = True

    def __init__(self, lines: Iterable[tuple[Source, Event | None]], limits: tuple[int, int]) -> None:
        read = list(lines)
        order = of_file(event for _, event in read if event is not None)
        self.histories = {0: _applied(order, limits, None)}
        self._ends: dict[Place, int] = {}
        for source, _ in read:
            self._ends[source[:2]] = source.offset + 1
        self._order = order
        self._reached = list(_running_offsets(order))

    def gap(self, report: Report) -> str | None:
        """See ``Input``."""
        for source in report.inputs:
            if source.offset >= self._ends.get(source[:2], 0):
                ends = self._ends.get(source[:2], 0)
                return f"the file has {ends} events of {source.topic}:{source.partition}; the report has applied offset {source.offset}"
        low, high = self._range(report)
        return None if low < high else "no state of the file is at the report's inputs: it is of another file"

    def states(self, report: Report) -> Iterator[Seen]:
        """A prefix of the order for each event of the campaign, or for a list of any, by which those that fit differ."""
        low, high = self._range(report)
        _, tenant, campaign, _, _ = report.name
        ends = [low]
        for place in range(low, high - 1):
            event = self._order[place]
            if event.tenant == tenant and campaign in {None, event.campaign}:
                ends.append(place + 1)
        yield from map(_applied_up_to, ends)

    def _range(self, report: Report) -> tuple[int, int]:
        """From how many events applied on, up to how many (exclusive), the greatest offsets are those of the report."""
        reached = {source.topic: source.offset for source in report.inputs}
        wanted = (reached.get("campaign-events", -1), reached.get("call-results", -1))
        return bisect_left(self._reached, wanted), bisect_right(self._reached, wanted)


def _applied_up_to(end: int) -> Seen:
    return lambda applied: applied.place <= end


def _running_offsets(order: Iterable[Event]) -> Iterator[tuple[int, int]]:
    """The greatest offsets of both topics before any event, and after each."""
    reached = [-1, -1]
    yield -1, -1
    for event in order:
        reached[event.of_results] = max(reached[event.of_results], event.source.offset)
        yield reached[0], reached[1]


def _applied(order: Iterable[Event], limits: tuple[int, int], passing: Passing | None) -> History:
    history = History(*limits, passing)
    for event in order:
        history.apply(event)
    return history


def _raises_clock(result: Event) -> bool:
    known = RESULTS.get(result.call_result)
    return known is not None and known["outbound"] == "yes"
