"""Both agents in this process, without Kafka: chunks of records in, as the transport hands them over, and the CPU time of each step."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from agents.campaigns import CampaignsJob
from agents.lists import ListsJob
from agents.names import topic_names
from engine.campaigns import Limits
from engine.definitions import Definitions
from schemas.registry import BuiltinRegistry
from transport.job import Chunk, Job, Outcome, Piece, Taken
from transport.partitioning import partition_of
from transport.records import SourceRecord, records_of

NAMES: Final = topic_names("", "dialstat")
CHUNK: Final = 2_000
CHUNK_MS: Final = 10
"""How far the clock moves with so many events: as fast as a worker goes that catches up (200,000 a second), hence seldom reports."""


@dataclass(slots=True)
class Spent:
    """CPU-seconds by step, and what came of it. ``apply`` holds the encoding of what is written; ``lists`` is all of the second agent."""

    decode: float = 0.0
    apply: float = 0.0
    lists: float = 0.0
    events: int = 0
    reports: int = 0
    changes: int = 0

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.decode + self.apply + self.lists

    def us_per_event(self) -> dict[str, float]:
        """CPU time of each step, µs an event."""
        return {name: getattr(self, name) / self.events * 1e6 for name in ("decode", "apply", "lists")}


@dataclass(slots=True)
class Changelog:
    """The last value of each key of one partition's changelog, and how many records there have been."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    written: int = 0

    def add(self, changes: Sequence[tuple[bytes, bytes | None]]) -> None:
        """The records of a chunk."""
        self.written += len(changes)
        for key, value in changes:
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value


class Driver:
    """Both agents, with as many partitions as are asked for; a round is one chunk of each partition, then one of the lists' agent.

    Args:
        definitions: profiles and statistics.
        partitions: of the topics, all of them in this process.
        publish_actions: whether actions are encoded.
        keep_changelogs: whether the last values of the changelogs are kept, by agent and partition, in ``changelogs``.
    """

    def __init__(
        self, definitions: Definitions, *, partitions: int = 1, publish_actions: bool = True, keep_changelogs: bool = False
    ) -> None:
        registry, limits = BuiltinRegistry(), Limits()
        self.partitions = partitions
        self.campaigns = CampaignsJob(definitions, limits, registry, NAMES, publish_actions=publish_actions)
        self.lists = ListsJob(definitions, limits, registry, NAMES)
        self.states: dict[tuple[str, int], Any] = {
            (job.name, number): job.restore(number, {}) for job in self.jobs for number in range(partitions)
        }
        self.changelogs: dict[tuple[str, int], Changelog] = (
            {(job.name, number): Changelog() for job in self.jobs for number in range(partitions)} if keep_changelogs else {}
        )
        self._offset = 0
        self.spent = Spent()

    @property
    def jobs(self) -> tuple[Job[Any], ...]:
        """Both agents."""
        return self.campaigns, self.lists

    def round(self, topic: str, records: Mapping[int, Sequence[SourceRecord]], now_ms: int) -> None:
        """One chunk of each partition that has records, and one of what that makes for the lists."""
        deltas: defaultdict[int, list[SourceRecord]] = defaultdict(list)
        for partition, chunk in records.items():
            self.spent.events += len(chunk)
            outcome = self._chunk(self.campaigns, partition, topic, chunk, now_ms)
            for key, value in outcome.outputs[NAMES.list_deltas]:
                self._offset += 1
                deltas[partition_of(key, self.partitions)].append(SourceRecord(self._offset, now_ms, key, value))
        for partition, chunk in deltas.items():
            self._chunk(self.lists, partition, NAMES.list_deltas, chunk, now_ms)

    def _chunk(self, job: Job[Any], partition: int, topic: str, records: Sequence[SourceRecord], now_ms: int) -> Outcome:
        state, read = self.states[job.name, partition], records_of(records)
        began = time.process_time()
        batch = job.decode(state, topic, read, now_ms)
        decoded = time.process_time()
        taken = Taken(topic, (Piece(batch, 0, len(records)),), np.arange(len(records)), records[-1].offset + 1)
        outcome = job.apply(state, Chunk((taken,), now_ms, drained=False))
        outcome.committed()
        done = time.process_time()
        if job is self.campaigns:
            self.spent.decode += decoded - began
            self.spent.apply += done - decoded
        else:
            self.spent.lists += done - began
        self.spent.reports += len(outcome.outputs[job.outputs[1] if job is self.campaigns else job.outputs[0]])
        self.spent.changes += len(outcome.changes)
        if self.changelogs:
            self.changelogs[job.name, partition].add(outcome.changes)
        return outcome
