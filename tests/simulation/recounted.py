"""The plain recount of a simulation's input: the one place that knows the classes of ``recount``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from engine.definitions import Definitions
from recount.events import Event, Source, event_of
from recount.happened import joined
from recount.inputs import Extent, Partitions
from recount.recounting import Recount
from recount.reports import Report, report_of
from recount.window import Window

Place = tuple[str, int, int]
"""Topic, partition, offset of a record."""


class Expected:
    """What the rules make of an input.

    Args:
        definitions: of the site.
        topics: of campaign events, of call results.
        given: fields of every committed event, by topic and partition in the order of offsets; None where a record is none that counts.
        published: forms of all reports; what they tell of the order in which the topics passed each other is not to be foreseen.
        limits: allowed lateness and retention of chains, ms.
    """

    def __init__(
        self,
        definitions: Definitions,
        topics: tuple[str, str],
        given: Mapping[tuple[str, int], list[tuple[int, dict[str, Any] | None]]],
        published: Iterable[Mapping[str, Any]],
        limits: tuple[int, int],
    ) -> None:
        self.unusable: set[Place] = set()
        events: dict[tuple[str, int], list[Event]] = {}
        for (topic, partition), records in given.items():
            events[topic, partition] = list(self._events(topic, partition, records))
        extents = {place: Extent(0, records[-1][0] + 1 if records else 0) for place, records in given.items()}
        self._ends = extents
        moments: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
        for form in published:
            if form["object_type"] != "CallingList":
                reached = {one["topic"]: one for one in form["inputs"]}
                offsets = [reached[topic]["offset"] if topic in reached else -1 for topic in topics]
                for one in form["inputs"]:
                    moments[one["partition"]].add((offsets[0], offsets[1]))
        self._input = Partitions(topics, events, extents, moments, limits)
        self._recount = Recount(definitions, self._input)

    def _events(self, topic: str, partition: int, records: Iterable[tuple[int, dict[str, Any] | None]]) -> Iterator[Event]:
        for offset, fields in records:
            event = None if fields is None else event_of(fields, Source(topic, partition, offset))
            if event is None:
                self.unusable.add((topic, partition, offset))
            else:
                yield event

    def refused(self) -> dict[Place, str]:
        """Records that are dead letters for what was before them, and why."""
        return {tuple(event.source): reason for history in self._input.histories.values() for event, reason in history.refused}  # type: ignore[misc]

    def actions(self) -> dict[tuple[str, str, str], list[tuple[str, Counter[Any]]]]:
        """By tenant, campaign and topic, in order: what each event that has actions causes."""
        found: defaultdict[tuple[str, str, str], dict[int, tuple[str, Counter[Any]]]] = defaultdict(dict)
        for history in self._input.histories.values():
            for event, action in _caused(history):
                cause = found[event.tenant, event.campaign, event.source.topic]
                cause.setdefault(event.source.offset, (event.event_id, Counter()))[1][action] += 1
        return {place: [causes[offset] for offset in sorted(causes)] for place, causes in found.items()}

    def differences(self, form: Mapping[str, Any], *, whole: bool) -> list[str]:
        """What of a report is not as the rules give it; ``whole``: with all input instead of what it had come to."""
        report = report_of(form, "published")
        if whole:
            report = replace(report, inputs=tuple(self._all_inputs(report)))
        verdict = self._recount.verify(report)
        if verdict.refusal is not None:
            return [verdict.refusal]
        return [f"{one.what}: published {one.published}, recounted {one.recomputed}" for one in verdict.differences]

    def _all_inputs(self, report: Report) -> Iterator[Source]:
        ours = report.partitions if report.name[0] != "CallingList" else frozenset(self._input.histories)
        for (topic, partition), extent in self._ends.items():
            if partition in ours and extent.end:
                yield Source(topic, partition, extent.end - 1)

    def busy_windows(self, starts: list[int]) -> Iterator[tuple[Any, int]]:
        """(object, start) of the windows between those instants in which something counted or was in progress.

        An event that ends nothing is credited to a group only if the group is known by then. A call may have made it known, and whether
        that came first depends on how the topics passed each other.
        """
        names = sorted({name for history in self._input.histories.values() for name in history.known}, key=repr)
        for name in names:
            parts = [history.objects[name] for history in self._input.histories.values() if name in history.objects]
            happened = joined(parts)
            if name[0] == "CampaignGroup":
                happened.credited = [one for one in happened.credited if one.actions or one.event.of_results]
            for start, end in pairwise(starts):
                if Window(happened, start, end, closed=True).busy():
                    yield name, start


def _caused(history: Any) -> Iterator[tuple[Event, tuple[Any, ...]]]:
    """Actions: name, phase, instant, begin, count."""
    causes = {id(applied): applied for happened in history.objects.values() for applied in happened.credited}.values()
    for one in causes:
        for action in one.actions:
            yield one.event, (action, "instant", one.at, None, one.count)
    for name, happened in history.objects.items():
        if name[0] == "Campaign":
            for reading in (reading for readings in happened.gauges.values() for reading in readings):
                if reading.cause.event.kind == "RecordScheduled":
                    yield reading.cause.event, ("RecordsScheduled", "instant", reading.at, None, reading.records)
        for durable in happened.durables:
            if name[0] == "CampaignGroup" or durable.group is None:
                yield durable.begun_by.event, (durable.action, "begin", durable.begin, None, 1)
                if durable.ended_by is not None:
                    yield durable.ended_by.event, (durable.action, "end", durable.end, durable.begin, 1)
