"""The call results that every peer reads, and what is to come of them: counted here from the events, by none of the peers' code."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import polars as pl
from confluent_kafka import Producer

from benchmarks.pipeline import traffic
from engine.catalog import CALL_RESULTS, RESULT_KINDS
from schemas.contracts import CALL_RESULT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from schemas.wire import record_key
from simulator.simulate import simulate
from topologies.kafka import PRODUCER
from transport.partitioning import partition_of

PARTITIONS: Final = 4
WHOLE: Final = "whole"
COUNT: Final = "count"
JOBS: Final = (WHOLE, COUNT)
TUMBLING: Final = "tumbling"
HOPPING: Final = "hopping"
WINDOW_MS: Final = 60_000
PANE_MS: Final = 10_000
ALL_EVENTS: Final = "Events"
VALUE: Final = ("profile", "object_type", "object", "window_start", "name")
"""What one published number is of: its window, its object and its action."""

_PRODUCE_S: Final = 300


@dataclass(frozen=True, slots=True)
class Input:
    """Events in the order in which they are produced, as records and as columns.

    The columns: event_id, campaign, group (null if none), calling_list, at (ms), first and second (actions; second null if there is none),
    partition, offset.
    """

    records: list[tuple[bytes, bytes]]
    events: pl.DataFrame

    def part(self, count: int) -> Input:
        """Its first events; offsets stay as they are."""
        return Input(self.records[:count], self.events.head(count))


def generate(count: int, rate: float) -> Input:
    """So many call results of forty simulated campaigns, in order of time, none of them twice.

    Raises:
        ValueError: two events are out of order or report the same lead, which peers count differently.
    """
    registry = BuiltinRegistry()
    writer = RecordWriter(CALL_RESULT, registry.id_for("call-results", CALL_RESULT))
    records: list[tuple[bytes, bytes]] = []
    rows: list[tuple[Any, ...]] = []
    offsets = [0] * PARTITIONS
    ended: set[tuple[str, str, str]] = set()
    now = 0
    for event in islice((event for event in simulate(traffic(1, rate)) if event["kind"] in RESULT_KINDS), count):
        fields = {"tenant": "", **event}
        key = record_key(fields["tenant"], fields["campaign"])
        partition = partition_of(key, PARTITIONS)
        if fields["occurred_at"] < now or _again(fields, ended):
            raise ValueError(f"event {fields['event_id']} is late, or its lead was reported before: the peers would not count alike")
        now = fields["occurred_at"]
        records.append((key, writer.encode(fields)))
        rows.append((*_columns(fields), partition, offsets[partition]))
        offsets[partition] += 1
    names = ["event_id", "campaign", "group", "calling_list", "at", "first", "second", "partition", "offset"]
    return Input(records, pl.DataFrame(rows, schema=names, orient="row"))


def _again(fields: Mapping[str, Any], ended: set[tuple[str, str, str]]) -> bool:
    """Whether a lead is reported that was reported before, without a call in between (domain 4.3)."""
    chain = (fields["campaign"], fields["calling_list"], fields.get("chain_id", ""))
    if fields["kind"] != "LeadProcessed":
        ended.discard(chain)
        return False
    repeated = chain in ended
    ended.add(chain)
    return repeated


def _columns(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    result = CALL_RESULTS[fields["call_result"]]
    actions = ("DialMade", result.dial_action) if fields["kind"] == "CallCompleted" else ("LeadProcessed", result.lead_action)
    return (fields["event_id"], fields["campaign"], fields.get("group"), fields["calling_list"], fields["occurred_at"], *actions)


def load(bootstrap: str, topic: str, given: Input) -> None:
    """Produce all records onto a topic that is there.

    Raises:
        RuntimeError: the broker did not take them all in time.
    """
    producer = Producer({"bootstrap.servers": bootstrap, **PRODUCER, "queue.buffering.max.messages": 500_000})
    until = time.monotonic() + _PRODUCE_S
    for key, value in given.records:
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.2)
        producer.poll(0)
    if producer.flush(max(1.0, until - time.monotonic())):
        raise RuntimeError(f"the broker did not take all events within {_PRODUCE_S} s")


def actions(given: Input) -> pl.DataFrame:
    """Every action that is to be published: event_id, campaign, action."""
    events = given.events
    parts = [events.select("event_id", "campaign", action=which) for which in ("first", "second")]
    return pl.concat(parts).filter(pl.col("action").is_not_null())


def expected(given: Input, job: str) -> pl.DataFrame:
    """The number ``n`` of every value (see ``VALUE``) that a job is to have published at last."""
    if job == COUNT:
        events = given.events.select("at", object="campaign", object_type=pl.lit("Campaign"), name=pl.lit(ALL_EVENTS))
        return _windowed(events, TUMBLING, [0])
    credited = pl.concat(_credited(given.events, which) for which in ("first", "second")).filter(pl.col("name").is_not_null())
    by_pane = credited.with_columns(at=pl.col("at") // PANE_MS * PANE_MS).group_by("object_type", "object", "name", "at").agg(n=pl.len())
    hops = list(range(0, WINDOW_MS, PANE_MS))
    return pl.concat([_windowed(by_pane, TUMBLING, [0]), _windowed(by_pane, HOPPING, hops)])


def _credited(events: pl.DataFrame, which: str) -> pl.DataFrame:
    """One of the actions of each event, for each of its objects (domain 1.1)."""
    names = {
        "Campaign": pl.col("campaign"),
        "CampaignGroup": pl.col("campaign") + "@" + pl.col("group"),
        "CallingList": pl.col("calling_list"),
        "CampaignCallingList": pl.col("campaign") + "@" + pl.col("calling_list"),
    }
    parts = [events.select("at", object=name, object_type=pl.lit(kind), name=which) for kind, name in names.items()]
    return pl.concat(parts).filter(pl.col("object").is_not_null())


def _windowed(counted: pl.DataFrame, profile: str, back: list[int]) -> pl.DataFrame:
    """Sums over windows; ``back`` says how far before its own slot the windows begin that an event is in, ms."""
    slot = WINDOW_MS if profile == TUMBLING else PANE_MS
    number = pl.col("n") if "n" in counted.columns else pl.lit(1)
    spread = [counted.with_columns(window_start=pl.col("at") // slot * slot - hop, profile=pl.lit(profile), n=number) for hop in back]
    return pl.concat(spread).group_by(VALUE).agg(n=pl.col("n").cast(pl.Float64).sum())
