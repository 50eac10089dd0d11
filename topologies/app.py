"""The app of a worker: jobs, topics and transport put together as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agents.campaigns import CampaignsJob
from agents.lists import NAME as LISTS
from agents.lists import ListsJob
from agents.names import topic_names
from engine.definitions import Definitions
from topologies.durations import in_ms
from topologies.limits import bounds_of, letter_rules_of, limits_of, note_definitions
from topologies.records import registry_of
from topologies.security import security_of
from topologies.settings import Settings
from transport.app import App, build_app, run_worker
from transport.config import TransportConfig
from transport.job import Job

__all__ = ["create_app", "run_worker"]


def create_app(settings: Settings, definitions: Definitions, partitions: int, on_ready: Callable[[Sequence[int]], None]) -> App:
    """The app, not started.

    Args:
        settings: with the address of a broker.
        definitions: what to compute.
        partitions: of the input topics, as the broker has them.
        on_ready: called with the partitions each time they are restored.
    """
    return build_app(transport_config(settings, partitions, on_ready), jobs_of(settings, definitions))


def jobs_of(settings: Settings, definitions: Definitions) -> tuple[Job[Any], ...]:
    """The job of each agent."""
    limits, registry, letters, bounds = limits_of(settings), registry_of(settings), letter_rules_of(settings), bounds_of(settings)
    note_definitions(definitions)
    names = topic_names(settings.topic_prefix, settings.app)
    return (
        CampaignsJob(definitions, limits, registry, names, publish_actions=settings.publish_actions, letters=letters, bounds=bounds),
        ListsJob(definitions, limits, registry, names, letters=letters, bounds=bounds),
    )


def transport_config(settings: Settings, partitions: int, on_ready: Callable[[Sequence[int]], None]) -> TransportConfig:
    """What the transport is told."""
    return TransportConfig(
        brokers=settings.brokers,
        security=security_of(settings),
        app=settings.app,
        topic_prefix=settings.topic_prefix,
        partitions=partitions,
        guarantee="exactly_once" if settings.exactly_once else "at_least_once",
        chunk=settings.chunk,
        linger=in_ms(settings.linger) / 1_000,
        lingers={LISTS: in_ms(settings.list_linger) / 1_000},
        session_timeout=in_ms(settings.session_timeout) / 1_000,
        transaction_timeout=in_ms(settings.transaction_timeout) / 1_000,
        stall_limit=in_ms(settings.broker_timeout) / 1_000,
        instance=settings.instance or None,
        on_ready=on_ready,
    )
