"""Input as the recount takes it: events with their places in it, checked by the rules of domain 2.7 and 2.8 that need no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from engine.catalog import CONTROL_KINDS, DIAL_MODES, EVENT_KINDS, RESULT_KINDS

_TEXT: Final = ("event_id", "tenant", "campaign", "group", "calling_list", "kind", "dial_mode", "record_id", "chain_id")
_WHOLE: Final = {
    **dict.fromkeys(("occurred_at", "records", "dialed_at", "answered_at", "ended_at"), 63),
    **dict.fromkeys(("call_result", "chain_n", "attempt"), 31),
}
"""Whole numbers, with their bits beside the sign (contract 2)."""
_OF_RESULTS: Final = frozenset({"call_result", "record_id", "chain_id", "chain_n", "attempt", "dialed_at", "answered_at", "ended_at"})
_OF_EVENTS: Final = frozenset({"dial_mode", "personal", "records"})

_MOST_RECORDS: Final = 1_000_000_000_000
_DAY_MS: Final = 86_400_000
_CALENDAR: Final = (-62_135_596_800_000 + 100 * _DAY_MS, 253_402_300_799_999 - 100 * _DAY_MS)
"""Instants of the years 1 to 9999, with a margin in which every time zone's clock still shows one of those."""


class Source(NamedTuple):
    """Where a record stands in the input."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event or a call result; what a kind does not have is None."""

    source: Source
    event_id: str
    kind: str
    tenant: str
    campaign: str
    group: str | None
    calling_list: str | None
    occurred_at: int
    dial_mode: str | None = None
    personal: bool = False
    records: int = 0
    call_result: int = 0
    chain_id: str | None = None
    attempt: int | None = None

    @property
    def of_results(self) -> bool:
        """Whether it is of ``call-results``."""
        return self.kind in RESULT_KINDS


def event_of(fields: Mapping[str, Any], source: Source) -> Event | None:
    """The event that fields of the offline form make; None for one that is malformed, incomplete, or names what is not there."""
    if not _fits(fields):
        return None
    given: dict[str, Any] = {name: value if value != "" else None for name, value in fields.items()}
    needed = ["event_id", "campaign", "occurred_at", *_needed(given["kind"])]
    if any(given.get(name) is None for name in needed) or not _stands(given):
        return None
    return Event(
        source=source,
        event_id=given["event_id"],
        kind=given["kind"],
        tenant=given.get("tenant") or "",
        campaign=given["campaign"],
        group=given.get("group"),
        calling_list=given.get("calling_list"),
        occurred_at=given["occurred_at"],
        dial_mode=given.get("dial_mode"),
        personal=given.get("personal") or False,
        records=given.get("records") or 0,
        call_result=given.get("call_result") or 0,
        chain_id=given.get("chain_id"),
        attempt=given.get("attempt"),
    )


def _fits(fields: Mapping[str, Any]) -> bool:
    """Whether the kind is one of ours and every field that it has is of its type."""
    kind = fields.get("kind")
    if kind not in EVENT_KINDS and kind not in RESULT_KINDS:
        return False
    strangers = _OF_EVENTS if kind in RESULT_KINDS else _OF_RESULTS
    return all(value is None or name in strangers or _of_type(name, value) for name, value in fields.items())


def _of_type(name: str, value: object) -> bool:
    if name in _TEXT:
        return isinstance(value, str)
    if name in _WHOLE:
        return type(value) is int and -(1 << _WHOLE[name]) <= value < 1 << _WHOLE[name]
    return name != "personal" or isinstance(value, bool)


def _needed(kind: str) -> tuple[str, ...]:
    """What a kind needs beside what all need (domain 2.3)."""
    if kind in RESULT_KINDS:
        return ("calling_list", "call_result")
    if kind in {"RecordScheduled", "ProcessingCompleted"}:
        return ("records",)
    return (*(("group",) if kind in CONTROL_KINDS else ()), *(("dial_mode",) if kind == "DialModeChanged" else ()))


def _stands(given: Mapping[str, Any]) -> bool:
    """Whether instants, names and counts are possible (domain 2.7)."""
    if given["kind"] not in RESULT_KINDS:
        mode, records = given.get("dial_mode"), given.get("records")
        if (mode is not None and mode not in DIAL_MODES) or (records is not None and not 0 <= records <= _MOST_RECORDS):
            return False
    return bool(_CALENDAR[0] <= given["occurred_at"] <= _CALENDAR[1])
