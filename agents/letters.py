"""What can't be counted: as records of the dead-letter topic, and how much of it is too much (contract 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

import orjson

from agents import metrics
from transport.job import Record, SourceRecord
from transport.lifecycle import FatalError

HEADER_PREFIX: Final = "dialstat."
"""Of the headers that tell of a dead letter; all others came with the record."""
RETRIED: Final = f"{HEADER_PREFIX}retried"
"""Header of a record that was sent again: the place of the letter that it was."""
ATTEMPT: Final = f"{HEADER_PREFIX}attempt"
"""Header of a record that was sent again: for which time."""
SET_ASIDE: Final = "set_aside"
"""The reason of a record that the operator has named."""
STATE_KEY: Final = b"\x00dead-letters"
"""Changelog key of what ``RecentLetters`` holds; the engine's own keys are JSON."""

_NAMED: Final = "named in the setting `set_aside`"
_CONTEXT: Final = frozenset({"reason", "detail", "topic", "partition", "offset", "timestamp"})
_BLOCKS: Final = 20

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
    """What the operator says of dead letters: how many are too many, and records to set aside, by their places."""

    limit: LetterLimit = LetterLimit()
    named: frozenset[Place] = frozenset()

    def named_rows(self, topic: str, partition: int, records: Sequence[SourceRecord]) -> frozenset[int]:
        """Which of a run of records the operator has named, by their numbers in it."""
        if not self.named:
            return frozenset()
        return frozenset(row for row, record in enumerate(records) if (topic, partition, record.offset) in self.named)


NO_RULES: Final = LetterRules()
"""No limit, and nothing named."""


def why(row: int, named: frozenset[int], reason: str, detail: str) -> tuple[str, str]:
    """Reason and detail of a refused record: that the operator has named it, where that is so."""
    return (SET_ASIDE, _NAMED) if row in named else (reason, detail)


def dead_letters(partition: int, letters: Iterable[Letter]) -> Iterator[Record]:
    """Records for the dead-letter topic: bytes and headers as received, and why in headers of ours (contract 6)."""
    for topic, record, reason, detail in letters:
        context = {
            "reason": reason,
            "detail": detail,
            "topic": topic,
            "partition": str(partition),
            "offset": str(record.offset),
            "timestamp": str(record.timestamp),
        }
        ours = [(f"{HEADER_PREFIX}{name}", text.encode()) for name, text in context.items()]
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
