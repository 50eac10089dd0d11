"""The settings that decide what is counted, as the engine and the agents take them."""

from __future__ import annotations

from agents import metrics
from agents.bounds import Bounds
from agents.letters import LetterLimit, LetterRules
from engine.campaigns import Limits
from engine.catalog import ObjectType
from engine.definition_limits import DefinitionLimits, most_values
from engine.definitions import Definitions
from engine.profiles import NOW, Sliding
from topologies.declaration import declare
from topologies.durations import in_ms
from topologies.settings import Settings
from topologies.sources import SettingsError


def limits_of(settings: Settings) -> Limits:
    """Lateness, grace, future limit and retention of chains, in ms (domain 6.6, 7.4, 6.7, 4.3); bytes of names, objects of a topic."""
    return Limits(
        allowed_lateness=in_ms(settings.allowed_lateness),
        close_grace=in_ms(settings.close_grace),
        future_limit=in_ms(settings.future_limit),
        chain_retention=in_ms(settings.chain_retention),
        name_limit=settings.name_limit,
        object_limit=settings.object_limit,
        chain_limit=settings.chain_limit,
    )


def bounds_of(settings: Settings) -> Bounds:
    """How much state of a partition is too much."""
    return Bounds(settings.chain_limit, settings.window_limit)


def definition_limits_of(settings: Settings) -> DefinitionLimits:
    """How much definitions may ask for."""
    return DefinitionLimits(settings.statistic_limit, settings.profile_limit, settings.pane_limit, settings.value_limit)


def note_definitions(definitions: Definitions) -> None:
    """Show in the metrics how near the definitions are to their limits."""
    profiles = definitions.profiles.values()
    asked = {
        "statistic_limit": len(definitions.statistics),
        "profile_limit": sum(profile.name != NOW for profile in profiles),
        "pane_limit": max((one.size_ms // one.step_ms for one in profiles if isinstance(one, Sliding)), default=0),
        "value_limit": max((most_values(definitions, one.name, kind) for one in profiles for kind in ObjectType), default=0),
    }
    for limit, number in asked.items():
        metrics.DEFINITIONS.labels(limit).set(number)


def letter_rules_of(settings: Settings) -> LetterRules:
    """What is too much for the dead letters, and which records are to become such (contract 6).

    Raises:
        SettingsError: a record is named of a topic that no worker reads.
    """
    topology = declare(settings)
    read = {topic.plain: topic.name for agent in topology.agents for topic in agent.inputs}
    names = {**read, **{name: name for name in read.values()}}
    for topic, *_ in settings.set_aside_places:
        if topic not in names:
            raise SettingsError(f"set_aside: a worker reads no topic {topic!r}; those that it reads are {', '.join(read.values())}")
    named = frozenset((names[topic], partition, offset) for topic, partition, offset in settings.set_aside_places)
    return LetterRules(LetterLimit(*settings.dead_letter_share), settings.record_limit, named)
