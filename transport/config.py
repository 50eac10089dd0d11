"""What the transport is told from outside: brokers, names, limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from transport.security import PLAIN, Security

Guarantee: TypeAlias = Literal["exactly_once", "at_least_once"]


def _nothing(_: Sequence[int]) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """Settings of the transport; times in seconds.

    Attributes:
        brokers: ``host:port,…``.
        security: what it takes to be let in.
        app: consumer group, prefix of transactional ids and changelogs.
        topic_prefix: put before the name of every topic.
        partitions: of every topic that is read.
        guarantee: ``exactly_once`` needs transactions, ``at_least_once`` does without (architecture 3.5).
        chunk: rows of one transaction at most.
        linger: least time from the beginning of one chunk to that of the next while few rows are there.
        lingers: the same of single agents, by name.
        session_timeout: after which the group gives a silent worker's partitions away.
        transaction_timeout: after which the broker aborts a transaction that nobody ends.
        stall_limit: how long a worker may be without progress, or wait for a broker that does not answer, before it stops.
        instance: names the worker in its group, over restarts too; None: it is another one each time.
        on_ready: called with the partitions each time they are restored.
    """

    brokers: str
    app: str
    partitions: int
    topic_prefix: str = ""
    guarantee: Guarantee = "exactly_once"
    chunk: int = 8000
    linger: float = 0.05
    lingers: Mapping[str, float] = field(default_factory=dict)
    session_timeout: float = 10.0
    transaction_timeout: float = 25.0
    stall_limit: float = 60.0
    security: Security = PLAIN
    instance: str | None = None
    on_ready: Callable[[Sequence[int]], None] = field(default=_nothing)

    @property
    def servers(self) -> list[str]:
        """The brokers one by one."""
        return [server.strip() for server in self.brokers.split(",")]

    def changelog(self, job: str) -> str:
        """The changelog topic of a job's table: Faust's name for it, after the prefix."""
        return f"{self.topic_prefix}{self.app}-{job}-changelog"

    def transactional_id(self, job: str, partition: int) -> str:
        """The transactional id of a job's partition: one owner at a time, the newest fences the others (rule 31)."""
        return f"{self.app}-{job}-{partition}"
