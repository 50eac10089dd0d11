"""Kafka in to Kafka out: one worker on a real broker, as an operator starts it, with everything it can do (exactly once)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final, Self

from confluent_kafka import Producer

from deploy.kafka.broker import Broker
from engine.catalog import RESULT_KINDS
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from schemas.wire import record_key
from simulator.scenario import Scenario
from simulator.simulate import simulate
from topologies.kafka import PRODUCER

DIALSTAT: Final = Path(sys.executable).with_name("dialstat")
_METRIC = re.compile(r"^(\w+)(?:\{[^}]*\})? ([-+.\deE]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a worker over all events."""

    events: int
    cpu_seconds: float
    wall_seconds: float
    resident_mb: float
    peak_mb: float
    actions: int
    reports: int

    @property
    def events_per_cpu_second(self) -> float:
        """Of the worker alone, from its readiness to the last event's commit."""
        return self.events / self.cpu_seconds


@contextmanager
def broker(directory: Path) -> Iterator[Broker]:
    """A broker of its own, with nothing in it."""
    running = Broker(directory)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def load(bootstrap: str, prefix: str, scenario: Scenario, count: int) -> int:
    """Put simulated events onto the input topics; returns how many there are."""
    registry = BuiltinRegistry()
    topics = (f"{prefix}campaign-events", f"{prefix}call-results")
    writers = (
        RecordWriter(CAMPAIGN_EVENT, registry.id_for(topics[0], CAMPAIGN_EVENT)),
        RecordWriter(CALL_RESULT, registry.id_for(topics[1], CALL_RESULT)),
    )
    producer = Producer({"bootstrap.servers": bootstrap, **PRODUCER, "queue.buffering.max.messages": 2_000_000})
    loaded = 0
    for event in islice(simulate(scenario), count):
        of_results = event["kind"] in RESULT_KINDS
        fields = {"tenant": "", **event}
        producer.produce(topics[of_results], writers[of_results].encode(fields), record_key(fields["tenant"], fields["campaign"]))
        loaded += 1
        if loaded % 10_000 == 0:
            producer.poll(0)
    producer.flush()
    return loaded


def measure(bootstrap: str, prefix: str, events: int, options: Mapping[str, str], log: IO[str]) -> Measured:
    """Let a fresh worker work through all events, and read what it took from its own metrics."""
    with Worker(bootstrap, prefix, options, log) as worker:
        started, first = time.monotonic(), worker.metrics()
        last = first
        while last["dialstat_input_records_total"] < events:
            time.sleep(0.5)
            last = worker.metrics()
        return Measured(
            events=events,
            cpu_seconds=last["process_cpu_seconds_total"] - first["process_cpu_seconds_total"],
            wall_seconds=time.monotonic() - started,
            resident_mb=last["process_resident_memory_bytes"] / 1e6,
            peak_mb=worker.peak_mb(),
            actions=round(last["dialstat_actions_total"]),
            reports=round(last["dialstat_reports_total"]),
        )


class Worker:
    """``dialstat worker`` as an operator starts it; it is ready once this is entered.

    Args:
        bootstrap: address of the broker.
        prefix: of its topics.
        options: of the command, without their dashes.
        log: where to put what it says.

    Raises:
        RuntimeError: it ended.
    """

    def __init__(self, bootstrap: str, prefix: str, options: Mapping[str, str], log: IO[str]) -> None:
        given = {"brokers": bootstrap, "topic-prefix": prefix, "http": "127.0.0.1:0", **options}
        self._command = [str(DIALSTAT), "worker", *(part for name, value in given.items() for part in (f"--{name}", value))]
        self._log = log

    def start(self) -> None:
        """Start it, without waiting for it."""
        environment = {**os.environ, "DIALSTAT_LOG_LEVEL": "warning"}
        self.process = subprocess.Popen(self._command, stderr=subprocess.PIPE, stdout=self._log, text=True, env=environment)

    def wait_ready(self) -> None:
        """Wait until it is ready."""
        assert self.process.stderr is not None
        self._page = address(self.process.stderr, self._log)

    def end(self) -> None:
        """Stop it, and wait until it has ended."""
        self.process.terminate()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def __enter__(self) -> Self:
        self.start()
        self.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def metrics(self) -> dict[str, float]:
        """Sum of each metric over its labels."""
        if self.process.poll() is not None:
            raise RuntimeError(f"the worker ended with {self.process.returncode}; its log is {self._log.name}")
        return metrics_of(self._page)

    def peak_mb(self) -> float:
        """The most memory that it has had."""
        return _peak_mb(self.process.pid)


def address(lines: IO[str], log: IO[str]) -> str:
    """The address of the worker's page, once it is ready."""
    said = ""
    for line in lines:
        log.write(line)
        said += line
        if line.startswith("ready") and (page := page_in(said)):
            return page
    raise RuntimeError(f"the worker did not become ready; it said\n{said}")


def page_in(said: str) -> str | None:
    """The address of the page in what a worker said so far."""
    found = re.search(r"http://\S+", said)
    return found[0].rstrip("/") if found else None


def metrics_of(page: str) -> dict[str, float]:
    """Sum of each metric over its labels; topics between the agents are not input."""
    with urllib.request.urlopen(f"{page}/metrics", timeout=10) as answer:
        text = re.sub(r'^dialstat_input_records_total\{topic="[^"]*list-deltas"\}.*$', "", answer.read().decode(), flags=re.MULTILINE)
    sums: dict[str, float] = {"dialstat_input_records_total": 0, "dialstat_actions_total": 0, "dialstat_reports_total": 0}
    for name, value in _METRIC.findall(text):
        sums[name] = sums.get(name, 0) + float(value)
    return sums


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1000


def create_topics(bootstrap: str, prefix: str, partitions: int = 4) -> None:
    """Make the topics as an operator would."""
    where = ["--brokers", bootstrap, "--topic-prefix", prefix, "--partitions", str(partitions)]
    subprocess.run([str(DIALSTAT), "topics", "create", *where], check=True, capture_output=True)


def traffic(seed: int, rate: float) -> Scenario:
    """A site of forty campaigns at a steady rate, from an hour ago on."""
    return Scenario(seed=seed, campaigns=40, lists=60, rate=rate, shift_begin_ms=None, start_ms=int(time.time() * 1000) - 3_600_000)
