"""The events that a simulated dialer reports, in the offline form (contract 4, domain 2.3).

The journal stamps each with its number and the simulated time; when to report what is decided elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from simulator.agenda import Agenda

if TYPE_CHECKING:
    from simulator.calls import Call
    from simulator.groups import Group
    from simulator.lists import CallingList, Chain

Event: TypeAlias = dict[str, Any]
"""One line of the offline form: the fields of a CampaignEvent or of a CallResult."""


class Journal:
    """Collects events in the order in which they happen; ``pages`` are those not yet handed out."""

    __slots__ = ("_agenda", "_prefix", "_serial", "pages")

    def __init__(self, agenda: Agenda, seed: int) -> None:
        self.pages: list[Event] = []
        self._agenda = agenda
        self._prefix = f"{seed}-"
        self._serial = 0

    def _id(self) -> str:
        self._serial += 1
        return f"{self._prefix}{self._serial}"

    def control(self, group: Group, kind: str) -> None:
        """Report an event of a group that carries nothing more (domain 3)."""
        self.pages.append({
            "event_id": self._id(), "kind": kind, "tenant": group.tenant, "campaign": group.campaign, "group": group.name,
            "occurred_at": self._agenda.now,
        })  # fmt: skip

    def mode(self, group: Group, kind: str) -> None:
        """Report DialingStarted or DialModeChanged, with the group's present mode."""
        self.control(group, kind)
        self.pages[-1]["dial_mode"] = group.mode

    def callback(self, group: Group, calling_list: CallingList, kind: str, personal: bool) -> None:
        """Report that a callback was scheduled, completed or missed (domain 4.6)."""
        self.control(group, kind)
        self.pages[-1].update(calling_list=calling_list.name, personal=personal)

    def records(self, kind: str, tenant: str, campaign: str, calling_list: str | None, records: int) -> None:
        """Report RecordScheduled or ProcessingCompleted, of a list or of the whole campaign (domain 4.7, 4.8)."""
        event: Event = {
            "event_id": self._id(), "kind": kind, "tenant": tenant, "campaign": campaign, "occurred_at": self._agenda.now,
            "records": records,
        }  # fmt: skip
        if calling_list is not None:
            event["calling_list"] = calling_list
        self.pages.append(event)

    def call_completed(self, call: Call) -> None:
        """Report a call at its end (domain 4.2)."""
        group, chain, now = call.group, call.chain, self._agenda.now
        record_id, chain_id, chain_n = chain.ids()
        event: Event = {
            "event_id": self._id(), "kind": "CallCompleted", "tenant": group.tenant, "campaign": group.campaign, "group": group.name,
            "calling_list": chain.calling_list.name, "occurred_at": now, "call_result": call.result, "record_id": record_id,
            "chain_id": chain_id, "chain_n": chain_n, "attempt": chain.attempts, "dialed_at": call.dialed_at, "ended_at": now,
        }  # fmt: skip
        if call.answered_at:
            event["answered_at"] = call.answered_at
        self.pages.append(event)

    def lead_processed(self, group: Group, chain: Chain, result: int) -> None:
        """Report the end of a chain, with or without a dial (domain 4.3, 4.4)."""
        record_id, chain_id, chain_n = chain.ids()
        self.pages.append({
            "event_id": self._id(), "kind": "LeadProcessed", "tenant": group.tenant, "campaign": group.campaign, "group": group.name,
            "calling_list": chain.calling_list.name, "occurred_at": self._agenda.now, "call_result": result,
            "record_id": record_id, "chain_id": chain_id, "chain_n": chain_n, "attempt": chain.attempts,
        })  # fmt: skip
