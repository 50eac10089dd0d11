"""What is computed of a partition at a time: received records decoded, the next chunk put in order, and applied. No waiting, no network."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from transport.culprit import advice, first_failing
from transport.job import Chunk, Int64s, Job, NotYet, Outcome
from transport.lane import Lane, Undecoded
from transport.lifecycle import FatalError
from transport.merge import Queue, merge
from transport.records import Records, join_records

S = TypeVar("S")


@dataclass(slots=True)
class Received:
    """What a lane had received when a step began.

    Attributes:
        lane: which one.
        runs: fetched, not decoded yet; emptied by the step if it could decode them.
        ended: whether the topic was read to its end with them.
        later: why they could not be decoded yet.
    """

    lane: Lane
    runs: list[Undecoded]
    ended: bool
    later: NotYet | None = None


@dataclass(slots=True)
class Stepped:
    """A chunk, when a tick is due without one (ms), and what came of applying it; neither outcome nor error if there was no reason to."""

    chunk: Chunk
    due: int | None
    outcome: Outcome | None = None
    error: BaseException | None = None
    seconds: float = 0.0
    """That applying took."""


class Stepper(Generic[S]):
    """Computes the steps of a job.

    Args:
        job: what to do.
        limit: rows of a chunk at most.
        clock: ms since the epoch.
    """

    def __init__(self, job: Job[S], limit: int, clock: Callable[[], int]) -> None:
        self._job = job
        self._limit = limit
        self._clock = clock

    def step(self, state: S, received: Sequence[Received]) -> Stepped:
        """Decode what was received, take a chunk, and apply it, if it has rows or a tick is due.

        An error in decoding is raised with the place in its notes; one in applying is returned with the chunk.
        """
        for one in received:
            if one.runs:
                self._decode(state, one)
        chunk = self._take(received)
        stepped = Stepped(chunk, self._job.due(state, drained=chunk.drained))
        if chunk.taken or (stepped.due is not None and stepped.due <= chunk.now_ms):
            started = time.monotonic()
            try:
                stepped.outcome = self._job.apply(state, chunk)
            except FatalError:
                raise
            except BaseException as error:  # noqa: BLE001 (whatever it is, whoever called looks for the record)
                stepped.error = error
            stepped.seconds = time.monotonic() - started
        return stepped

    def _decode(self, state: S, received: Received) -> None:
        """All runs at once; what can't be decoded yet is tried again while other topics go on."""
        records = join_records([run.records for run in received.runs])
        try:
            batch = self._job.decode(state, received.lane.topic, records, self._clock())
        except NotYet as later:
            received.later = later
            return
        except BaseException as error:  # whatever it is
            error.add_note(self._undecodable(state, received.lane, records))
            raise
        received.lane.put(batch, records, received.runs[-1].end)
        received.runs.clear()

    def _undecodable(self, state: S, lane: Lane, records: Records) -> str:
        place = f"agent {self._job.name}, decoding {lane.topic}-{lane.partition} from offset {int(records.offset[0])}"
        number = first_failing(len(records), lambda count: self._job.decode(state, lane.topic, records[:count], self._clock()))
        return place if number is None else f"{place}; {advice(lane.topic, lane.partition, int(records.offset[number]))}"

    def _take(self, received: Sequence[Received]) -> Chunk:
        orders = self._orders(received)
        taken = tuple(one.lane.take(order) for one, order in zip(received, orders, strict=True) if len(order))
        drained = all(one.lane.size == 0 and _ended(one) for one in received)
        return Chunk(taken, self._clock(), drained)

    def _orders(self, received: Sequence[Received]) -> list[Int64s]:
        if len(received) == 1:
            return [np.arange(min(self._limit, received[0].lane.size))]
        first, second = (Queue(one.lane.keys(self._limit + 1), _ended(one)) for one in received)
        return list(merge(first, second, self._limit))


def _ended(one: Received) -> bool:
    return one.ended and not one.runs
