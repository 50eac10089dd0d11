"""Follows a stream of events by the rules of the domain and fails at the first that can't be."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.catalog import CALL_RESULTS, DIAL_MODES, EVENT_KINDS, RESULT_KINDS
from simulator import Event

OF_EVENTS = {
    "event_id": str, "kind": str, "tenant": str, "campaign": str, "group": str, "calling_list": str, "occurred_at": int, "dial_mode": str,
    "personal": bool, "records": int,
}  # fmt: skip
OF_RESULTS = {
    "event_id": str, "kind": str, "tenant": str, "campaign": str, "group": str, "calling_list": str, "occurred_at": int, "call_result": int,
    "record_id": str, "chain_id": str, "chain_n": int, "attempt": int, "dialed_at": int, "answered_at": int, "ended_at": int,
}  # fmt: skip
ALWAYS = {"event_id", "kind", "tenant", "campaign", "occurred_at"}
NEEDED = {
    "DialingStarted": {"group", "dial_mode"}, "DialModeChanged": {"group", "dial_mode"}, "RecordScheduled": {"records"},
    "ProcessingCompleted": {"records"}, "CallbackScheduled": {"group", "personal"}, "CallbackCompleted": {"group", "personal"},
    "CallbackMissed": {"group", "personal"},
    "CallCompleted": {"calling_list", "call_result", "record_id", "chain_id", "chain_n", "attempt", "dialed_at", "ended_at"},
    "LeadProcessed": {"calling_list", "call_result", "record_id", "chain_id", "chain_n", "attempt"},
}  # fmt: skip
CONDITIONS = ("WaitingAgents", "WaitingPorts", "WaitingRecords", "SystemError")


@dataclass
class GroupState:
    """What a group has reported of itself; ``modes`` with the instants from which they held, ``waits`` with begin and end."""

    status: str = "Deactivated"
    mode: str | None = None
    open: dict[str, int] = field(default_factory=dict)
    modes: list[tuple[int, str]] = field(default_factory=list)
    waits: list[tuple[str, int, int]] = field(default_factory=list)

    def modes_during(self, first: int, last: int) -> set[str]:
        """The modes that held from one instant to another."""
        begin, end = (bisect_right(self.modes, instant, key=lambda each: each[0]) for instant in (first, last))
        return {mode for _, mode in self.modes[max(0, begin - 1) : end]}


class Follower:
    """Domain 2.3 and 3, stricter than the engine: what would change nothing is an error here."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.now = 0
        self.kinds: Counter[str] = Counter()
        self.groups: dict[tuple[str, str, str], GroupState] = {}
        self.ended: set[tuple[str, str, str]] = set()
        self.promised: Counter[tuple[str, str, str]] = Counter()
        self.calls: list[Event] = []
        self.leads: list[Event] = []

    def follow(self, events: Iterable[Event]) -> Follower:
        for event in events:
            self._check_form(event)
            self.kinds[event["kind"]] += 1
            if event["kind"] in RESULT_KINDS:
                self._result(event)
            elif "group" in event:
                self._of_group(event)
        return self

    def _check_form(self, event: Event) -> None:
        kind = event["kind"]
        assert kind in EVENT_KINDS or kind in RESULT_KINDS
        form = OF_RESULTS if kind in RESULT_KINDS else OF_EVENTS
        assert all(type(value) is form[name] for name, value in event.items()), event
        assert (ALWAYS | NEEDED.get(kind, set())) <= event.keys(), event
        assert event["event_id"] not in self.ids
        assert event["occurred_at"] >= self.now, "occurred_at runs backwards"
        assert event.get("records", 0) >= 0
        self.ids.add(event["event_id"])
        self.now = event["occurred_at"]

    def _result(self, event: Event) -> None:
        assert CALL_RESULTS[event["call_result"]].outbound
        chain = (event["tenant"], event["calling_list"], event["chain_id"])
        assert chain not in self.ended, f"{chain} goes on after its end"
        if event["kind"] == "LeadProcessed":
            self.ended.add(chain)
            self.leads.append(event)
            return
        assert event["dialed_at"] <= event.get("answered_at", event["ended_at"]) <= event["ended_at"] == event["occurred_at"]
        assert event["attempt"] >= 1
        self.calls.append(event)

    def _of_group(self, event: Event) -> None:
        key = (event["tenant"], event["campaign"], event["group"])
        kind, now, group = event["kind"], event["occurred_at"], self.groups.setdefault(key, GroupState())
        condition = next((name for name in CONDITIONS if kind in (f"{name}Start", f"{name}Over")), None)
        if condition is not None:
            self._condition(group, condition, kind.endswith("Start"), now)
        elif kind.startswith("Callback"):
            self.promised[key] += 1 if kind == "CallbackScheduled" else -1
            assert self.promised[key] >= 0
        elif kind != "AgentError":
            self._status(group, event)

    def _condition(self, group: GroupState, condition: str, begins: bool, now: int) -> None:
        assert group.status == "Running", f"{condition} outside Running (3)"
        if begins:
            assert condition not in group.open
            group.open[condition] = now
        else:
            group.waits.append((condition, group.open.pop(condition), now))

    def _status(self, group: GroupState, event: Event) -> None:
        kind, now = event["kind"], event["occurred_at"]
        if kind in ("DialingStarted", "DialModeChanged"):
            assert group.status == ("Activated" if kind == "DialingStarted" else "Running")
            assert event["dial_mode"] in DIAL_MODES
            assert kind == "DialingStarted" or event["dial_mode"] != group.mode
            group.status, group.mode = "Running", event["dial_mode"]
            group.modes.append((now, event["dial_mode"]))
            return
        before, after = {
            "CampaignActivated": (("Deactivated",), "Activated"),
            "DialingStopped": (("Running",), "Activated"),
            "CampaignDeactivated": (("Activated",), "Deactivated"),
            "GroupRemoved": (("Deactivated", "Running"), "Deactivated"),
        }[kind]
        assert group.status in before, f"{kind} in {group.status}"
        if group.status == "Running":
            group.waits.extend((condition, begun, now) for condition, begun in group.open.items())
            group.open.clear()
            group.mode = None
        group.status = after
