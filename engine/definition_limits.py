"""How much definitions may ask for: what one more campaign costs, and how large a report can become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from engine.catalog import ObjectType
from engine.definitions import Definitions
from engine.profiles import NOW, Sliding
from engine.statistic import Statistic


@dataclass(frozen=True, slots=True)
class DefinitionLimits:
    """Statistics and profiles of a file; panes of one sliding window; values of one report, breakdowns at their limits included."""

    statistics: int = 1_000
    profiles: int = 100
    panes: int = 10_000
    values: int = 2_000


class Excess(NamedTuple):
    """What is beyond a limit: the table and the key in it, as ``Mistakes`` takes them, and what to say."""

    table: str
    key: str | None
    message: str


def excesses(definitions: Definitions, limits: DefinitionLimits) -> Iterator[Excess]:
    """Everything in the definitions that is beyond a limit."""
    profiles = [profile for name, profile in definitions.profiles.items() if name != NOW]
    for what, count, most in (("statistic", len(definitions.statistics), limits.statistics), ("profile", len(profiles), limits.profiles)):
        if count > most:
            yield Excess("", None, f"{count:,} {what}s are defined, and {what}_limit is {most:,}: leave some out, or raise it")
    for profile in profiles:
        if isinstance(profile, Sliding) and profile.size_ms // profile.step_ms > limits.panes:
            panes = profile.size_ms // profile.step_ms
            message = f"a window of {panes:,} steps, and pane_limit is {limits.panes:,}: take a longer step, or raise it"
            yield Excess(f"profile.{profile.name}", "step", message)
    for name in definitions.profiles:
        values, kind = max((most_values(definitions, name, kind), kind) for kind in ObjectType)
        if values > limits.values:
            told = f"a report of a {kind} under it may have {values:,} values, and value_limit is {limits.values:,}"
            yield Excess(f"profile.{name}", None, f"{told}: lower the limit of breakdowns, spread statistics over profiles, or raise it")


def most_values(definitions: Definitions, profile: str, kind: ObjectType) -> int:
    """How many values a report of an object of that type may have under a profile."""
    return sum(map(_most_values, definitions.panel(profile, kind)))


def _most_values(statistic: Statistic) -> int:
    return statistic.sliced.limit + 1 if statistic.sliced.by else 1
