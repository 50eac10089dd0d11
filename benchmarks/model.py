"""``python -m benchmarks.model``: many workers, computed from parts that are measured here; the last line is JSON.

Measured in this process: what a rebalance of Faust's assignor takes and carries, and what a worker's metrics weigh. What a transaction and
an event cost is given as options, as other benchmarks found it. Everything else is arithmetic, and named so.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from prometheus_client import REGISTRY, generate_latest
from rich.console import Console
from rich.table import Table

from agents import metrics as agent_metrics
from benchmarks.driver import NAMES
from transport import metrics
from transport.assignor import Assignor

WORKERS: Final = 100
PARTITIONS: Final = 1_000
LINGERS_S: Final = (0.05, 0.2)
"""Of each agent."""
AGENTS: Final = len(LINGERS_S)
CHUNK: Final = 8_000
REQUESTS_A_TRANSACTION: Final = 4
"""By protocol, from one producer: AddPartitionsToTxn, Produce to each leader (one is counted), EndTxn, and the markers that the coordinator
writes. AddOffsetsToTxn and TxnOffsetCommit come once a second only."""
GROUP_RECORD_LIMIT: Final = 1_048_588
"""Bytes: the broker keeps a group, with what every member said and was told, in one record of ``message.max.bytes``."""
CHANGELOGS: Final = ("dialstat-campaigns-changelog", "dialstat-lists-changelog")
SOURCES: Final = (NAMES.campaign_events, NAMES.call_results, NAMES.list_deltas)
_SIZES: Final = (16, 32, 64, 100, 200)


@dataclass(frozen=True, slots=True)
class Rebalance:
    """One generation of a group: CPU-seconds of the leader's assignor, bytes on the way, and partitions that moved."""

    leader_s: float
    joined_bytes: int
    synced_bytes: int
    moved: int

    @property
    def group_bytes(self) -> int:
        """What the broker keeps of the group in one record, at least."""
        return self.joined_bytes + self.synced_bytes


class Group:
    """A group of Faust's members without a broker: every assignor is the worker's own, its app has an address and two tables."""

    def __init__(self, members: int, partitions: int, assignor: type[Any] = Assignor) -> None:
        self._assignor = assignor
        self._members = {f"dialstat-{number:04}-0123456789ab-0123": self._member(number) for number in range(members)}
        self._cluster = SimpleNamespace(partitions_for_topic=lambda _: set(range(partitions)))
        self._held: dict[tuple[str, int], str] = {}

    def _member(self, number: int) -> Any:  # noqa: ANN401 (Faust is not typed)
        tables = {name: SimpleNamespace(is_global=False) for name in CHANGELOGS}
        sensors = SimpleNamespace(on_assignment_start=lambda _: None, on_assignment_completed=lambda *_: None)
        return self._assignor(
            SimpleNamespace(
                conf=SimpleNamespace(canonical_url=f"http://worker-{number}.dialstat.internal:6066"),
                tables=SimpleNamespace(data=tables, changelog_topics=set(CHANGELOGS)),
                tracer=None,
                sensors=sensors,
            )
        )

    def rebalance(self, without: int = 0) -> Rebalance:
        """Everybody joins but the last so many, the first one leads, and all are told what is theirs."""
        present = dict(list(self._members.items())[: len(self._members) - without])
        topics = {*SOURCES, *CHANGELOGS}
        said: dict[str, ConsumerProtocolMemberMetadata] = {name: member.metadata(topics) for name, member in present.items()}
        joined = sum(len(one.encode()) for one in said.values())
        began = time.process_time()
        told = next(iter(present.values())).assign(self._cluster, said)
        spent = time.process_time() - began
        for name, member in present.items():
            member.on_assignment(told[name])
        held = {(topic, number): name for name, one in told.items() for topic, numbers in one.assignment for number in numbers}
        moved = sum(self._held.get(place, name) != name for place, name in held.items() if place[0] == CHANGELOGS[0])
        self._held = held
        return Rebalance(spent, joined, sum(len(one.encode()) for one in told.values()), moved)


def scrape(partitions: int) -> dict[str, int]:
    """What a worker's metrics weigh that holds so many partitions."""
    for number in range(partitions):
        for topic in SOURCES:
            metrics.LaneGauges(topic, number).note(0, 0)
            agent_metrics.RECENT_LETTERS.labels(topic, str(number)).set(0)
        for agent in ("campaigns", "lists"):
            agent_metrics.StateMetrics(agent, number)
            metrics.HELD.labels(agent, str(number)).inc()
        agent_metrics.CHAINS.labels(str(number)).set(0)
        agent_metrics.DELAY.labels(str(number)).set(0)
    for agent in ("campaigns", "lists"):
        metrics.TRANSACTION.labels(agent).observe(0)
        metrics.APPLY.labels(agent).observe(0)
    began = time.process_time()
    text = generate_latest(REGISTRY)
    spent = time.process_time() - began
    series = sum(not line.startswith(b"#") for line in text.splitlines())
    return {"series": series, "bytes": len(text), "cpu_us": round(spent * 1e6)}


def load(workers: int, partitions: int, rate: float, event_us: float, transaction_ms: float) -> dict[str, float]:
    """Arithmetic: transactions and requests a second, and how busy each worker is, where traffic is even.

    An agent of a partition writes a transaction each time that something waits, at most every ``LINGERS_S``; one busy event loop does no
    more of them than it has time for.
    """
    each = rate / partitions
    wanted = partitions * sum(min(1 / linger, each) for linger in LINGERS_S)
    busy_with_events = rate / workers * event_us / 1e6
    most = workers * max(0.0, 1 - busy_with_events) / (transaction_ms / 1e3)
    transactions = max(min(wanted, most), AGENTS * rate / CHUNK)
    return {
        "transactions_per_s": round(transactions),
        "requests_per_s": round(transactions * REQUESTS_A_TRANSACTION),
        "events_a_transaction": round(AGENTS * rate / transactions, 1),
        "cores_a_worker": round(busy_with_events + transactions / workers * transaction_ms / 1e3, 2),
    }


def main() -> None:
    """Measure the parts, and put them together."""
    given = argparse.ArgumentParser(description="Many workers, from parts that are measured.")
    given.add_argument("--workers", type=int, default=WORKERS)
    given.add_argument("--partitions", type=int, default=PARTITIONS)
    given.add_argument("--event-us", type=float, default=30.0, help="CPU time of an event in a worker (make bench)")
    given.add_argument("--transaction-ms", type=float, default=1.75, help="CPU time of a transaction in a worker")
    asked = given.parse_args()
    console = Console(stderr=True)
    table = Table("workers", "partitions", "rebalance", "leader's CPU-s", "JoinGroup MB", "SyncGroup MB", "group's record MB", "moved")
    for workers in sorted({*_SIZES, asked.workers}):
        partitions = workers * asked.partitions // asked.workers
        group = Group(workers, partitions)
        for name, without in (("first", 0), ("again", 0), ("one left", 1)):
            found = group.rebalance(without)
            sizes = (f"{size / 1e6:.2f}" for size in (found.joined_bytes, found.synced_bytes, found.group_bytes))
            table.add_row(str(workers), str(partitions), name, f"{found.leader_s:.2f}", *sizes, str(found.moved))
            if workers == asked.workers and name == "one left":
                last = found
    console.print(table)
    rates = {rate: load(asked.workers, asked.partitions, rate, asked.event_us, asked.transaction_ms) for rate in (1e4, 1e5, 1e6, 2e6)}
    of_rates = Table("events/s", *next(iter(rates.values())))
    for rate, found_at in rates.items():
        of_rates.add_row(f"{rate:,.0f}", *(f"{value:,g}" for value in found_at.values()))
    console.print(of_rates)
    print(
        json.dumps(
            {
                "leader_cpu_s": round(last.leader_s, 2),
                "group_record_mb": round(last.group_bytes / 1e6, 2),
                "fits": last.group_bytes < GROUP_RECORD_LIMIT,
                "scrape": scrape(asked.partitions // asked.workers),
                "producers_a_worker": AGENTS * asked.partitions // asked.workers,
                "load": {f"{rate:.0f}": found for rate, found in rates.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
