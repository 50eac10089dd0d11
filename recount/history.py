"""What happened, by the letter of the rules: events applied one by one to lists that are never cleverly summed (domain 2-4)."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files

from engine.catalog import CONTROL_KINDS
from recount.events import Event
from recount.happened import Applied, Durable, Happened, ObjectName, Reading, value_at
from recount.passing import Passing
from recount.starts import Start, begin

TABLES = files("engine") / "tables"
RESULTS = {int(row["code"]): row for row in csv.DictReader((TABLES / "call_results.csv").read_text(encoding="utf-8").splitlines())}
FAMILY = {row["action"]: row["family"] for row in csv.DictReader((TABLES / "actions.csv").read_text(encoding="utf-8").splitlines())}
CONDITIONS = {
    "WaitingAgents": "StatusWaitingAgents",
    "WaitingPorts": "StatusWaitingPorts",
    "WaitingRecords": "StatusWaitingRecords",
    "SystemError": "StatusSystemError",
}
DEACTIVATED, ACTIVATED, RUNNING = "StatusDeactivated", "StatusActivated", "StatusRunning"
NEVER = -(10**18)
ENDS = ("condition", "dial_mode", "status")
"""The order in which what one event ends is ended (domain 4.1)."""


@dataclass
class Group:
    """A group; ``running`` maps an action in progress to its begin."""

    status: str | None = None
    running: dict[str, int] = field(default_factory=dict)
    last_change: int = NEVER
    status_change: int = NEVER


class History:
    """Applies the events of one partition in order.

    Args:
        lateness: allowed lateness, ms.
        retention: of chains, ms.
        passing: what is known of how the two topics passed each other; None if the order of the events is certain.
    """

    def __init__(self, lateness: int, retention: int, passing: Passing | None = None) -> None:
        self.lateness, self.retention = lateness, retention
        self.objects: dict[ObjectName, Happened] = {}
        self.known: set[ObjectName] = set()
        self.starts: dict[ObjectName, list[Start]] = defaultdict(list)
        self.refused: list[tuple[Event, str]] = []
        self._passing = passing
        self._groups: dict[tuple[str, str], dict[str, Group]] = defaultdict(dict)
        self._campaign_status: dict[tuple[str, str], str | None] = defaultdict(lambda: None)
        self._clocks: dict[tuple[str, str, str | None], int] = defaultdict(lambda: NEVER)
        self._chains: dict[tuple[str, str, str | None, str], tuple[int, str]] = {}
        self._lasting: dict[tuple[ObjectName, str, str | None], Durable] = {}
        self._gauge_owners: dict[tuple[str, str, str | None], dict[ObjectName, None]] = defaultdict(dict)
        self._modes: dict[tuple[str, str, str | None], list[Durable]] = defaultdict(list)
        self._applied = 0

    def happened(self, name: ObjectName) -> Happened:
        """What an object was credited with, also if that is nothing yet."""
        return self.objects.setdefault(name, Happened())

    def stream_time(self, name: ObjectName) -> int:
        """How far an object's time has come (domain 2.6)."""
        if name[0] == "CallingList":
            return max((applied.at for applied in self.happened(name).credited), default=NEVER)
        return max(self._clocks["events", name[1], name[2]], self._clocks["results", name[1], name[2]])

    def apply(self, event: Event) -> None:
        """Apply the next event."""
        self._applied += 1
        if event.of_results:
            self._apply_result(event)
        elif event.kind in CONTROL_KINDS:
            self._apply_control(event)
        else:
            self._apply_other(event)

    def _names(self, event: Event, *, group: bool) -> list[ObjectName]:
        names: list[ObjectName] = [("Campaign", event.tenant, event.campaign, None, None)]
        if group and event.group:
            names.append(("CampaignGroup", event.tenant, event.campaign, event.group, None))
        if event.calling_list:
            names.append(("CallingList", event.tenant, None, None, event.calling_list))
            names.append(("CampaignCallingList", event.tenant, event.campaign, None, event.calling_list))
        return names

    def _credit(self, applied: Applied, *, group: bool = True) -> None:
        for name in self._names(applied.event, group=group):
            self.known.add(name)
            self.happened(name).credited.append(applied)

    def _late(self, event: Event, clock: int) -> bool:
        if clock - event.occurred_at > self.lateness:
            self.refused.append((event, "too_late"))
            return True
        return False

    def _apply_result(self, event: Event) -> None:
        result = RESULTS.get(event.call_result)
        if result is None or result["outbound"] != "yes":
            self.refused.append((event, "invalid_call_result"))
            return
        key = ("results", event.tenant, event.campaign)
        clock = self._clocks[key]
        if self._late(event, clock):
            return
        lead = event.kind == "LeadProcessed"
        duplicate = self._duplicate(event, clock) and lead
        names = ("LeadProcessed", result["lead_action"]) if lead else ("DialMade", result["dial_action"])
        counted = () if duplicate else tuple(name for name in names if name)
        self._credit(Applied(event, self._applied, event.occurred_at, counted, mode=self._mode(event)))
        self._clocks[key] = max(clock, event.occurred_at)

    def _duplicate(self, event: Event, clock: int) -> bool:
        """Whether the last event of its chain was a lead; the chain is remembered (domain 4.3)."""
        if not event.chain_id:
            return False
        chain = (event.tenant, event.campaign, event.calling_list, event.chain_id)
        last = self._chains.get(chain)
        if last is not None and clock - last[0] > self.retention:
            last = None
        at = event.occurred_at
        self._chains[chain] = (at if last is None else max(at, last[0]), event.kind)
        return last is not None and last[1] == "LeadProcessed"

    def _apply_other(self, event: Event) -> None:
        key = ("events", event.tenant, event.campaign)
        if self._late(event, self._clocks[key]):
            return
        kind, at = event.kind, event.occurred_at
        if kind == "RecordScheduled":
            self._report(Applied(event, self._applied, at))
        elif kind == "ProcessingCompleted":
            self._not_processed(event)
        else:
            action = f"Personal{kind}" if event.personal and kind != "AgentError" else kind
            self._credit(Applied(event, self._applied, at, (action,), mode=self._mode(event)))
        self._clocks[key] = max(self._clocks[key], at)

    def _report(self, applied: Applied) -> None:
        event = applied.event
        self._credit(applied)
        for name in self._names(event, group=True):
            reading = Reading(applied.at, applied.place, event.records, applied)
            self.happened(name).gauges[event.campaign, event.group, event.calling_list].append(reading)
            self._gauge_owners[event.tenant, event.campaign, event.group][name] = None

    def _not_processed(self, event: Event) -> None:
        """The records are those of the list if there is one, else of the campaign (domain 4.8)."""
        counted = Applied(event, self._applied, event.occurred_at, ("RecordsNotProcessed",), event.records, self._mode(event))
        others = replace(counted, actions=(), count=1)
        for name in self._names(event, group=True):
            self.known.add(name)
            whose = "CallingList" if event.calling_list else "Campaign"
            self.happened(name).credited.append(counted if name[0] == whose else others)

    def _mode(self, event: Event) -> str | None:
        """The dial mode in force in an event's group when it happened, by what was applied so far."""
        for mode in reversed(self._modes[event.tenant, event.campaign, event.group]):
            if mode.begin <= event.occurred_at and (mode.end is None or event.occurred_at < mode.end):
                return mode.action
        return None

    def _apply_control(self, event: Event) -> None:
        assert event.group is not None
        key = ("events", event.tenant, event.campaign)
        groups = self._groups[event.tenant, event.campaign]
        before = groups.get(event.group, Group())
        at = max(event.occurred_at, before.last_change, self._clocks[key] - self.lateness)
        wanted = _wanted(before, event)
        if wanted is None:
            self.refused.append((event, "anomaly"))
            return
        applied = Applied(event, self._applied, at)
        status, running = wanted
        removed_gauges = event.kind == "GroupRemoved" and self._remove_gauges(applied)
        changed = status != before.status or running != set(before.running)
        if changed:
            self._change(applied, groups.setdefault(event.group, before), status, running)
        elif removed_gauges:
            groups.setdefault(event.group, before).last_change = at
        known = changed or removed_gauges or ("CampaignGroup", event.tenant, event.campaign, event.group, None) in self.known
        self._credit(applied, group=known)
        self._clocks[key] = max(self._clocks[key], event.occurred_at)

    def _remove_gauges(self, applied: Applied) -> bool:
        found, event = False, applied.event
        for name in self._gauge_owners[event.tenant, event.campaign, event.group]:
            for owner, readings in self.happened(name).gauges.items():
                if owner[:2] == (event.campaign, event.group) and value_at(readings, applied.at):
                    readings.append(Reading(applied.at, applied.place, 0, applied))
                    found = True
        return found

    def _change(self, applied: Applied, group: Group, status: str | None, running: set[str]) -> None:
        event, at = applied.event, applied.at
        left = set(group.running) if status != group.status else set(group.running) - running
        entered = running if status != group.status else running - set(group.running)
        for action in sorted(left, key=lambda action: (ENDS.index(FAMILY[action]), action)):
            del group.running[action]
            for name in self._lasting_of(event, action):
                self._end(name, action, event.group, at, applied)
        for action in entered:
            group.running[action] = at
            for name in self._lasting_of(event, action):
                self._begin(name, action, event.group, at, applied)
        group.last_change = at
        if status != group.status:
            if status in {ACTIVATED, RUNNING} and group.status in {None, DEACTIVATED}:
                self._start(("CampaignGroup", event.tenant, event.campaign, event.group, None), at, applied)
            group.status, group.status_change = status, at
            self._follow(applied)

    @staticmethod
    def _lasting_of(event: Event, action: str) -> Sequence[ObjectName]:
        """The objects that have a durable action of a group: dial modes and conditions are the campaign's too (domain 3.6)."""
        of_group: ObjectName = ("CampaignGroup", event.tenant, event.campaign, event.group, None)
        return (of_group,) if FAMILY[action] == "status" else (of_group, ("Campaign", event.tenant, event.campaign, None, None))

    def _follow(self, applied: Applied) -> None:
        """The campaign's status is that of its groups (domain 3.5)."""
        place = (applied.event.tenant, applied.event.campaign)
        name: ObjectName = ("Campaign", *place, None, None)
        held = [group.status for group in self._groups[place].values()]
        status = RUNNING if RUNNING in held else ACTIVATED if ACTIVATED in held else DEACTIVATED
        before = self._campaign_status[place]
        if status == before or (before is None and status == DEACTIVATED):
            return
        at = max(group.status_change for group in self._groups[place].values())
        if before is not None:
            self._end(name, before, None, at, applied)
        if status in {ACTIVATED, RUNNING} and before in {None, DEACTIVATED}:
            self._start(name, at, applied)
        self._begin(name, status, None, at, applied)
        self._campaign_status[place] = status

    def _start(self, name: ObjectName, moment: int, applied: Applied) -> None:
        """A campaign or group is counted anew (domain 6.4)."""
        _, tenant, campaign, *_ = name
        of_events, of_results = (self._clocks[topic, tenant, campaign] for topic in ("events", "results"))
        least, greatest = (of_results, of_results) if self._passing is None else self._passing.clocks(applied.event)
        begin(self.starts[name], applied, moment, of_events, (least, min(max(of_results, least), greatest), greatest))

    def _begin(self, name: ObjectName, action: str, group: str | None, at: int, cause: Applied) -> None:
        durable = self._lasting[name, action, group] = Durable(action, group, at, cause)
        self.happened(name).durables.append(durable)
        if name[0] == "CampaignGroup" and FAMILY[action] == "dial_mode":
            self._modes[name[1], name[2] or "", group].append(durable)

    def _end(self, name: ObjectName, action: str, group: str | None, at: int, cause: Applied) -> None:
        durable = self._lasting.pop((name, action, group))
        durable.end, durable.ended_by = at, cause


def _wanted(group: Group, event: Event) -> tuple[str | None, set[str]] | None:
    """The status and the actions in progress after an event; None for an anomaly (the table of domain 3)."""
    kind, now = event.kind, group.status or DEACTIVATED
    unchanged = group.status, set(group.running)
    if kind == "GroupRemoved":
        return None, set()
    if kind == "CampaignActivated":
        return (ACTIVATED, {ACTIVATED}) if now == DEACTIVATED else unchanged
    if kind == "CampaignDeactivated":
        return unchanged if now == DEACTIVATED else (DEACTIVATED, {DEACTIVATED})
    if kind == "DialingStopped":
        return (ACTIVATED, {ACTIVATED}) if now == RUNNING else unchanged
    if kind == "DialingStarted" and now != RUNNING:
        return RUNNING, {RUNNING, event.dial_mode or "NoDial"}
    return _wanted_in_status(group, event)


def _wanted_in_status(group: Group, event: Event) -> tuple[str | None, set[str]] | None:
    """The same for what leaves the status as it is: dial modes and conditions, which only Running has (domain 3.2)."""
    kind, mode, running = event.kind, event.dial_mode, set(group.running)
    modes = kind in {"DialingStarted", "DialModeChanged"}
    if not modes and kind.endswith("Over"):
        return group.status, running - {CONDITIONS[kind.removesuffix("Over")]}
    if group.status != RUNNING:
        return None
    if modes:
        return RUNNING, {name for name in running if FAMILY[name] != "dial_mode" or not mode} | ({mode} if mode else set())
    return RUNNING, running | {CONDITIONS[kind.removesuffix("Start")]}
