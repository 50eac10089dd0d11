"""Dead letters sent again to where they came from, each exactly once.

A letter's record and the note that it was sent are written in one transaction, so there are both or neither. Whoever retries
fences whoever did before and only then reads the notes: an unfinished transaction is settled by then, and nobody else can begin one. A
retry that was killed is gone on with by the next one; of two at a time, the older one is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from agents.letters import ATTEMPT, RETRIED
from topologies.dead_letters import DeadLetter, Place
from topologies.kafka import PRODUCER, NoBrokerError, client
from transport.partitioning import partition_of
from transport.security import Brokers

BATCH: Final = 500
"""Letters of one transaction: readers of the input wait for its end."""

_TRANSACTION_MS: Final = 20_000
_LARGEST_BYTES: Final = 1_048_588
"""What a broker takes by default."""
_FENCED: Final = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED})  # noqa: SLF001 - the client's name


class RetryError(RuntimeError):
    """A retry can't go on; what it has sent before stands."""


class Retry(NamedTuple):
    """A letter that was sent again: when (ms), and as which record.

    ``origin`` and ``letter_at`` tell the letter from one that stands at the same place since the topic was made anew.
    """

    at: int
    sent_as: str
    origin: str
    letter_at: int

    def is_of(self, letter: DeadLetter) -> bool:
        """Whether it is that letter that was sent again."""
        return (self.origin, self.letter_at) == (str(letter.origin), letter.at)


def retries_of(messages: Iterable[Message]) -> dict[str, Retry]:
    """What the topic of retries tells, by the letters' places."""
    found: dict[str, Retry] = {}
    for message in messages:
        place = message.key().decode()
        if message.value() is None:
            found.pop(place, None)
        else:
            found[place] = Retry(*orjson.loads(message.value()))
    return found


class RetryWriter:
    """Sends letters again. Making one is what fences other retries.

    Args:
        brokers: where to connect.
        notes: the topic that holds them; its name is the transactional id too, so that there is one retry at a time for each site.
        partitions: how many partitions each topic has that letters came from.
        timeout: seconds in which the broker must answer.

    Raises:
        NoBrokerError: it did not.
    """

    def __init__(self, brokers: Brokers, notes: str, partitions: Mapping[str, int], timeout: float) -> None:
        self._brokers = brokers
        self._notes = notes
        self._partitions = partitions
        self._timeout = timeout
        own = {
            "transactional.id": notes,
            "transaction.timeout.ms": _TRANSACTION_MS,
            "message.max.bytes": _LARGEST_BYTES,
        }
        self._producer = Producer({**client(brokers), **PRODUCER, **own})
        try:
            self._producer.init_transactions(timeout)
        except KafkaException as error:
            raise self._failure(error) from error

    def send(self, letters: Sequence[DeadLetter], now_ms: int, gone: Sequence[str] = ()) -> list[Retry]:
        """Send some letters in one transaction, in their order, and note it; forget the notes of letters that are ``gone``.

        Raises:
            RetryError: another retry has begun, or the broker refused; none of these letters was sent.
            NoBrokerError: the broker did not answer. Whether they were sent, the next retry will know.
        """
        try:
            return self._transaction(letters, now_ms, gone)
        except KafkaException as error:
            self._abort()
            raise self._failure(error) from error
        except BaseException:
            self._abort()
            raise

    def _transaction(self, letters: Sequence[DeadLetter], now_ms: int, gone: Sequence[str]) -> list[Retry]:
        self._producer.begin_transaction()
        places: list[Place | None] = [None] * len(letters)
        for number, letter in enumerate(letters):
            self._produce(
                topic=letter.origin.topic,
                value=letter.value,
                key=letter.key,
                partition=self._partition(letter),
                headers=retried_headers(letter),
                on_delivery=_noting(places, number),
            )
        self._flush()
        retries = [
            Retry(now_ms, str(place), str(letter.origin), letter.at)
            for letter, place in zip(letters, places, strict=True)
            if place is not None
        ]
        if len(retries) < len(letters):
            raise RetryError(f"the broker did not take {len(letters) - len(retries)} of {len(letters)} records; none of them was sent")
        for letter, retry in zip(letters, retries, strict=True):
            self._produce(topic=self._notes, value=orjson.dumps(tuple(retry)), key=str(letter.place).encode())
        for place in gone:
            self._produce(topic=self._notes, value=None, key=place.encode())
        self._commit()
        return retries

    def _partition(self, letter: DeadLetter) -> int:
        """That of the key; a record without one goes to where it was."""
        count = self._partitions[letter.origin.topic]
        return letter.origin.partition % count if letter.key is None else partition_of(letter.key, count)

    def _produce(self, **record: Any) -> None:  # noqa: ANN401 - what the client takes
        try:
            self._producer.produce(**record)
        except BufferError:  # full: wait until what is in it is delivered
            self._flush()
            self._producer.produce(**record)

    def _flush(self) -> None:
        if self._producer.flush(self._timeout):
            raise NoBrokerError(self._brokers, self._timeout)

    def _commit(self) -> None:
        """Commit; ask once more if the broker has not answered in time."""
        try:
            self._producer.commit_transaction(self._timeout)
        except KafkaException as error:
            if not error.args[0].retriable():
                raise
            self._producer.commit_transaction(self._timeout)

    def _abort(self) -> None:
        """Let readers go on at once; a transaction that can't be aborted, the broker ends in some seconds."""
        try:
            self._producer.abort_transaction(self._timeout)
        except KafkaException:
            return

    def _failure(self, error: KafkaException) -> Exception:
        reason: KafkaError = error.args[0]
        if reason.code() in _FENCED:
            return RetryError("another retry of this site has begun: this one stops here, and that one sends what is left")
        if reason.code() in {KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT}:  # noqa: SLF001
            return NoBrokerError(self._brokers, self._timeout)
        return RetryError(f"the broker refused: {reason.str()}")


def retried_headers(letter: DeadLetter) -> list[tuple[str, bytes | None]]:
    """The headers as they came, and whose retry this is, and which."""
    came = [(name, value) for name, value in letter.headers if name not in {RETRIED, ATTEMPT}]
    return [*came, (RETRIED, str(letter.place).encode()), (ATTEMPT, str(letter.attempt + 1).encode())]


def _noting(places: list[Place | None], number: int) -> Any:  # noqa: ANN401 - a callback of the client's
    def note(error: KafkaError | None, message: Message) -> None:
        if error is None:
            places[number] = Place(message.topic(), message.partition(), message.offset())

    return note
