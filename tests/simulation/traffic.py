"""What the dialers of a simulated site report: late, reordered, twice, and among it records that nobody can read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from engine.campaigns import Limits
from engine.catalog import RESULT_KINDS
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from schemas.wire import record_key
from tests.simulation.log import Fate, Txn
from transport.partitioning import partition_of

if TYPE_CHECKING:
    from tests.simulation.world import World

LIMITS = Limits(allowed_lateness=60_000, close_grace=2_000, future_limit=60_000, chain_retention=90_000)
TOPICS = ("campaign-events", "call-results")
SENT_BY = ("sent-by", b"dialer")
"""A header of every record."""
FUTURE_MS = 36_000_000

_CONTROL = ("CampaignActivated", "DialingStarted", "DialModeChanged", "DialingStopped", "CampaignDeactivated")
_CONDITIONS = ("WaitingAgentsStart", "WaitingAgentsOver", "SystemErrorStart", "SystemErrorOver", "GroupRemoved")
_OTHERS = ("RecordScheduled", "ProcessingCompleted", "AgentError", "CallbackScheduled", "CallbackMissed")


@dataclass(slots=True)
class Sent:
    """A record as it was sent: the fields that were encoded, or None for bytes that are no event."""

    fields: dict[str, Any] | None
    future: bool = False
    key: bytes = b""
    value: bytes | None = None


@dataclass(slots=True)
class Site:
    """Names that a seed draws."""

    tenants: list[str]
    campaigns: list[str]
    groups: list[str]
    lists: list[str]
    records: int
    every: float


def draw_site(random: Random) -> Site:
    """A small site."""
    letters = "abcdefgh"
    return Site(
        tenants=random.choice([[""], ["", "t"]]),
        campaigns=[f"c{letter}" for letter in letters[: random.randint(1, 6)]],
        groups=["g", "h"][: random.randint(1, 2)],
        lists=[f"l{letter}" for letter in letters[: random.randint(1, 3)]],
        records=random.randint(20, 160),
        every=random.choice([0.02, 0.3, 1.0, 2.0]),
    )


@cache
def _writer(of_results: bool) -> RecordWriter:
    record = CALL_RESULT if of_results else CAMPAIGN_EVENT
    return RecordWriter(record, BuiltinRegistry().id_for(TOPICS[of_results], record))


@dataclass(slots=True)
class Dialers:
    """Send what is drawn for a seed. ``sent`` is by place: topic, partition, offset."""

    world: World
    random: Random
    site: Site
    sent: dict[tuple[str, int, int], Sent] = field(default_factory=dict)
    _last: list[tuple[TopicPartition, bytes, bytes | None, Sent]] = field(default_factory=list)
    _txns: dict[TopicPartition, Txn] = field(default_factory=dict)
    _groups: dict[tuple[str, str, str], None] = field(default_factory=dict)
    _numbers: int = 0

    async def run(self) -> None:
        """All records of the seed, one after the other, and then the end of whatever is in progress."""
        transactional = self.random.random() < 0.3
        for _ in range(self.site.records):
            await asyncio.sleep(self.random.expovariate(1 / self.site.every))
            self._send(*self._drawn(), transactional=transactional)
        for tp in list(self._txns):
            self._end_transaction(tp)
        for tenant, campaign, group in self._groups:
            names = {"tenant": tenant, "campaign": campaign, "group": group}
            self._send(*self._encoded(self._event("CampaignDeactivated", names, self.world.loop.now_ms())), transactional=False)

    def _drawn(self) -> tuple[TopicPartition, bytes, bytes | None, Sent]:
        random = self.random
        if self._last and random.random() < 0.06:
            return random.choice(self._last)  # the same once more
        now = self.world.loop.now_ms()
        late = random.choice([0, 0, 0, 500, 3_000, 20_000, 55_000]) if random.random() < 0.95 else 200_000
        names = {"tenant": random.choice(self.site.tenants), "campaign": random.choice(self.site.campaigns)}
        at, future = now - random.randint(0, late), False
        if random.random() < 0.02:
            at, future = now + FUTURE_MS, True
        event = self._event(self._kind(), names, at)
        if future and "call_result" in event:
            event["call_result"] = 33  # an invalid one would be the reason (domain 2.8)
        drawn = self._encoded(event, future=future)
        self._last = [*self._last[-20:], drawn]
        return self._spoilt(drawn) if random.random() < 0.06 else drawn

    def _kind(self) -> str:
        random = self.random
        kinds = random.choice([sorted(RESULT_KINDS), sorted(RESULT_KINDS), _CONTROL, _CONTROL, _CONDITIONS, _OTHERS])
        return random.choice(kinds)

    def _event(self, kind: str, names: Mapping[str, str], at: int) -> dict[str, Any]:
        random = self.random
        self._numbers += 1
        event: dict[str, Any] = {"event_id": f"e{self._numbers}", "kind": kind, "occurred_at": at, **names}
        group, calling_list = random.choice(self.site.groups), random.choice(self.site.lists)
        if kind in RESULT_KINDS:
            results = [33, 33, 6, 21, 0, 1, 54] if random.random() < 0.3 else [33, 6]
            event |= {"calling_list": calling_list, "call_result": random.choice(results)}
            if random.random() < 0.6:
                event["chain_id"] = random.choice("xyz")
            if random.random() < 0.5:
                event["group"] = group
            return event
        if kind not in _OTHERS or random.random() < 0.5:
            event.setdefault("group", group)
        if random.random() < 0.5:
            event["calling_list"] = calling_list
        if kind == "DialModeChanged" or (kind == "DialingStarted" and random.random() < 0.7):
            event["dial_mode"] = random.choice(["Predict", "Progress"])
        if kind in {"RecordScheduled", "ProcessingCompleted"}:
            event["records"] = random.randint(0, 9)
        if kind in _CONTROL:
            self._groups[event["tenant"], event["campaign"], event["group"]] = None
        return event

    def _encoded(self, event: dict[str, Any], *, future: bool = False) -> tuple[TopicPartition, bytes, bytes, Sent]:
        of_results = event["kind"] in RESULT_KINDS
        key = record_key(event["tenant"], event["campaign"])
        value = _writer(of_results).encode(event)
        return self._place(of_results, key), key, value, Sent(event, future)

    def _place(self, of_results: bool, key: bytes) -> TopicPartition:
        return TopicPartition(TOPICS[of_results], partition_of(key, self.world.config.partitions))

    def _spoilt(self, drawn: tuple[TopicPartition, bytes, bytes | None, Sent]) -> tuple[TopicPartition, bytes, bytes | None, Sent]:
        """A record that is no event: bytes that no reader can read, or an event without what it needs."""
        tp, key, value, sent = drawn
        assert value is not None
        assert sent.fields is not None
        lacking = {**sent.fields, self.random.choice(["event_id", "campaign"]): ""}
        spoils: list[Callable[[], bytes | None]] = [
            lambda: self.random.randbytes(self.random.randint(0, 60)),
            lambda: value[: self.random.randrange(len(value))],
            lambda: value + b"\x00",
            lambda: b"\x00\x00\x00\x00\x07" + value[5:],
            lambda: None,
            lambda: _writer(tp.topic == TOPICS[1]).encode(lacking),
        ]
        return tp, key, self.random.choice(spoils)(), Sent(None)

    def _send(self, tp: TopicPartition, key: bytes, value: bytes | None, sent: Sent, *, transactional: bool) -> None:
        log, now = self.world.broker.logs[tp], self.world.loop.now_ms()
        txn = self._transaction(tp) if transactional else None
        offset = log.end
        log.append([(key, value, (SENT_BY,))], txn, now)
        self.sent[tp.topic, tp.partition, offset] = replace(sent, key=key, value=value)

    def _transaction(self, tp: TopicPartition) -> Txn:
        """Some dialers write in transactions, and give some of them up."""
        if tp in self._txns and self.random.random() < 0.3:
            self._end_transaction(tp)
        if tp not in self._txns:
            self._txns[tp] = Txn(-1, 0, self.world.loop.time())
        return self._txns[tp]

    def _end_transaction(self, tp: TopicPartition) -> None:
        txn = self._txns.pop(tp)
        txn.fate = Fate.ABORTED if self.random.random() < 0.3 else Fate.COMMITTED
        self.world.broker.logs[tp].mark(txn, self.world.loop.now_ms())
