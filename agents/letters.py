"""What can't be counted: as records of the dead-letter topic, and how much of it is too much (contract 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import orjson

from agents import metrics
from engine.arrays import Int64s
from transport.job import Record
from transport.lifecycle import FatalError
from transport.records import NO_HEADERS, Headers, Records, SourceRecord

HEADER_PREFIX: Final = "dialstat."
"""Of the headers that tell of a dead letter; all others came with the record."""
RETRIED: Final = f"{HEADER_PREFIX}retried"
"""Header of a record that was sent again: the place of the letter that it was."""
ATTEMPT: Final = f"{HEADER_PREFIX}attempt"
"""Header of a record that was sent again: for which time."""
SET_ASIDE: Final = "set_aside"
"""The reason of a record that the operator has named."""
TOO_LARGE: Final = "too_large"
"""The reason of a record of more bytes than are read."""
LARGEST_RECORD: Final = 900_000
"""Bytes of a record that can be a letter as it is: with the context, a broker still takes it."""
LEFT_OUT: Final = f"{HEADER_PREFIX}left_out"
"""Header of a letter without the value, key and headers of its record, which are too large for it: their bytes."""
STATE_KEY: Final = b"\x00dead-letters"
"""Changelog key of what ``RecentLetters`` holds; the engine's own keys are JSON."""

_NAMED: Final = "named in the setting `set_aside`"
_CONTEXT: Final = frozenset({"reason", "detail", "topic", "partition", "offset", "timestamp"})
_BLOCKS: Final = 20
_LONGEST_DETAIL: Final = 2_000
_HEADER_BYTES: Final = 10
"""What a header takes beside its name and value, at most."""

Place: TypeAlias = tuple[str, int, int]
"""(topic, partition, offset)."""
Blocks: TypeAlias = dict[int, Counter[str]]


class Letter(NamedTuple):
    """A record that was not counted, and why."""

    topic: str
    record: SourceRecord
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class LetterLimit:
    """Beyond ``most`` dead letters among the last ``of`` records of an input partition, a worker stops; 0 is no limit."""

    most: int = 0
    of: int = 0

    @property
    def block(self) -> int:
        """Records that are counted together: what counts as the last ``of`` may be less by so many."""
        return max(1, self.of // _BLOCKS)

    def __str__(self) -> str:
        return f"{self.most}/{self.of}"


@dataclass(frozen=True, slots=True)
class LetterRules:
    """What the operator says of dead letters: how many are too many, and which records become such unread: too large (bytes), or named."""

    limit: LetterLimit = LetterLimit()
    record_limit: int = LARGEST_RECORD
    named: frozenset[Place] = frozenset()

    def set_aside(self, topic: str, partition: int, records: Records) -> Mapping[int, tuple[str, str]]:
        """Reason and detail of the records that are not to be read, by their numbers in a run: named by the operator, or too large."""
        named = self.named_by_operator(topic, partition, records)
        sizes = _sizes(records)
        return {row: (TOO_LARGE, self._too_large(int(sizes[row]))) for row in np.flatnonzero(sizes > self.record_limit).tolist()} | dict(
            named
        )

    def named_by_operator(self, topic: str, partition: int, records: Records) -> Mapping[int, tuple[str, str]]:
        """As ``set_aside``, of records whose size is ours to answer for."""
        named = [offset for of_topic, number, offset in self.named if (of_topic, number) == (topic, partition)]
        return dict.fromkeys(np.flatnonzero(np.isin(records.offset, named)).tolist(), (SET_ASIDE, _NAMED)) if named else {}

    def _too_large(self, size: int) -> str:
        return f"key, value and headers have {size} bytes, and record_limit is {self.record_limit}"


def _size(record: SourceRecord) -> int:
    """Bytes of a record as it was received."""
    return len(record.value or b"") + len(record.key or b"") + _size_of_headers(record.headers)


def _sizes(records: Records) -> Int64s:
    """``_size`` of each of them."""
    sizes = np.maximum(records.values.size, 0) + np.maximum(records.keys.size, 0)
    for row in np.flatnonzero(records.headers.size > NO_HEADERS).tolist():
        sizes[row] += _size_of_headers(records.headers_of(row))
    return sizes


def _size_of_headers(headers: Headers) -> int:
    return sum(len(name) + len(value or b"") + _HEADER_BYTES for name, value in headers)


NO_RULES: Final = LetterRules()
"""No limit, and nothing named."""


def dead_letters(partition: int, letters: Iterable[Letter]) -> Iterator[Record]:
    """Records for the dead-letter topic: bytes and headers as received, and why in headers of ours (contract 6)."""
    for topic, record, reason, detail in letters:
        context = {
            "reason": reason,
            "detail": detail[:_LONGEST_DETAIL],
            "topic": topic,
            "partition": str(partition),
            "offset": str(record.offset),
            "timestamp": str(record.timestamp),
        }
        ours = [(f"{HEADER_PREFIX}{name}", text.encode()) for name, text in context.items()]
        size = _size(record)
        if size > LARGEST_RECORD:
            yield Record(None, None, [(LEFT_OUT, str(size).encode()), *ours])
        else:
            yield Record(record.key, record.value, [*record.headers, *ours])


def read_headers(headers: Iterable[tuple[str, bytes | None]]) -> tuple[dict[str, str], list[tuple[str, bytes | None]]]:
    """What ``dead_letters`` has put into headers, by name without the prefix, and the headers that came with the record.

    Ours come last: a record may have come with headers of the same names, which tell nothing of the letter.
    """
    context: dict[str, str] = {}
    came: list[tuple[str, bytes | None]] = []
    for name, value in reversed(list(headers)):
        ours = name.removeprefix(HEADER_PREFIX)
        if name.startswith(HEADER_PREFIX) and ours in _CONTEXT and ours not in context and value is not None:
            context[ours] = value.decode(errors="replace")
        else:
            came.append((name, value))
    return context, came[::-1]


class RecentLetters:
    """How many of the last records of each input of a partition were dead letters, and why.

    Counted in blocks of offsets, so what is too much depends on the input alone, not on how it comes in chunks. Kept in the changelog:
    else each restart of a worker that has stopped here would let the next few thousand through.

    Args:
        partition: of the inputs.
        limit: see ``LetterLimit``.
        stored: what ``add`` had written last.
    """

    def __init__(self, partition: int, limit: LetterLimit, stored: bytes | None = None) -> None:
        self._partition = partition
        self._limit = limit
        kept = _read(stored, limit) if stored else {}
        self._topics: dict[str, Blocks] = kept or {}
        self._outdated = kept is None

    def add(self, letters: Sequence[Letter]) -> list[tuple[bytes, bytes]]:
        """Count the letters of a chunk, by topic and offset; the changelog records that this makes.

        Raises:
            FatalError: they are too many, so the chunk must not be written.
        """
        counted = [letter for letter in letters if letter.reason != SET_ASIDE] if self._limit.most else []
        if not counted and not self._outdated:
            return []
        for (topic, block), group in groupby(counted, lambda letter: (letter.topic, letter.record.offset // self._limit.block)):
            of_block = list(group)
            blocks = self._move(topic, block)
            blocks.setdefault(block, Counter()).update(letter.reason for letter in of_block)
            if sum(map(Counter.total, blocks.values())) > self._limit.most:
                raise FatalError(self._too_many(blocks, of_block[-1]))
        self._outdated = False
        return [(STATE_KEY, orjson.dumps([str(self._limit), self._topics], option=orjson.OPT_NON_STR_KEYS))]

    def reached(self, topic: str, offset: int) -> None:
        """The input has been applied to this offset."""
        if topic in self._topics:
            blocks = self._move(topic, offset // self._limit.block)
            metrics.RECENT_LETTERS.labels(topic, str(self._partition)).set(sum(map(Counter.total, blocks.values())))

    def _move(self, topic: str, block: int) -> Blocks:
        """Forget what lies behind the last records, of which ``block`` holds the newest."""
        oldest = block - -(-self._limit.of // self._limit.block) + 1
        kept = {number: reasons for number, reasons in self._topics.get(topic, {}).items() if number >= oldest}
        self._topics[topic] = kept
        return kept

    def _too_many(self, blocks: Blocks, last: Letter) -> str:
        reasons = sum(blocks.values(), Counter[str]())
        told = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
        return (
            f"too many dead letters: {reasons.total():,} of the last {self._limit.of:,} records of {last.topic}-{self._partition} can't be "
            f"counted ({told}), the last one at offset {last.record.offset}: {last.reason}, {last.detail}; this chunk is not committed and "
            "will be read again. See those before it with `dialstat dead-letters list --summary`, and mend what writes them; to let them "
            f"through, raise the setting `dead_letter_limit` (now {self._limit}; 0 is no limit)"
        )


def _read(stored: bytes, limit: LetterLimit) -> dict[str, Blocks] | None:
    """What was counted under the same limit; None if it was another one: what that let through is not held against this one."""
    counted_under, topics = orjson.loads(stored)
    if counted_under != str(limit):
        return None
    return {topic: {int(block): Counter(reasons) for block, reasons in blocks.items()} for topic, blocks in topics.items()}


def without_letters(records: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
    """A changelog's records without the one of ``RecentLetters``: those of the engine."""
    return {key: value for key, value in records.items() if key != STATE_KEY} if STATE_KEY in records else records
