"""A site on a real Kafka: its topics, its workers as processes, and what they wrote."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.records import RecordReader
from schemas.registry import BuiltinRegistry
from tests.harness.kafka import Kafka, Row

DIALSTAT = Path(sys.executable).with_name("dialstat")
INPUTS = ("campaign-events", "call-results")
DELTAS = "dialstat-list-deltas"


class WorkerProcess:
    """``dialstat worker`` as an operator starts it; ``lines`` are what it says."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._said:
                self.lines.append(line)
                self._said.notify_all()
        with self._said:
            self._said.notify_all()

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Until it has restored what it was assigned for the first time."""
        with self._said:
            ready = self._said.wait_for(lambda: any(line.startswith("ready partitions=") for line in self.lines), timeout)
        assert ready, "".join(self.lines)

    def end(self, how: Callable[[subprocess.Popen[str]], None] = subprocess.Popen.terminate) -> int:
        """End it; its exit code."""
        how(self.process)
        code = self.process.wait(30)
        self._reader.join(5)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code


MARKERS = 12
"""At the end of a partition, at most, and what was aborted before them."""


class Site:
    """Topics under one prefix of a running Kafka."""

    def __init__(self, kafka: Kafka, prefix: str) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._options = ["--brokers", kafka.bootstrap, "--topic-prefix", prefix, "--app", f"{prefix}app"]
        self._deltas = f"{prefix}{prefix}app-list-deltas"
        self.run("topics", "create")

    def run(self, *arguments: str, options: Sequence[str] = ()) -> None:
        """A command, to its end; ``options`` win over those of the site."""
        subprocess.run([str(DIALSTAT), *arguments, *self._options, *options], check=True, capture_output=True)

    def worker(self, *options: str, command: Sequence[str] = (str(DIALSTAT),)) -> WorkerProcess:
        """Another worker."""
        return WorkerProcess([*command, "worker", *self._options, "--http", "127.0.0.1:0", *options])

    def topic(self, name: str) -> str:
        """The full name of a topic."""
        return f"{self._prefix}{name}"

    def wait_until(self, reached: Callable[[dict[str, int]], bool], timeout: float) -> None:
        """Until the group's committed offsets, summed by topic (inputs and deltas), are as wanted."""
        topics = [*map(self.topic, INPUTS), self._deltas]
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(4)]
        group = Consumer({"bootstrap.servers": self._kafka.bootstrap, "group.id": f"{self._prefix}app", "enable.auto.commit": False})
        pause = threading.Event()
        sums: dict[str, int] = {}
        try:
            for _ in range(round(timeout / 0.3)):
                with contextlib.suppress(KafkaException):  # the group is moving, or the broker is busy: ask again
                    sums = _sums(group, partitions)
                    if reached(sums):
                        return
                pause.wait(0.3)
        finally:
            group.close()
        raise AssertionError(f"not reached within {timeout} s: {sums}")

    def rows(self, name: str) -> list[Row]:
        """Committed records of a topic."""
        return self._kafka.read_committed(self.topic(name))

    def records(self, name: str) -> list[dict[str, Any]]:
        """Committed records of a topic, decoded, each partition in its order."""
        reader = RecordReader(BuiltinRegistry())
        return [reader.decode(row.value) for row in self.rows(name)]


def _sums(group: Consumer, partitions: list[TopicPartition]) -> dict[str, int]:
    """How many records the group has read, and how many are left. At an end there are a few markers of transactions, which are none."""
    sums, at_end = {"read": 0, "left": 0}, []
    for tp in group.committed(partitions, timeout=10):
        offset, end = max(tp.offset, 0), group.get_watermark_offsets(tp, timeout=10)[1]
        sums["read"] += offset
        if 0 < end - offset <= MARKERS:
            at_end.append(TopicPartition(tp.topic, tp.partition, offset))
        else:
            sums["left"] += end - offset
    if at_end and not sums["left"]:
        group.assign(at_end)
        sums["left"] = len(group.consume(MARKERS * len(at_end), timeout=1.0))
        group.unassign()
    return sums


def by_campaign(actions: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Actions of each campaign, in their order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for action in actions:
        found.setdefault(action["campaign"], []).append(action)
    return found


def last_finals(reports: Iterable[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """The last final report of each object, profile and window; every revision must be the one after the last."""
    last: dict[Any, dict[str, Any]] = {}
    for report in reports:
        if report["final"]:
            names = ("object_type", "tenant", "campaign", "group", "calling_list", "profile", "window_start")
            key = tuple(report[name] for name in names)
            assert report["revision"] == (last[key]["revision"] + 1 if key in last else 0), key
            last[key] = report
    return last
