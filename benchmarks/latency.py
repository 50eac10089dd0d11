"""``python -m benchmarks.latency``: from an event's append to the committed report that contains it, under load; the last line is JSON.

Events are produced as their time comes, by this process; the broker says when it appended each. A report contains an event if its
``inputs`` reach the event's offset (domain 7.1). Measured are the first committed report of the event's partition that does so, for
every event, as a consumer with ``read_committed`` sees it, and, for the freshness of one object, the first such report of the event's
own campaign, which waits for ``min_interval``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, Message, Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from rich.console import Console

from benchmarks.pipeline import Worker, broker, create_topics, traffic
from engine.catalog import RESULT_KINDS
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT
from schemas.records import RecordReader, RecordWriter
from schemas.registry import BuiltinRegistry
from schemas.wire import record_key
from simulator.simulate import simulate

PREFIX: Final = "l."
_MAKING_S: Final = 100e-6
"""What it takes to make an event."""
_SETTLING_S: Final = 6.0


class Sent(NamedTuple):
    """An event that the broker has: its place, when it was appended (s), and its campaign; ``due``: when it was to be sent."""

    place: tuple[str, int]
    offset: int
    at: float
    campaign: str
    due: float


class Seen(NamedTuple):
    """A report that a consumer saw at ``at`` (s): the input that it contains, and its campaign if it is one's own."""

    at: float
    inputs: Mapping[tuple[str, int], int]
    campaign: str | None


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds, of all events."""

    events: int
    reports: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    own_p50_ms: float
    own_p99_ms: float
    late_p99_ms: float
    """How late the events were appended: what the load itself waited for a processor and the broker."""
    worker_cpu_share: float
    """CPU-seconds of the worker a second."""
    p99_ms_by_second: tuple[float, ...]
    """Of the events that were appended in each second, first one first: a stall shows as one that stands out."""


class Due(NamedTuple):
    """An event that is ready to be sent at ``at`` (s)."""

    at: float
    topic: str
    key: bytes
    value: bytes
    campaign: str


class Load:
    """The events of forty campaigns at a rate, whatever the time that the simulator gave them."""

    def __init__(self, bootstrap: str, rate: float) -> None:
        self.sent: list[Sent] = []
        self._rate = rate
        self._events = simulate(traffic(1, rate))
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "queue.buffering.max.messages": 1_000_000})
        registry = BuiltinRegistry()
        self.topics = (f"{PREFIX}campaign-events", f"{PREFIX}call-results")
        self._writers = (
            RecordWriter(CAMPAIGN_EVENT, registry.id_for(self.topics[0], CAMPAIGN_EVENT)),
            RecordWriter(CALL_RESULT, registry.id_for(self.topics[1], CALL_RESULT)),
        )

    def send_overdue(self, count: int) -> None:
        """Send events at once that should have been sent before now."""
        for event in self._made(count, time.time() - count / self._rate):
            self._send(event)
            self._producer.poll(0)
        self._producer.flush()
        self.sent.clear()

    def make(self, seconds: float) -> list[Due]:
        """Events that are due from the time on when all are made: to make them as they are sent would take half of a core."""
        count = int(seconds * self._rate)
        return list(self._made(count, time.time() + 1 + count * _MAKING_S))

    def run(self, events: list[Due]) -> None:
        """Send them as time goes on; returns when the broker has all of them."""
        low = 0
        while low < len(events):
            now, high = time.time(), low
            while high < len(events) and events[high].at <= now:
                self._send(events[high])
                high += 1
            low = high
            self._producer.poll(0.003)
        self._producer.flush()

    def _made(self, count: int, start: float) -> Iterator[Due]:
        for number, event in enumerate(islice(self._events, count)):
            of_results, at = event["kind"] in RESULT_KINDS, start + number / self._rate
            fields = {"tenant": "", **event, "occurred_at": int(at * 1000)}
            key = record_key("", fields["campaign"])
            yield Due(at, self.topics[of_results], key, self._writers[of_results].encode(fields), fields["campaign"])

    def _send(self, event: Due) -> None:
        def delivered(error: object, message: Message) -> None:
            if error is not None:
                raise RuntimeError(f"the broker refused an event: {error}")
            kind, appended = message.timestamp()
            assert kind == TIMESTAMP_LOG_APPEND_TIME
            place = (event.topic, message.partition() or 0)
            self.sent.append(Sent(place, message.offset() or 0, appended / 1000, event.campaign, event.at))

        self._producer.produce(event.topic, event.value, event.key, on_delivery=delivered)


def _append_times(bootstrap: str, topics: Iterable[str]) -> None:
    """Let the broker tell when it appends."""
    entry = ConfigEntry("message.timestamp.type", "LogAppendTime", incremental_operation=AlterConfigOpType.SET)
    resources = [ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry]) for topic in topics]
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for done in admin.incremental_alter_configs(resources).values():
        done.result()


class Reports(threading.Thread):
    """Reads the campaigns' reports as they become visible, until it is told to stop."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(daemon=True)
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "latency", "auto.offset.reset": "latest", "fetch.wait.max.ms": 10}
        )
        self._consumer.subscribe([f"{PREFIX}campaign-statistics"])
        self._received: list[tuple[float, bytes]] = []
        self.ending = threading.Event()

    def run(self) -> None:
        """See ``Thread``."""
        while not self.ending.is_set():
            for message in self._consumer.consume(1_000, 0.01):
                value = message.value()
                assert isinstance(value, bytes)
                self._received.append((time.time(), value))
        self._consumer.close()

    def seen(self) -> list[Seen]:
        """All that came, in order."""
        reader = RecordReader(BuiltinRegistry())
        return [_seen(at, reader.decode(value)) for at, value in self._received]


def _seen(at: float, report: Mapping[str, object]) -> Seen:
    inputs = {(one["topic"], one["partition"]): one["offset"] for one in report["inputs"]}  # type: ignore[attr-defined]
    return Seen(at, inputs, str(report["campaign"]) if report["object_type"] == "Campaign" else None)


def latencies(sent: list[Sent], seen: list[Seen], *, own: bool) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds from each event to the first report that contains it, NaN if none does: of its partition, or with ``own`` of its campaign."""
    reached: defaultdict[tuple[object, ...], list[tuple[float, int]]] = defaultdict(list)
    for report in seen:
        for place, offset in report.inputs.items():
            if not own:
                reached[(place,)].append((report.at, offset))
            elif report.campaign is not None:
                reached[place, report.campaign].append((report.at, offset))
    waits = np.full(len(sent), np.nan)
    sent_offset, sent_at = np.array([event.offset for event in sent]), np.array([event.at for event in sent])
    of_place: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, event in enumerate(sent):
        of_place[(event.place, event.campaign) if own else (event.place,)].append(number)
    for of, numbers in of_place.items():
        at = np.array([one for one, _ in reached[of]])
        offsets = np.maximum.accumulate(np.array([offset for _, offset in reached[of]], dtype=np.int64))
        first = np.searchsorted(offsets, sent_offset[numbers])
        known = first < len(at)
        chosen = np.array(numbers)[known]
        waits[chosen] = at[first[known]] - sent_at[chosen]
    return waits


def measure(rate: float, seconds: float, overdue: int, options: Mapping[str, str]) -> Latency:
    """One worker under that load.

    Raises:
        RuntimeError: more than one event in a thousand was in no report.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        broker(Path(folder) / "kafka") as running,
        (Path(folder) / "log").open("w+") as log,
    ):
        create_topics(running.bootstrap, PREFIX)
        with Worker(running.bootstrap, PREFIX, options, log) as worker:
            load = Load(running.bootstrap, rate)
            _append_times(running.bootstrap, load.topics)
            load.send_overdue(overdue)
            while worker.metrics()["dialstat_input_records_total"] < overdue:
                time.sleep(0.2)
            reports = Reports(running.bootstrap)
            reports.start()
            events = load.make(seconds)
            began, cpu = time.time(), worker.metrics()["process_cpu_seconds_total"]
            load.run(events)
            used = (worker.metrics()["process_cpu_seconds_total"] - cpu) / (time.time() - began)
            time.sleep(_SETTLING_S)
            reports.ending.set()
            reports.join()
    settled = [event for event in load.sent if event.due > events[0].at + seconds / 4]
    seen = reports.seen()
    waits, own = (latencies(settled, seen, own=own) * 1000 for own in (False, True))
    missing = int(np.isnan(waits).sum())
    if missing > 0.001 * len(settled):
        raise RuntimeError(f"{missing} of {len(settled)} events are in no report")
    late = np.quantile([event.at - event.due for event in settled], 0.99) * 1000
    p50, p99, worst = (_rounded(value) for value in np.nanquantile(waits, [0.5, 0.99, 1.0]))
    own_p50, own_p99 = (_rounded(value) for value in np.nanquantile(own, [0.5, 0.99]))
    second = np.array([int(event.at) for event in settled])
    by_second = tuple(_rounded(np.nanquantile(waits[second == one], 0.99)) for one in np.unique(second))
    return Latency(len(settled), len(seen), p50, p99, worst, own_p50, own_p99, _rounded(late), round(used, 2), by_second)


def _rounded(value: float) -> float:
    return round(float(value), 1)


def main() -> None:
    """Measure, and print."""
    given = argparse.ArgumentParser(description="From an event's append to the committed report that contains it.")
    given.add_argument("--rate", type=float, default=5_000.0, help="events a second")
    given.add_argument("--seconds", type=float, default=40.0, help="how long")
    given.add_argument("--overdue", type=int, default=300_000, help="events that are sent before at once: broker and worker warm up")
    given.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="an option of the worker, such as linger=10ms")
    asked = given.parse_args()
    found = measure(asked.rate, asked.seconds, asked.overdue, dict(option.split("=", 1) for option in asked.option))
    console = Console(stderr=True)
    console.print(f"{found.events:,} events at {asked.rate:,.0f} a second, {found.reports:,} reports")
    console.print(f"the first report of the partition: p50 {found.p50_ms} ms, p99 {found.p99_ms} ms, worst {found.worst_ms} ms")
    console.print(f"the campaign's own report: p50 {found.own_p50_ms} ms, p99 {found.own_p99_ms} ms")
    console.print(f"99 of 100 events were appended {found.late_p99_ms} ms after they were due, or earlier")
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
