"""Reads the statistics topics for the board, in a thread of its own and only while somebody watches.

It stands outside the pipeline: no consumer group, nothing committed, committed records only. Where it begins is in ``web.start``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Lock, Thread
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from topologies.kafka import GROUP_OF_PAGE
from web.board import Board, Phase
from web.metrics import OBJECTS, REPORTS, UNREADABLE
from web.start import MissingTopicError, starts

LINGER_SECONDS: Final = 60.0
_BATCH: Final = 200  # small: between two batches the worker, in the same interpreter, gets its turn
_POLL_SECONDS: Final = 0.1
_RETRY_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 2.0
_PROBE_SECONDS: Final = 2.0

_CONFIGURATION: Final[Mapping[str, object]] = {
    "group.id": GROUP_OF_PAGE,
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "auto.offset.reset": "latest",
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 100,
    "reconnect.backoff.max.ms": 1_000,
    "queued.max.messages.kbytes": 16_384,
}

_END: Final = KafkaError._PARTITION_EOF  # noqa: SLF001 - the client's names of the codes
_UNREACHABLE: Final = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE}  # noqa: SLF001 - as above

_LOG = logging.getLogger("dialstat.board")


class ReportFeed:
    """Keeps a board up to date from Kafka. ``watch`` and ``leave`` may be called from any thread and never wait."""

    def __init__(
        self,
        board: Board,
        client: Mapping[str, object],
        topics: Sequence[str],
        decode: Callable[[bytes], Mapping[str, Any]],
        linger: float = LINGER_SECONDS,
    ) -> None:
        """Nothing is read yet.

        Args:
            board: is given every report.
            client: configuration of a librdkafka client, at least ``bootstrap.servers``.
            topics: full names of the statistics topics.
            decode: a record's value to a StatisticReport in the offline form (contract 4); raises for what is none.
            linger: seconds that it goes on reading after the last watcher has left.
        """
        self._board = board
        self._client = dict(client)
        self._topics = tuple(topics)
        self._decode = decode
        self._linger = linger
        self._lock = Lock()
        self._watchers = 0
        self._left_at = time.monotonic()
        self._thread: Thread | None = None
        self._closed = Event()
        self._heard_at = 0.0

    def watch(self) -> None:
        """Somebody watches from now on; call ``leave`` once for each of these."""
        with self._lock:
            self._watchers += 1
            if self._thread is None and not self._closed.is_set():
                self._board.turn(Phase.STARTING)
                self._thread = Thread(target=self._run, name="dialstat-board", daemon=True)
                self._thread.start()

    def leave(self) -> None:
        """One of those who watched is gone."""
        with self._lock:
            self._watchers -= 1
            self._left_at = time.monotonic()

    def close(self, timeout: float = 10.0) -> None:
        """Stop reading for good; waits for the thread at most ``timeout`` seconds."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _run(self) -> None:
        while not self._over():
            try:
                self._read()
                continue
            except MissingTopicError as missing:
                self._board.turn(Phase.MISSING, str(missing))
            except KafkaException as error:
                self._lost(error.args[0].str())
            except Exception as error:  # noqa: BLE001 - whatever it is, the page says so and this thread goes on trying
                _LOG.exception("the live page can't read its topics, and tries again")
                self._lost(f"{type(error).__name__}: {error}")
            self._closed.wait(_RETRY_SECONDS)

    def _over(self) -> bool:
        """Whether it is time to end, and if so, this thread is no longer the reader."""
        with self._lock:
            over = self._closed.is_set() or self._unwatched()
            if over:
                self._thread = None
                self._board.turn(Phase.IDLE)
            return over

    def _unwatched(self) -> bool:
        return self._watchers == 0 and time.monotonic() - self._left_at > self._linger

    def _read(self) -> None:
        consumer = Consumer({"logger": _LOG, **self._client, **_CONFIGURATION})
        try:
            places = starts(consumer, self._topics, time.time_ns() // 1_000_000)
            self._board.clear()
            self._board.turn(Phase.READING)
            consumer.assign(places)
            unread = {(place.topic, place.partition) for place in places}
            self._heard_at = time.monotonic()
            while not self._closed.is_set() and not self._unwatched():
                self._turn(consumer, unread)
        finally:
            consumer.close()

    def _turn(self, consumer: Consumer, unread: set[tuple[str, int]]) -> None:
        heard = False
        for message in consumer.consume(_BATCH, _POLL_SECONDS):
            heard |= self._hear(message, unread)
        OBJECTS.set(self._board.size)
        if heard:
            self._heard_at = time.monotonic()
        elif time.monotonic() - self._heard_at > _SILENCE_SECONDS and not self._answers(consumer):
            return
        self._board.turn(Phase.READING if unread else Phase.LIVE)

    def _hear(self, message: Message, unread: set[tuple[str, int]]) -> bool:
        """Take a record, or note the end of a partition; False for what is only the client's complaint about the connection."""
        error = message.error()
        if error is None:
            self._take(message.value())
        elif error.code() == _END:
            unread.discard((message.topic(), message.partition()))
        elif error.code() in _UNREACHABLE:
            return False
        else:
            raise KafkaException(error)
        return True

    def _take(self, value: bytes | None) -> None:
        try:
            self._board.apply(self._decode(value or b""))
            REPORTS.inc()
        except Exception:  # noqa: BLE001 - whatever the decoder raises: one bad record costs itself only, and is counted
            _LOG.debug("no report: %r", value, exc_info=True)
            UNREADABLE.inc()
            self._board.unreadable()

    def _answers(self, consumer: Consumer) -> bool:
        """Whether the broker is still there, asked after a silence; without this a page would show old numbers as live."""
        try:
            consumer.get_watermark_offsets(consumer.assignment()[0], timeout=_PROBE_SECONDS, cached=False)
        except KafkaException as error:
            self._lost(error.args[0].str())
            return False
        self._heard_at = time.monotonic()
        return True

    def _lost(self, detail: str) -> None:
        ago = time.monotonic() - self._heard_at if self._heard_at else 0.0
        self._board.turn(Phase.LOST, detail, heard_at=time.time_ns() // 1_000_000 - round(ago * 1000))
