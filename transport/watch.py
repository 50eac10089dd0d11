"""Stops a worker that gets no further, and says at which place and what it waits for.

A worker that stands still looks like one that has nothing to do; its supervisor, and whoever reads its last words, must be able to
tell. Half of the limit earlier it warns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Hashable, Iterator
from typing import Any, Final, NamedTuple

import structlog

from transport.config import TransportConfig
from transport.driver import Consumer
from transport.health import Health
from transport.lane import Lane
from transport.lifecycle import FatalError
from transport.pipeline import Part, Pipeline

_EVERY: Final = 5.0
_LOST_AFTER: Final = 5.0
"""Seconds that a fetched run may take to its queue; it takes a turn of the loop."""

_log = structlog.get_logger(__name__)


class Finding(NamedTuple):
    """Something to watch. While ``mark`` stays the same nothing happens there; None: there is nothing to happen."""

    place: Hashable
    mark: object
    limit: float
    message: Callable[[], str]


class Watch:
    """Looks at everything that could stand still.

    Args:
        config: its ``stall_limit`` is how long that may be.
        health: of the worker.
        consumer: asked for anew each time, since Faust makes it when it is first asked for.
        pipelines: of all agents.
    """

    def __init__(
        self, config: TransportConfig, health: Health, consumer: Callable[[], Consumer], pipelines: Collection[Pipeline[Any]]
    ) -> None:
        self._limit = config.stall_limit
        self._health = health
        self._consumer = consumer
        self._pipelines = pipelines
        self._seen: dict[Hashable, tuple[object, float]] = {}
        self._warned: set[Hashable] = set()

    async def run(self) -> FatalError:
        """Watch; back with an error when the worker should end."""
        while True:
            await asyncio.sleep(min(_EVERY, self._limit / 4))
            if (message := self.look(time.monotonic())) is not None:
                return FatalError(message)

    def look(self, now: float) -> str | None:
        """What has stood still for too long at this time (monotonic), if anything has."""
        for finding in self._findings():
            stood = self._stood(finding, now)
            if stood > finding.limit:
                return f"{finding.message()} (for {stood:.0f} s)"
            if stood > finding.limit / 2 and finding.place not in self._warned:
                self._warned.add(finding.place)
                _log.warning("no progress", reason=finding.message(), seconds=round(stood), limit=finding.limit)
        return None

    def _stood(self, finding: Finding, now: float) -> float:
        before, since = self._seen.get(finding.place, (None, now))
        if finding.mark is None or finding.mark != before:
            since = now
            self._warned.discard(finding.place)
        self._seen[finding.place] = (finding.mark, since)
        return now - since

    def _findings(self) -> Iterator[Finding]:
        health = self._health
        yield Finding("ready", None if health.ready else (health.steps, health.reason), self._limit, self._not_ready)
        for pipeline in self._pipelines:
            for part in pipeline.parts:
                yield self._progress(pipeline, part)
                for lane in part.lanes:
                    yield self._lost(pipeline, lane)
                    yield self._answers(pipeline, lane)

    def _not_ready(self) -> str:
        return f"this worker does not get ready: {self._health.reason}; is the broker there, and does every partition have a leader?"

    @staticmethod
    def _lost(pipeline: Pipeline[Any], lane: Lane) -> Finding:
        """A run lost at the end of a topic has no successor that would reveal it (rule 23)."""
        fetched = pipeline.fetched_to(lane)
        lost = not lane.size and not lane.waiting and fetched is not None and fetched != lane.received
        return Finding(
            ("lost", lane.topic, lane.partition),
            (fetched, lane.received) if lost else None,
            _LOST_AFTER,
            lambda: f"records lost on the way: {_place(pipeline, lane)} was fetched to {fetched}, received to {lane.received}",
        )

    def _answers(self, pipeline: Pipeline[Any], lane: Lane) -> Finding:
        return Finding(
            ("answer", lane.topic, lane.partition),
            self._consumer().last_answer(pipeline.tp(lane)),
            self._limit,
            lambda: f"no answer from the broker: {_place(pipeline, lane)}; it is not there, or the partition has no leader",
        )

    def _progress(self, pipeline: Pipeline[Any], part: Part[Any]) -> Finding:
        """One topic may well wait long for the other (domain 2.5): only if neither moves does the partition stand still."""
        waits = any(lane.size or lane.waiting for lane in part.lanes)
        return Finding(
            (pipeline.job.name, part.number),
            tuple((lane.position, lane.received) for lane in part.lanes) if waits else None,
            self._limit,
            lambda: _stalled(pipeline, part),
        )


def _stalled(pipeline: Pipeline[Any], part: Part[Any]) -> str:
    for lane in part.lanes:
        if lane.waiting:
            return f"no progress: {_place(pipeline, lane)}; its next records can't be decoded yet"
    full = next(lane for lane in part.lanes if lane.size)
    empty = [f"{lane.topic}-{lane.partition}" for lane in part.lanes if not lane.size]
    return f"no progress: {_place(pipeline, full)}; it waits for {', '.join(empty) or 'the broker'}"


def _place(pipeline: Pipeline[Any], lane: Lane) -> str:
    return f"agent {pipeline.job.name}, {lane.topic}-{lane.partition} at offset {lane.position}"
