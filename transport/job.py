"""What the transport asks of an agent, and what passes between them: chunks in, outcomes out.

A job is pure and synchronous: it reads no clock and no network. The transport reads records, puts the rows of several topics in
order, calls the job, and writes what comes of it together with the positions, in one transaction (architecture 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from kernels.texts import Texts
from transport.records import Records

Int64s: TypeAlias = NDArray[np.int64]

NO_ORDER: Final = int(np.iinfo(np.int64).min)
"""The key of a row that takes no part in the order: it holds nothing back and goes at once."""

S = TypeVar("S")


class NotYet(Exception):  # noqa: N818 (not an error: the records can't be decoded before something has arrived)
    """Raised by ``Job.decode``; ``retry_after`` seconds later the same records are tried again. Other topics go on."""

    def __init__(self, reason: str, retry_after: float = 0.1) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Batch(Protocol):
    """What a job made of one fetched run of records: one row a record, in their order."""

    @property
    def keys(self) -> Int64s:
        """Merge key of each row, or ``NO_ORDER``."""
        ...

    @property
    def records(self) -> Records:
        """What the rows were made of."""
        ...


class Piece(NamedTuple):
    """The rows ``low`` to ``high`` (exclusive) of a batch."""

    batch: Any
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The rows of one topic in a chunk, in their order.

    ``order`` is the place of each in the merged chunk, from 0 over all topics; ``next_offset`` the topic's position after them.
    """

    topic: str
    pieces: tuple[Piece, ...]
    order: Int64s
    next_offset: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of all topics of a job, in the order of ``Job.topics``; without rows it is a tick of the clock.

    ``drained`` tells that nothing waits unread: every topic is read to its end, and all of it is in this chunk or before.
    """

    taken: tuple[Taken, ...]
    now_ms: int
    drained: bool


class Record(NamedTuple):
    """A record to be written."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Records of key and value to be written, in columns; without headers.

    Attributes:
        keys: shape (k,), none absent.
        key: shape (n,), the number of each record's key in ``keys``.
        values: shape (n,), none absent.
    """

    keys: Texts
    key: Int64s
    values: Texts

    def __len__(self) -> int:
        return len(self.key)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return ((self.keys.raw(number) or b"", self.values.raw(row) or b"") for row, number in enumerate(self.key.tolist()))


Output: TypeAlias = Columns | Sequence[Record | tuple[bytes, bytes]]
"""Records to be written; in columns where there are many."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be written for a chunk, all of it or nothing.

    ``outputs`` by topic go to the partition of their key's murmur2;
    ``changes`` are changelog records, None deletes. ``committed`` is called when all is written.
    """

    outputs: Mapping[str, Output]
    changes: Sequence[tuple[bytes, bytes | None]]
    committed: Callable[[], None]


class Job(Protocol[S]):
    """What an agent does with each partition that it holds."""

    @property
    def name(self) -> str:
        """Names the agent, its table and its transactional ids."""
        ...

    @property
    def topics(self) -> tuple[str, ...]:
        """Its inputs, in the order that decides between equal keys."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Every topic that it writes to."""
        ...

    def restore(self, partition: int, records: Mapping[bytes, bytes]) -> S:
        """The state that the last value of every changelog key makes; without any, the first state."""
        ...

    def decode(self, state: S, topic: str, records: Records, now_ms: int) -> Batch:
        """Rows of records that follow those decoded before.

        Raises:
            NotYet: try the same records again later.
        """
        ...

    def apply(self, state: S, chunk: Chunk) -> Outcome:
        """Apply a chunk to the state."""
        ...

    def due(self, state: S, *, drained: bool) -> int | None:
        """When a tick is wanted if nothing comes before, ms since the epoch; None if none is. ``drained`` as in ``Chunk``."""
        ...
