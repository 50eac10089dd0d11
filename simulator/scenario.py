"""What a simulated site is like: one value, from which and from whose seed everything follows.

The presets are sites to begin with; ``dataclasses.replace`` makes others of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

_HOUR_MS: Final = 3_600_000
MONDAY_MORNING_MS: Final = 1_736_754_900_000
"""2025-01-13 07:55 UTC: five minutes before the shifts of ``site`` begin."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A site: how many of everything, and how its days go.

    Counts are those of the whole site unless a field says otherwise. Ringing, talking and previewing last what they last in life.
    What goes by the hour there (retries, callbacks, breaks, changes of mode, faults, a list's renewal) goes ``speed`` times faster.
    """

    seed: int = 1
    start_ms: int = MONDAY_MORNING_MS
    """Where simulated time begins, ms since the epoch."""
    until_ms: int | None = None
    """Where it ends, not included; None = never."""
    tenants: int = 1
    """One has the empty name; several have names."""
    campaigns: int = 12
    groups_per_campaign: int = 2
    lists: int = 12
    """Calling lists; campaigns of one tenant take them in turn."""
    shared_share: float = 0.3
    """Share of lists that a second campaign of the tenant uses too."""
    random_share: float = 0.15
    """Share of lists with random numbers, of which some 10 % can't be reached; the numbers of the others are known."""
    records: int = 4000
    """Chains in a list, on average."""
    agents: float = 12.0
    """Agents in a group, on average; at least one is in each."""
    rate: float | None = None
    """Events a second to aim at while shifts are on; sets agents, ports and records (``simulator.rate``). None = as it comes."""
    talk_s: float = 90.0
    """Mean length of a conversation, seconds."""
    idle_s: float = 0.0
    """What an agent rests after each conversation beyond the usual work, mean, seconds; how a low rate is reached."""
    speed: float = 1.0
    retry_speed: float = 1.0
    """How much faster still failed numbers are tried again; keeps the chains that wait few at high rates."""
    shift_begin_ms: int | None = 8 * _HOUR_MS
    """When shifts begin, ms of the UTC day; None = with the simulation itself."""
    shift_ms: int = 12 * _HOUR_MS
    """The longest shift of a group; each group has its own, down to four fifths of it."""
    shift_every_ms: int = 24 * _HOUR_MS
    late_share: float = 0.0
    """Share of events that arrive late; 0 = every event comes in order of its occurred_at."""
    late_ms: int = 60_000
    """The longest delay of a late event."""

    def __post_init__(self) -> None:
        """Refuse what no site can be.

        Raises:
            ValueError: names the field and what it takes.
        """
        for name in ("tenants", "campaigns", "groups_per_campaign", "lists", "records", "shift_ms", "late_ms"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("agents", "talk_s", "speed", "retry_speed"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0, got {getattr(self, name)}")
        if self.rate is not None and self.rate <= 0:
            raise ValueError(f"rate must be more than 0 events a second, got {self.rate}")
        for name in ("shared_share", "random_share", "late_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {getattr(self, name)}")
        if self.shift_every_ms < self.shift_ms:
            raise ValueError(f"shift_every_ms must be at least shift_ms ({self.shift_ms}), got {self.shift_every_ms}")


PRESETS: Final[Mapping[str, Scenario]] = {
    "demo": Scenario(
        tenants=2, campaigns=6, lists=6, records=280, agents=14, talk_s=40, speed=30, random_share=0.2,
        shift_begin_ms=None, shift_ms=20 * 60_000, shift_every_ms=21 * 60_000,
    ),
    "site": Scenario(),
    "wide": Scenario(
        tenants=20, campaigns=3000, groups_per_campaign=1, lists=3000, records=200, agents=8, speed=4, shift_begin_ms=None,
        shift_ms=23 * _HOUR_MS,
    ),
}  # fmt: skip
"""``demo``: a few lively campaigns that show every base mode within minutes and begin at once; ``site``: a site of 12 campaigns whose
shifts are from 8 to 20 h UTC; ``wide``: thousands of campaigns that begin at once."""


def preset(name: str, *, seed: int = 1, start_ms: int | None = None) -> Scenario:
    """The scenario of that name, with a seed and a start of its own.

    Raises:
        ValueError: no preset has that name.
    """
    if name not in PRESETS:
        raise ValueError(f"no scenario is called {name!r}: there are {', '.join(PRESETS)}")
    scenario = replace(PRESETS[name], seed=seed)
    return scenario if start_ms is None else replace(scenario, start_ms=start_ms)
