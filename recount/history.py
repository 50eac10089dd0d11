"""What happened, by the letter of the rules: events applied one by one to lists that are never cleverly summed (domain 2-4)."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

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

ObjectName = tuple[str, str, str | None, str | None, str | None]
"""(type, tenant, campaign, group, list)."""


@dataclass
class Happened:
    """All that one object was credited with."""

    instants: list[tuple[int, str, int]] = field(default_factory=list)
    durables: list[list[Any]] = field(default_factory=list)
    credited: list[int] = field(default_factory=list)
    log: list[tuple[int, str, int, int | None]] = field(default_factory=list)
    """Every instant and every end in order of application: at, action, count, begin."""
    gauges: dict[Any, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class PlainGroup:
    """A group; ``running`` maps an action in progress to its begin."""

    status: str | None = None
    running: dict[str, int] = field(default_factory=dict)
    last_change: int = NEVER
    status_change: int = NEVER


class History:
    """Applies events in order; ``lateness`` and ``retention`` in ms."""

    def __init__(self, lateness: int, retention: int) -> None:
        self.lateness, self.retention = lateness, retention
        self.objects: dict[ObjectName, Happened] = {}
        self.known: set[ObjectName] = set()
        self.groups: dict[tuple[str, str], dict[str, PlainGroup]] = defaultdict(dict)
        self.campaign_status: dict[tuple[str, str], str | None] = defaultdict(lambda: None)
        self.clocks: dict[tuple[str, str, str | None], int] = defaultdict(lambda: NEVER)
        self.chains: dict[tuple[str, str, str, str], tuple[int, str]] = {}
        self.actions: list[tuple[str, str, str, int, int | None, int]] = []
        self.refused: list[tuple[str, str]] = []
        self.starts: dict[ObjectName, list[int]] = defaultdict(list)
        self.applied = 0

    def happened(self, name: ObjectName) -> Happened:
        """What an object was credited with, also if that is nothing yet."""
        return self.objects.setdefault(name, Happened())

    def _names(self, event: dict[str, Any], group: str | None) -> list[ObjectName]:
        tenant, campaign, calling_list = event.get("tenant", ""), event["campaign"], event.get("calling_list")
        names: list[ObjectName] = [("Campaign", tenant, campaign, None, None)]
        if group:
            names.append(("CampaignGroup", tenant, campaign, group, None))
        if calling_list:
            names += [("CallingList", tenant, None, None, calling_list), ("CampaignCallingList", tenant, campaign, None, calling_list)]
        return names

    def stream_time(self, name: ObjectName) -> int:
        """How far an object's time has come (domain 2.6)."""
        if name[0] == "CallingList":
            return max(self.happened(name).credited, default=NEVER)
        return max(self.clocks["events", name[1], name[2]], self.clocks["results", name[1], name[2]])

    def _credit(self, event: dict[str, Any], group: str | None, at: int, actions: list[tuple[str, int]]) -> None:
        for name in self._names(event, group):
            self.known.add(name)
            self.happened(name).credited.append(at)
            for action, count in actions:
                if action == "RecordsNotProcessed" and name[0] != ("CallingList" if event.get("calling_list") else "Campaign"):
                    continue
                self.happened(name).instants.append((at, action, count))
                self.happened(name).log.append((at, action, count, None))
        for action, count in actions:
            self.actions.append((event["event_id"], action, "instant", at, None, count))

    def apply(self, event: dict[str, Any]) -> None:
        """Apply an event that is readable and complete, given by the fields of the offline form."""
        self.applied += 1
        if event["kind"] in {"CallCompleted", "LeadProcessed"}:
            self._apply_result(event)
        elif event["kind"] in {
            "CallbackScheduled", "CallbackCompleted", "CallbackMissed", "AgentError", "RecordScheduled", "ProcessingCompleted",
        }:  # fmt: skip
            self._apply_other(event)
        else:
            self._apply_control(event)

    def _clock_key(self, topic: str, event: dict[str, Any]) -> tuple[str, str, str]:
        return topic, event.get("tenant", ""), event["campaign"]

    def _advance(self, key: tuple[str, str, str], event: dict[str, Any]) -> None:
        self.clocks[key] = max(self.clocks[key], event["occurred_at"])

    def _apply_result(self, event: dict[str, Any]) -> None:
        result = RESULTS.get(event["call_result"])
        if result is None or result["outbound"] != "yes":
            self.refused.append((event["event_id"], "invalid_call_result"))
            return
        key = self._clock_key("results", event)
        clock, at = self.clocks[key], event["occurred_at"]
        if clock - at > self.lateness:
            self.refused.append((event["event_id"], "too_late"))
            return
        lead = event["kind"] == "LeadProcessed"
        duplicate = False
        if event.get("chain_id"):
            chain = (event.get("tenant", ""), event["campaign"], event["calling_list"], event["chain_id"])
            last = self.chains.get(chain)
            if last is not None and clock - last[0] > self.retention:
                last = None
            duplicate = lead and last is not None and last[1] == "LeadProcessed"
            self.chains[chain] = (at if last is None else max(at, last[0]), event["kind"])
        names = ["LeadProcessed", result["lead_action"]] if lead else ["DialMade", result["dial_action"]]
        self._credit(event, event.get("group"), at, [] if duplicate else [(name, 1) for name in names if name])
        self._advance(key, event)

    def _apply_other(self, event: dict[str, Any]) -> None:
        key = self._clock_key("events", event)
        kind, at = event["kind"], event["occurred_at"]
        if self.clocks[key] - at > self.lateness:
            self.refused.append((event["event_id"], "too_late"))
            return
        actions = []
        if kind == "RecordScheduled":
            pair = (event["campaign"], event.get("group"), event.get("calling_list"))
            for name in self._names(event, event.get("group")):
                self.happened(name).gauges[pair].append((at, self.applied, event["records"]))
            self.actions.append((event["event_id"], "RecordsScheduled", "instant", at, None, event["records"]))
        elif kind == "ProcessingCompleted":
            actions = [("RecordsNotProcessed", event["records"])]
        elif kind == "AgentError":
            actions = [(kind, 1)]
        else:
            actions = [(f"Personal{kind}" if event.get("personal") else kind, 1)]
        self._credit(event, event.get("group"), at, actions)
        self._advance(key, event)

    def _apply_control(self, event: dict[str, Any]) -> None:
        place = (event.get("tenant", ""), event["campaign"])
        key = self._clock_key("events", event)
        groups = self.groups[place]
        before = groups.get(event["group"], PlainGroup())
        at = max(event["occurred_at"], before.last_change, self.clocks[key] - self.lateness)
        wanted = self._wanted(before, event)
        if wanted is None:
            self.refused.append((event["event_id"], "anomaly"))
            return
        status, running = wanted
        removed_gauges = event["kind"] == "GroupRemoved" and self._remove_gauges(event, at)
        changed = status != before.status or running != set(before.running)
        if changed:
            group = groups.setdefault(event["group"], before)
            self._change(event, group, status, running, at)
        elif removed_gauges:
            groups.setdefault(event["group"], before).last_change = at
        name = ("CampaignGroup", *place, event["group"], None)
        known = changed or removed_gauges or name in self.known
        self._credit(event, event["group"] if known else None, at, [])
        self._advance(key, event)

    def _wanted(self, group: PlainGroup, event: dict[str, Any]) -> tuple[str | None, set[str]] | None:
        """The status and the actions in progress after the event; None for an anomaly (the table of domain 3)."""
        kind, now = event["kind"], group.status or DEACTIVATED
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
            return RUNNING, {RUNNING, event.get("dial_mode") or "NoDial"}
        return self._wanted_in_status(set(group.running), now, group.status, event)

    def _wanted_in_status(
        self, running: set[str], now: str, status: str | None, event: dict[str, Any]
    ) -> tuple[str | None, set[str]] | None:
        """The same for what leaves the status as it is: dial modes and conditions, which only Running has (domain 3.2)."""
        kind, mode = event["kind"], event.get("dial_mode")
        modes = kind in {"DialingStarted", "DialModeChanged"}
        if not modes and kind.endswith("Over"):
            return status, running - {CONDITIONS[kind.removesuffix("Over")]}
        if now != RUNNING:
            return None
        if modes:
            return RUNNING, {name for name in running if FAMILY[name] != "dial_mode" or not mode} | ({mode} if mode else set())
        return RUNNING, running | {CONDITIONS[kind.removesuffix("Start")]}

    def _remove_gauges(self, event: dict[str, Any], at: int) -> bool:
        found = False
        tenant = event.get("tenant", "")
        for name, happened in self.objects.items():
            for pair, readings in happened.gauges.items():
                if name[1] == tenant and pair[:2] == (event["campaign"], event["group"]) and value_at(readings, at):
                    readings.append((at, self.applied, 0))
                    found = True
        return found

    def _change(self, event: dict[str, Any], group: PlainGroup, status: str | None, running: set[str], at: int) -> None:
        place = (event.get("tenant", ""), event["campaign"])
        of_group: ObjectName = ("CampaignGroup", *place, event["group"], None)
        of_campaign: ObjectName = ("Campaign", *place, None, None)
        left = set(group.running) if status != group.status else set(group.running) - running
        entered = running if status != group.status else running - set(group.running)
        for action in sorted(left, key=lambda action: (("condition", "dial_mode", "status").index(FAMILY[action]), action)):
            begun = group.running.pop(action)
            self._end(of_group, action, event["group"], at)
            if FAMILY[action] != "status":
                self._end(of_campaign, action, event["group"], at)
            self.actions.append((event["event_id"], action, "end", at, begun, 1))
        for action in entered:
            group.running[action] = at
            self._begin(of_group, action, event["group"], at)
            if FAMILY[action] != "status":
                self._begin(of_campaign, action, event["group"], at)
            self.actions.append((event["event_id"], action, "begin", at, None, 1))
        group.last_change = at
        if status != group.status:
            if status in {ACTIVATED, RUNNING} and group.status in {None, DEACTIVATED}:
                self._start(of_group, at)
            group.status, group.status_change = status, at
            self._follow(event, place, of_campaign)

    def _follow(self, event: dict[str, Any], place: tuple[str, str], name: ObjectName) -> None:
        held = [group.status for group in self.groups[place].values()]
        status = RUNNING if RUNNING in held else ACTIVATED if ACTIVATED in held else DEACTIVATED
        before = self.campaign_status[place]
        if status == before or (before is None and status == DEACTIVATED):
            return
        at = max(group.status_change for group in self.groups[place].values())
        if before is not None:
            begun = self._end(name, before, None, at)
            self.actions.append((event["event_id"], before, "end", at, begun, 1))
        if status in {ACTIVATED, RUNNING} and before in {None, DEACTIVATED}:
            self._start(name, at)
        self._begin(name, status, None, at)
        self.actions.append((event["event_id"], status, "begin", at, None, 1))
        self.campaign_status[place] = status

    def _start(self, name: ObjectName, moment: int) -> None:
        """A campaign or group is counted anew (domain 6.4)."""
        stream_time = self.stream_time(name)
        known = self.starts[name]
        at = moment if moment >= stream_time else stream_time + 1
        if not known or at > known[-1]:
            known.append(at)

    def _begin(self, name: ObjectName, action: str, owner: str | None, at: int) -> None:
        self.happened(name).durables.append([action, owner, at, None])

    def _end(self, name: ObjectName, action: str, owner: str | None, at: int) -> int:
        (span,) = [span for span in self.happened(name).durables if span[:2] == [action, owner] and span[3] is None]
        begun: int = span[2]
        span[3] = at
        self.happened(name).log.append((at, action, 1, begun))
        return begun


def value_at(readings: list[tuple[int, int, int]], at: int) -> int:
    """The gauge's last number at an instant."""
    past = [reading for reading in readings if reading[0] <= at]
    return max(past)[2] if past else 0
