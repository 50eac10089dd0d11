"""Campaign events, applied one by one: control events to the status machine, the others to counts and gauges (domain 3, 4.6-4.9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.arrays import NEVER, Clocks, Int64s
from engine.campaign import OF_CAMPAIGN, Campaign, Transition
from engine.catalog import ACTION_BY_NAME, CONTROL_KINDS
from engine.credited import Credits, Ends
from engine.credits import CAMPAIGN, CAMPAIGN_GROUP, EVENT_ONLY, INSTANTS, NOT_PROCESSED_OF_CAMPAIGN, NOT_PROCESSED_OF_LIST, OF_EVENT_KIND
from engine.dimensions import NO_TRAIT
from engine.directory import NONE, Directory, StatObject
from engine.effects import ABSENT, ActionBatch, GaugeReading, Kind
from engine.places import KIND_NUMBER, KINDS, KINDS_OF_CODE, OF_BOTH, STATUS_OF_CAMPAIGN, STATUS_OF_GROUP, Places
from engine.results import ResultClock
from engine.rows import EventRow
from engine.spans import SPAN_PAGE_MS
from engine.starts import Start, Starts
from engine.status import DEACTIVATED, AnomalyError
from kernels.texts import Texts

_GAUGE = KIND_NUMBER[Kind("RecordsScheduled", "instant")]


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that was not applied: its number in the chunk, and why."""

    row: int
    reason: str
    detail: str


@dataclass(slots=True)
class AppliedEvents:
    """What a run of events came to, in lists that become columns at its end."""

    refused: list[Refused] = field(default_factory=list)
    counters: Counter[tuple[str, str]] = field(default_factory=Counter)
    credits: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    actions: list[tuple[int, int, int, int, int, int, int, int, int]] = field(default_factory=list)
    changed: dict[int, int] = field(default_factory=dict)
    """Objects whose durable actions or gauges changed, with the earliest instant of a change."""
    ended: list[tuple[int, int, int, int, int, int]] = field(default_factory=list)
    """Durable actions that ended: object, action, end, begin, row, ordinal within the cause."""
    groups: dict[tuple[int, str], None] = field(default_factory=dict)
    """Groups whose status changed, to be written."""
    pages: dict[tuple[int, str, int], None] = field(default_factory=dict)
    """Pages of ended spans that changed: owner, group (or ``OF_CAMPAIGN``), page."""
    pairs: dict[tuple[int, str | None, str | None], None] = field(default_factory=dict)
    """Gauges that changed, to be written."""
    starts: list[Start] = field(default_factory=list)
    """New windows of campaigns and groups (domain 6.4)."""
    modes: list[tuple[int, int, str | None, int]] = field(default_factory=list)
    """Dial modes that began, or None where one ended: group, instant, mode, row."""
    list_gauges: list[tuple[int, GaugeReading]] = field(default_factory=list)
    """(route, reading) of gauges that a calling list must hear of."""

    def change(self, number: int, at: int) -> None:
        """Note a change of what holds over time for an object, from ``at`` on."""
        if number != NONE:
            self.changed[number] = min(at, self.changed.get(number, at))

    def ordinal(self, row: int) -> int:
        """The place within its cause of the next action of that row."""
        return self.actions[-1][1] + 1 if self.actions and self.actions[-1][0] == row else 0

    def action(self, row: int, place: int, kind: int, at: int, begun_at: int = ABSENT, count: int = 1) -> None:
        """Publish an action of a kind (``engine.places.KINDS``) of the event of that row."""
        ordinal = self.ordinal(row)
        duration = ABSENT if begun_at == ABSENT else at - begun_at
        self.actions.append((row, ordinal, place, kind, at, begun_at, duration, count, ABSENT))

    def all_credits(self, order: Int64s) -> Credits:
        """The credits as columns; ``order`` tells the place of each row."""
        table = np.array(self.credits, dtype=np.int64).reshape(-1, 5)
        return Credits(table[:, 0], table[:, 1], table[:, 2], table[:, 3], order[table[:, 4]], np.full(len(table), NO_TRAIT))

    def all_ended(self, order: Int64s) -> Ends:
        """The durable actions that ended as columns; ``order`` tells the place of each row."""
        table = np.array(self.ended, dtype=np.int64).reshape(-1, 6)
        return Ends(table[:, 0], table[:, 1], table[:, 2], table[:, 3], order[table[:, 4]], table[:, 5])

    def all_actions(self, event_ids: Texts, places: Places) -> ActionBatch:
        """The actions as columns; ``cause`` is the number of the row."""
        table = np.array(self.actions, dtype=np.int64).reshape(-1, 9)
        return ActionBatch(KINDS, places.places, event_ids, *(table[:, column] for column in range(9)))


class EventApplier:
    """Applies the events of one partition to its campaigns."""

    def __init__(self, directory: Directory, places: Places, clock: Clocks, lateness: int, starts: Starts) -> None:
        self._directory = directory
        self._starts = starts
        self._places = places
        self._clock = clock
        self._lateness = lateness
        self.campaigns: dict[int, Campaign] = {}

    def campaign(self, owner: int) -> Campaign:
        """The campaign with that owner number, made if it is new."""
        found = self.campaigns.get(owner)
        if found is None:
            found = self.campaigns[owner] = Campaign()
        return found

    def apply(self, rows: list[EventRow], order: Int64s, named: Mapping[int, int], results: ResultClock) -> AppliedEvents:
        """Apply events in the order of their partition, and move their campaigns' clocks.

        Args:
            rows: the events.
            order: place of each in the merged order.
            named: groups that calls of the same chunk make known, with the place of the first such call (domain 3.0).
            results: the campaigns' clocks in the other topic.
        """
        out = AppliedEvents()
        calls = sorted((place, number) for number, place in named.items())
        for number, row in enumerate(rows):
            while calls and calls[0][0] < order[number]:
                self._directory.objects[calls.pop(0)[1]].known = True
            if row.kind in CONTROL_KINDS:
                owner = int(self._directory.route_owner[row.route])
                stream_time = max(self._clock.get(owner), results.at(owner, int(order[number])))
                applied = self._control(number, row, out, stream_time)
            else:
                applied = self._other(number, row, out)
            if applied:
                self._clock.raise_to(int(self._directory.route_owner[row.route]), row.occurred_at)
        return out

    def _control(self, number: int, row: EventRow, out: AppliedEvents, stream_time: int) -> bool:
        owner = int(self._directory.route_owner[row.route])
        names = self._directory.routes[row.route]
        assert names.group is not None
        campaign = self.campaign(owner)
        at = self._lifted(campaign, names.group, owner, row.occurred_at)
        try:
            transitions = campaign.control(names.group, row.kind, row.dial_mode, at)
        except AnomalyError as anomaly:
            out.refused.append(Refused(number, "anomaly", f"{row.kind} at {row.occurred_at} for group {names.group}: {anomaly}"))
            out.counters["anomalies", row.kind] += 1
            return False
        out.counters["clamped", row.kind] += at > row.occurred_at
        gone = self._drop_gauges(row, owner, names.group, at, out) if row.kind == "GroupRemoved" else False
        for transition in transitions:
            self._publish(number, row.route, transition, out)
        self._begin_windows(row.route, transitions, stream_time, out)
        if transitions or gone:
            out.groups[owner, names.group] = None
        out.credits.append((self._credited_route(row.route, changed=bool(transitions or gone)), EVENT_ONLY, at, 1, number))
        return True

    def _begin_windows(self, route: int, transitions: list[Transition], stream_time: int, out: AppliedEvents) -> None:
        """A campaign or group that left StatusDeactivated, or is first seen in another status, is counted anew (domain 6.4)."""
        of_status = [transition for transition in transitions if ACTION_BY_NAME[transition.action].family == "status"]
        for kind, chosen in (
            (CAMPAIGN, [transition for transition in of_status if transition.of_campaign]),
            (CAMPAIGN_GROUP, [transition for transition in of_status if transition.of_group]),
        ):
            ended = {transition.action for transition in chosen if transition.begun_at is not None} - {DEACTIVATED}
            begun = [transition for transition in chosen if transition.begun_at is None and transition.action != DEACTIVATED]
            if begun and not ended:
                number, owner = int(self._directory.route_objects[route, kind]), int(self._directory.route_owner[route])
                start = self._starts.begin(number, owner, begun[0].at, stream_time)
                out.starts.extend([start] if start else [])

    def _lifted(self, campaign: Campaign, group: str, owner: int, occurred_at: int) -> int:
        """When a control event applies (domain 3.4)."""
        known = campaign.groups.get(group)
        last_change = known.status.last_change if known else None
        return max(occurred_at, NEVER if last_change is None else last_change, self._clock.get(owner) - self._lateness)

    def _credited_route(self, route: int, *, changed: bool) -> int:
        """An event that changes nothing does not make its group known (domain 3.0)."""
        names = self._directory.routes[route]
        group = self._group_object(route)
        if changed or group.known:
            group.known = True
            return route
        return self._directory.route(names.tenant, names.campaign, None, names.calling_list)

    def _drop_gauges(self, row: EventRow, owner: int, group: str, at: int, out: AppliedEvents) -> bool:
        pairs = self.campaign(owner).drop_gauges(group, at)
        names = self._directory.routes[row.route]
        for _, calling_list in pairs:
            out.pairs[owner, group, calling_list] = None
            route = self._directory.route(names.tenant, names.campaign, group, calling_list)
            self._change_all(route, at, out)
            if calling_list is not None:
                out.list_gauges.append((route, GaugeReading(names.campaign, group, at, 0)))
        return bool(pairs)

    def _change_all(self, route: int, at: int, out: AppliedEvents) -> None:
        for number in self._directory.route_objects[route].tolist():
            out.change(number, at)

    def _publish(self, number: int, route: int, transition: Transition, out: AppliedEvents) -> None:
        objects = (
            OF_BOTH if transition.of_group and transition.of_campaign else STATUS_OF_GROUP if transition.of_group else STATUS_OF_CAMPAIGN
        )
        action = ACTION_BY_NAME[transition.action]
        for kind, concerned in ((CAMPAIGN, transition.of_campaign), (CAMPAIGN_GROUP, transition.of_group)):
            if concerned:
                found = int(self._directory.route_objects[route, kind])
                out.change(found, transition.at)
                if kind == CAMPAIGN_GROUP and action.family == "dial_mode":
                    out.modes.append((found, transition.at, action.name if transition.begun_at is None else None, number))
                if transition.begun_at is not None:
                    out.ended.append((found, action.index, transition.at, transition.begun_at, number, out.ordinal(number)))
        place = self._places.of_status(route, objects)
        if transition.begun_at is None:
            out.action(number, place, KIND_NUMBER[Kind(transition.action, "begin")], transition.at)
        else:
            out.action(number, place, KIND_NUMBER[Kind(transition.action, "end")], transition.at, transition.begun_at)
            group = self._directory.routes[route].group if transition.of_group else OF_CAMPAIGN
            out.pages[int(self._directory.route_owner[route]), group or OF_CAMPAIGN, transition.at // SPAN_PAGE_MS] = None

    def _other(self, number: int, row: EventRow, out: AppliedEvents) -> bool:
        owner = int(self._directory.route_owner[row.route])
        late_by = self._clock.get(owner) - row.occurred_at
        if late_by > self._lateness:
            out.refused.append(Refused(number, "too_late", too_late(late_by, self._lateness)))
            return False
        if self._directory.routes[row.route].group is not None:
            self._group_object(row.route).known = True
        if row.kind == "RecordScheduled":
            self._gauge(number, row, owner, out)
        elif row.kind == "ProcessingCompleted":
            self._not_processed(number, row, out)
        else:
            code = OF_EVENT_KIND[row.kind, row.personal and row.kind != "AgentError"]
            out.credits.append((row.route, code, row.occurred_at, 1, number))
            self._instants(number, row, code, 1, out)
        return True

    def _group_object(self, route: int) -> StatObject:
        return self._directory.objects[int(self._directory.route_objects[route, CAMPAIGN_GROUP])]

    def _gauge(self, number: int, row: EventRow, owner: int, out: AppliedEvents) -> None:
        names = self._directory.routes[row.route]
        self.campaign(owner).gauges.report((names.group, names.calling_list), row.occurred_at, row.records)
        out.pairs[owner, names.group, names.calling_list] = None
        self._change_all(row.route, row.occurred_at, out)
        if names.calling_list is not None:
            out.list_gauges.append((row.route, GaugeReading(names.campaign, names.group, row.occurred_at, row.records)))
        out.credits.append((row.route, EVENT_ONLY, row.occurred_at, 1, number))
        out.action(number, self._places.of_route(row.route), _GAUGE, row.occurred_at, count=row.records)

    def _not_processed(self, number: int, row: EventRow, out: AppliedEvents) -> None:
        listed = self._directory.routes[row.route].calling_list is not None
        code = NOT_PROCESSED_OF_LIST if listed else NOT_PROCESSED_OF_CAMPAIGN
        out.credits.append((row.route, EVENT_ONLY, row.occurred_at, 1, number))
        out.credits.append((row.route, code, row.occurred_at, row.records, number))
        self._instants(number, row, code, row.records, out)

    def _instants(self, number: int, row: EventRow, code: int, count: int, out: AppliedEvents) -> None:
        place = self._places.of_code(row.route, code)
        for kind in KINDS_OF_CODE[code][: len(INSTANTS[code])].tolist():
            out.action(number, place, kind, row.occurred_at, count=count)


def too_late(late_by: int, lateness: int) -> str:
    """The detail of a dead letter of domain 6.6."""
    return f"{late_by} ms behind the campaign's clock in this topic; the allowed lateness is {lateness} ms"
