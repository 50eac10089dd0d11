"""``python -m benchmarks.latency``: from an event's append to the committed report that contains it, under load; the last line is JSON.

Events are produced as their time comes, by this process. A report contains an event if its ``inputs`` reach the event's offset
(domain 7.1). Measured are the first committed report of the event's partition that does so, for every event, as a consumer with
``read_committed`` sees it, and, for the freshness of one object, the first such report of the event's own campaign, which waits
for ``min_interval``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from confluent_kafka import Consumer, Message, Producer
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
    """An event that the broker has: its place, when it happened and was to be sent (s), and its campaign."""

    place: tuple[str, int]
    offset: int
    at: float
    campaign: str


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
    worker_cpu_share: float
    """CPU-seconds of the worker a second."""


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
        self._topics = (f"{PREFIX}campaign-events", f"{PREFIX}call-results")
        self._writers = (
            RecordWriter(CAMPAIGN_EVENT, registry.id_for(self._topics[0], CAMPAIGN_EVENT)),
            RecordWriter(CALL_RESULT, registry.id_for(self._topics[1], CALL_RESULT)),
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
            yield Due(at, self._topics[of_results], key, self._writers[of_results].encode(fields), fields["campaign"])

    def _send(self, event: Due) -> None:
        def delivered(error: object, message: Message) -> None:
            if error is not None:
                raise RuntimeError(f"the broker refused an event: {error}")
            self.sent.append(Sent((event.topic, message.partition() or 0), message.offset() or 0, event.at, event.campaign))

        self._producer.produce(event.topic, event.value, event.key, on_delivery=delivered)


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
    """Seconds from each event to the first report that contains it: of its partition, or with ``own`` of its campaign.

    Events that no report contains are left out.
    """
    reached: defaultdict[tuple[object, ...], list[tuple[float, int]]] = defaultdict(list)
    for report in seen:
        for place, offset in report.inputs.items():
            if not own:
                reached[(place,)].append((report.at, offset))
            elif report.campaign is not None:
                reached[place, report.campaign].append((report.at, offset))
    waits: list[float] = []
    of_place: defaultdict[tuple[object, ...], list[Sent]] = defaultdict(list)
    for event in sent:
        of_place[(event.place, event.campaign) if own else (event.place,)].append(event)
    for place, events in of_place.items():
        at = np.array([one for one, _ in reached[place]])
        offsets = np.maximum.accumulate(np.array([offset for _, offset in reached[place]], dtype=np.int64))
        first = np.searchsorted(offsets, [event.offset for event in events])
        waits.extend(at[row] - event.at for row, event in zip(first.tolist(), events, strict=True) if row < len(at))
    return np.array(waits)


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
    settled = [event for event in load.sent if event.at > began + seconds / 4]  # before that it catches up
    seen = reports.seen()
    waits, own = (latencies(settled, seen, own=own) * 1000 for own in (False, True))
    if len(waits) < 0.99 * len(settled):
        raise RuntimeError(f"{len(settled) - len(waits)} of {len(settled)} events are in no report")
    quantiles = [*np.quantile(waits, [0.5, 0.99, 1.0]), *np.quantile(own, [0.5, 0.99])]
    return Latency(len(waits), len(seen), *(round(float(value), 1) for value in quantiles), worker_cpu_share=round(used, 2))


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
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
