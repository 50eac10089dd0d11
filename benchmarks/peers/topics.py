"""The broker as the harness uses it: topics made and deleted, progress of a group, everything that was committed to a topic."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.peers.inputs import PARTITIONS

_TIMEOUT_S: Final = 30.0
_QUIET_S: Final = 3.0
_POLL_S: Final = 0.1
_BATCH: Final = 10_000
_SILENT: Final = {"log_level": 2}
"""What goes wrong comes back as an error; the client need not say on its own that the broker was stopped."""
_COMING_UP: Final = {KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS}
"""What a broker answers while it takes up a group that nobody has asked for before."""

Reading = TypeVar("Reading")


class Topics:
    """One broker."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, **_SILENT})

    def create(self, names: Sequence[str]) -> None:
        """Make topics of four partitions."""
        for future in self._admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
            future.result(_TIMEOUT_S)

    def delete(self, prefix: str) -> None:
        """Delete every topic whose name begins so."""
        names = [name for name in self._admin.list_topics(timeout=_TIMEOUT_S).topics if name.startswith(prefix)]
        for future in (self._admin.delete_topics(names) if names else {}).values():
            future.result(_TIMEOUT_S)

    def at_last_write(self, names: Sequence[str], limit_s: float, reading: Callable[[], Reading]) -> Reading:
        """Wait until nothing was written to these topics for three seconds; what could be read when the last record was there.

        Raises:
            TimeoutError: they still grow after ``limit_s``.
        """
        consumer = self._consumer()
        try:
            until, since, seen, last = time.monotonic() + limit_s, time.monotonic(), [-1], reading()
            while time.monotonic() - since < _QUIET_S:
                now = [consumer.get_watermark_offsets(one, timeout=_TIMEOUT_S)[1] for name in names for one in _partitions(name)]
                if now != seen:
                    since, seen, last = time.monotonic(), now, reading()
                if time.monotonic() > until:
                    raise TimeoutError(f"it still wrote to {', '.join(names)} {limit_s:.0f} s after it had read everything")
                time.sleep(_POLL_S)
            return last
        finally:
            consumer.close()

    def read(self, name: str) -> Iterator[tuple[bytes | None, bytes]]:
        """Key and value of all that is committed in a topic, each partition in its order.

        Raises:
            KafkaException: the broker refuses.
        """
        consumer = self._consumer()
        try:
            consumer.assign(_partitions(name))
            ended = 0
            while ended < PARTITIONS:
                for message in consumer.consume(_BATCH, timeout=1.0):
                    error = message.error()
                    if error is None:
                        yield message.key(), message.value() or b""
                    elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client's name
                        ended += 1
                    else:
                        raise KafkaException(error)
        finally:
            consumer.close()

    @contextmanager
    def progress(self, group: str, topic: str) -> Iterator[Callable[[], int]]:
        """How many events of a topic a group has committed, asked anew at each call; offsets start at 0."""
        member = Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, "enable.auto.commit": False, **_SILENT})
        try:
            yield partial(_committed, member, topic)
        finally:
            member.close()

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "recount",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                **_SILENT,
            }
        )


def _committed(member: Consumer, topic: str) -> int:
    try:
        return sum(max(0, one.offset) for one in member.committed(_partitions(topic), timeout=_TIMEOUT_S))
    except KafkaException as error:
        if error.args[0].code() in _COMING_UP:
            return 0
        raise


def _partitions(name: str) -> list[TopicPartition]:
    return [TopicPartition(name, number, 0) for number in range(PARTITIONS)]
