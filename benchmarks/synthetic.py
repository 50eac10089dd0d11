"""Call results whose spread over campaigns, groups and lists is given exactly, unlike those of simulated dialers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.driver import NAMES
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from schemas.wire import record_key
from transport.partitioning import partition_of
from transport.records import SourceRecord

START_MS: Final = 1_768_464_000_000
"""2026-01-15, 08:00 UTC."""
_RESULTS: Final = (33, 33, 6, 7, 7, 26, 9, 32)
"""Answer, busy, no answer and others, by number."""
_EVENTS_A_CHAIN: Final = 2
_LEAD_EVERY: Final = 5
_GROUPS: Final = 2


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the events are like; campaigns and lists are numbered, list n is used by campaign n modulo the campaigns.

    ``busy`` campaigns get events, the others have had theirs in the beginning; ``hot_share`` of the events go to the first one. With
    ``busy_lists`` only so many lists get any. ``late_share`` of the events come up to ``late_ms`` late.
    """

    campaigns: int = 40
    lists: int = 60
    busy: int | None = None
    busy_lists: int | None = None
    rate: float = 2_000.0
    """Events a second of event time."""
    hot_share: float = 0.0
    late_share: float = 0.0
    late_ms: int = 600_000
    partitions: int = 1
    in_turn: bool = False
    """Whether the busy campaigns take turns, rather than being drawn."""


class Source:
    """An endless sequence of records, the same for the same traffic."""

    def __init__(self, traffic: Traffic) -> None:
        registry = BuiltinRegistry()
        self.traffic = traffic
        self._events = RecordWriter(CAMPAIGN_EVENT, registry.id_for(NAMES.campaign_events, CAMPAIGN_EVENT))
        self._results = RecordWriter(CALL_RESULT, registry.id_for(NAMES.call_results, CALL_RESULT))
        self._random = np.random.default_rng(1)
        self._made = 0
        self._now = float(START_MS)
        self.rate = traffic.rate
        self._of_campaign = [0] * traffic.campaigns
        campaigns = [f"campaign-{number}" for number in range(traffic.campaigns)]
        keys = [record_key("", name) for name in campaigns]
        self._campaigns = [(name, key, partition_of(key, traffic.partitions)) for name, key in zip(campaigns, keys, strict=True)]

    @property
    def now_ms(self) -> int:
        """Event time reached."""
        return int(self._now)

    def started(self) -> dict[int, list[SourceRecord]]:
        """What makes every campaign's groups active and dial."""
        records: dict[int, list[SourceRecord]] = {}
        for name, key, partition in self._campaigns:
            for group in range(_GROUPS):
                for kind, mode in (("CampaignActivated", None), ("DialingStarted", "Predict")):
                    fields = {"kind": kind, "group": f"group-{group}", "dial_mode": mode}
                    self._add(records.setdefault(partition, []), self._events, name, key, fields)
        return records

    def everywhere(self, size: int) -> Iterator[dict[int, list[SourceRecord]]]:
        """Rounds of at most ``size`` events: one for every list, and so for every campaign."""
        lists = self.traffic.lists
        numbers = np.arange(max(lists, self.traffic.campaigns))
        for low in range(0, len(numbers), size):
            part = numbers[low : low + size]
            yield self._made_of(part % self.traffic.campaigns, part % lists)

    def rounds(self, count: int, size: int) -> Iterator[dict[int, list[SourceRecord]]]:
        """Rounds of ``size`` events, ``count`` in all, by partition."""
        for _ in range(count // size):
            campaigns = self._chosen(size)
            yield self._made_of(campaigns, self._lists_of(campaigns))

    def _chosen(self, size: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        traffic = self.traffic
        busy = traffic.busy or traffic.campaigns
        chosen = (self._made + np.arange(size)) % busy if traffic.in_turn else self._random.integers(0, busy, size)
        chosen[self._random.random(size) < traffic.hot_share] = 0
        return chosen

    def _lists_of(self, campaigns: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """A list of each campaign's own, drawn; where there are fewer lists than campaigns they are shared."""
        lists = self.traffic.busy_lists or self.traffic.lists
        own = np.maximum(1, (lists - campaigns + self.traffic.campaigns - 1) // self.traffic.campaigns)
        return (campaigns + self._random.integers(0, own) * self.traffic.campaigns) % lists

    def _made_of(self, campaigns: np.ndarray[Any, Any], lists: np.ndarray[Any, Any]) -> dict[int, list[SourceRecord]]:
        size = len(campaigns)
        late = np.where(self._random.random(size) < self.traffic.late_share, self._random.integers(0, self.traffic.late_ms, size), 0)
        codes = self._random.integers(0, len(_RESULTS), size)
        records: dict[int, list[SourceRecord]] = {}
        for campaign, calling_list, late_ms, code in zip(campaigns.tolist(), lists.tolist(), late.tolist(), codes.tolist(), strict=True):
            name, key, partition = self._campaigns[campaign]
            number = self._of_campaign[campaign]
            self._of_campaign[campaign] += 1
            at = self.now_ms - late_ms
            fields = {
                "kind": "LeadProcessed" if number % _LEAD_EVERY == 0 else "CallCompleted",
                "group": f"group-{number % _GROUPS}",
                "calling_list": f"list-{calling_list}",
                "occurred_at": at,
                "call_result": _RESULTS[code],
                "record_id": f"r{number}",
                "chain_id": f"c{campaign}-{number // _EVENTS_A_CHAIN}",
                "attempt": 1 + number % 3,
                "dialed_at": at - 20_000,
                "ended_at": at,
            }
            self._add(records.setdefault(partition, []), self._results, name, key, fields)
        return records

    def _add(self, to: list[SourceRecord], writer: RecordWriter, name: str, key: bytes, fields: dict[str, Any]) -> None:
        self._made += 1
        self._now += 1000 / self.rate
        whole = {"event_id": f"e{self._made}", "tenant": "", "campaign": name, "occurred_at": self.now_ms, **fields}
        to.append(SourceRecord(self._made, whole["occurred_at"], key, writer.encode(whole)))
